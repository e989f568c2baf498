// The text of saml-slod --help.
#pragma once

#include <string_view>

namespace slo::daemon {

inline constexpr std::string_view help =
    R"(saml-slod: a SAML 2.0 sign-on and single-logout endpoint, to run beside an application

  saml-slod --config FILE           serve until SIGTERM or SIGINT
  saml-slod --check --config FILE   read all that FILE names, make and ask nothing, and say what is wrong: 0 or 2
                                    (keys that don't exist yet are told as missing); and by what wire each identity
                                    provider can end sessions here
  saml-slod --help

It takes LogoutRequests from your identity providers over SOAP, proves who sent them, ends the sessions they name, and
answers with a signed LogoutResponse. When a user logs out at your application, it ends the session, asks the identity
provider, and tells how far that went. A signed Success means: every session that the request names is gone, and a login
that was on its way when the logout came is refused. [store] in FILE says where that is remembered: in a folder (sqlite,
the default), which survives crashes and restarts; on a Redis server that several nodes share; or in memory, where it
ends with the process: register nothing from before it then.

FILE is TOML; sp/daemon/saml-slod.toml explains every key. Keys that it names and that don't exist are made, unless
published.log tells that this service had some: mount or restore them then, or make others with saml-slo keys new.

Public endpoints ([server] listen):
  POST /saml/slo/soap    the path of slo_url: for the identity provider
  GET  /saml/metadata    our metadata: give it to the identity provider's administrator
with browser_slo_url:
  GET, POST /saml/slo    its path: for logouts that a user's browser brings from the identity provider
and with [sign_on]:
  GET  /login?target=/x  the path of login_url: sends a user to their identity provider, and then to /x
  POST /saml/acs         the path of acs_url: for the assertion that the browser brings

Local interface ([local] port, 127.0.0.1 only): for your application. With [sign_on], a proxy in front of it asks at every
request, with the browser's Cookie:

  curl -i http://127.0.0.1:8081/auth -H "Cookie: $COOKIE" -H 'X-Original-URI: /inbox'

  200  signed on: X-Saml-Session, X-Saml-IdP, X-Saml-NameID, X-Saml-NameID-Format, X-Saml-Authn-Instant, and the fields of
       identity_headers. 401  not: X-Saml-Login is where to go. 503  the store can't tell: let no user in until it can.
  /gate answers 302 to the login instead of 401, and /gate/inbox is the same with X-Forwarded-Uri: /inbox. X-Saml-Session
  is the session's name in the calls below.

Without [sign_on]: at login, with the values of the assertion exactly as they stand there; session_index may be repeated;
format, name_qualifier, sp_name_qualifier and sp_provided_id are the NameID's attributes, if it has them:

  curl -i http://127.0.0.1:8081/sessions \
    --data-urlencode local_id=cookie-value-or-its-hash --data-urlencode idp=https://idp.example.org/metadata \
    --data-urlencode name_id=_a1b2 --data-urlencode format=urn:oasis:names:tc:SAML:2.0:nameid-format:transient \
    --data-urlencode session_index=_s1 --data-urlencode authn_instant=2030-01-01T12:00:00Z \
    --data-urlencode expires=2030-01-01T20:00:00Z

  201  it lives. 409  a logout came first, the id is taken, or the user has too many sessions: refuse the login.
  400  says which field is wrong.
  503  the store failed or is full: refuse the login.

At every request of that session:

  curl -i http://127.0.0.1:8081/sessions/cookie-value-or-its-hash

  200  it lives. 404  it doesn't: end it. 503  the store can't tell: let no user in until it can.

When its user logs out, and when an administrator ends sessions (of a user, also with idp=...; by local_id=..., several;
or all of an idp=... alone; with dry_run=true it only tells which):

  curl -i -X POST http://127.0.0.1:8081/sessions/cookie-value-or-its-hash/logout
  curl -i http://127.0.0.1:8081/logouts --data-urlencode name_id=_a1b2

With a session end those of the same user that are of the same session at the identity provider: with a session_index in
common, or with the same authn_instant.

  200  "result" says how far it went: "everywhere" (the identity provider signed that), "partial", "local_only" or
       "unknown", with the reason; "retried":true: it will be asked again. All of these are gone here, but where the
       reason is store.outcome_unknown: then ask whether they live. 404  nothing of that lives.
  503  the store can't tell what ended: try again.

Which identity providers can be served:

  curl -i http://127.0.0.1:8081/ready

  200  one at least. 503  none. "not_ready" names each that can't, with the rule that its metadata breaks and how to
       mend it. One that is out keeps no other out: its logouts alone are refused, also where it was so at start, and
       it is taken in within a second after its file is mended.

What a signed LogoutRequest would end:

  curl -i http://127.0.0.1:8081/logouts/preview -H 'Content-Type: text/xml' --data-binary @request.soap.xml

  A form's body goes with Content-Type: application/x-www-form-urlencoded. saml-slo try says of a captured request which
  check it doesn't pass.

One line of JSON per logout goes to stderr; names and indexes in it are hashed with a key that this process made up.
Where the store failed, "detail" says how. A line with the rule "store.replica_shortfall" is of no logout: it counts
what fewer replicas than [store.redis] asks for had in time.
Of refusals that strangers can have at will, the first of each rule are written; {"event":"summary"} counts the others.
Lines that no reader takes are dropped, never waited for; {"event":"lines_lost","lost":N,"proven":M} tells how many, and
how many of them told of something that was proven.

The process protects the machine from itself: no environment, no core dumps, no inherited files, and once it serves
only the system calls that serving and the store need. Started as root, it becomes the user that [process] names.

SIGTERM, SIGINT: takes no more requests, answers those at work, exits with 0.
Exit codes: 0 stopped as asked; 2 the command line, the configuration, a key, a port or the store is at fault: one line
says what and how to mend it, and nothing was started. With --check also where an identity provider is out.
)";

}  // namespace slo::daemon
