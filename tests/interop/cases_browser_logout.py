"""The cases of logouts that the user's browser brings from SimpleSAMLphp to browser_slo_url.

It comes with redirects, or in frames of the IdP's page: then it has no cookie of ours with it.
"""
import json
import re
import time

from cases_sign_on import FIRST, IN_ENOUGH_TIME, SECOND, THIRD, AtSimpleSamlPhp, Stage
from chromium import POLL_SECONDS, Chromium
from table import TO_SP, expect

REDIRECT = re.compile(r"<md:SingleLogoutService [^>]*:HTTP-Redirect\".*?</md:SingleLogoutService>", re.DOTALL)


class AtIdp(AtSimpleSamlPhp):
    """It posts where our metadata, as it reads it, has no HTTP-Redirect."""

    posts = False

    def introduce(self, endpoints):
        files = [endpoint.metadata() for endpoint in endpoints]
        for file in files if self.posts else []:
            text, count = REDIRECT.subn("", file.read_text(encoding="utf-8"))
            expect(count == 1, f"our metadata has {count} endpoints for HTTP-Redirect")
            file.write_text(text, encoding="utf-8")
        self.idp.start(files, self._names)


class Way:
    """How it reaches service providers."""

    def __init__(self, words, logout_type, posts):
        self.words, self.logout_type, self.posts = words, logout_type, posts
        self.framed = logout_type == "iframe"
        self.method = "POST" if posts else "GET"


WAYS = [Way("redirects", "traditional", False), Way("forms", "traditional", True),
        Way("redirects in frames", "iframe", False), Way("forms in frames", "iframe", True)]


class Lane:
    NAME = "SimpleSAMLphp (logout through the browser)"

    def play(self, site, table):
        chromium = Chromium(site.keeper, site.work / "chromium")
        stage = Stage(site, chromium, AtIdp, browser_slo=True)
        for way in WAYS:
            configure(stage, way)
            log_out(stage, table, way)
            two_services(stage, table, way)
        two_users(stage, table)
        unsigned(stage, table)


LANES = {"browser-logout-simplesamlphp": Lane()}


def configure(stage, way, signs=True):
    stage.at.idp.logout_type, stage.at.idp.signs_logouts, stage.at.posts = way.logout_type, signs, way.posts
    stage.at.introduce(stage.endpoints)


def leave(stage, tab):
    """The user logs out at the IdP, and gets to the page that it shows once all services have answered it."""
    done = f"{stage.at.idp.url}/logout.php"
    tab.open(f"{stage.at.idp.url}/saml2/idp/SingleLogoutService.php?ReturnTo={done}")
    if tab.await_either("#logout-all", done):
        tab.click("#logout-all")
    tab.await_url(done)


def audited(endpoint, event):
    lines = [json.loads(line) for line in endpoint.log().splitlines() if line.startswith('{"time"') and line[-1] == "}"]
    return [line for line in lines if line["event"] == event]


def await_audited(endpoint, event, before):
    """What the audit has beyond the first lines; it's written beside the answer, not before it."""
    deadline = time.monotonic() + IN_ENOUGH_TIME
    while len(audited(endpoint, event)) <= before:
        expect(time.monotonic() < deadline, f"our audit has no line of the event {event}")
        time.sleep(POLL_SECONDS)
    return audited(endpoint, event)[before:]


def expect_audit(endpoint, before):
    """One logout more, and it's a success."""
    news = await_audited(endpoint, "logout", before)
    facts = [(line["status"], line["ended"], line["failed"]) for line in news]
    expect(facts == [("Success", 1, 0)], f"our audit says {facts}")


def expect_content_idp(stage, before, services):
    """It has verified our answers (validate.logout), and complains of nothing."""
    news = stage.at.idp.log()[before:]
    answers = news.count("Received SAML 2.0 LogoutResponse from")
    expect(answers == services, f"the IdP has received {answers} answers")
    for complaint in ("Unsuccessful logout", "Unable to", "Error"):
        expect(complaint not in news, f"the IdP's log has '{complaint}'")


def log_out(stage, table, way):
    title = (f"the user logs out there, {way.words} through the browser: our session ends, the IdP verifies our "
             "answer, and the next page asks for a login")
    with table.case(stage.name, TO_SP, title) as watch:
        endpoint, gate = stage.endpoints[0], stage.gate
        tab = stage.sign_on(FIRST)
        audit, log, seen = len(audited(endpoint, "logout")), len(stage.at.idp.log()), len(gate.logouts)
        watch.start()
        leave(stage, tab)
        watch.stop()
        stage.await_end(tab)
        brought = gate.logouts[seen:]
        expect(len(brought) == 1, f"the browser was here {len(brought)} times")
        method, place, cookies = brought[0]
        expect(method == way.method, f"the request came by {method}")
        expect(place == ("iframe" if way.framed else "document"), f"our answer goes into: {place}")
        with_cookie = method == "GET" and not way.framed
        expect(("saml-session" in cookies) == with_cookie, f"the session's cookie should come with it: {with_cookie}")
        expect_audit(endpoint, audit)
        expect_content_idp(stage, log, 1)
        answer = stage.at.idp.tap.last(b"SAMLResponse=").request
        expect(answer.startswith(way.method.encode()), "our answer came by another binding than the request")
        stage.expect_login(tab)
        tab.close()


def two_services(stage, table, way):
    title = f"two of our service providers in one session, one http, one https; {way.words}: both end"
    with table.case(stage.name, TO_SP, title) as watch:
        tab = stage.sign_on(FIRST)
        tab.open(f"{stage.https_gate.url}/inbox")
        tab.await_text(stage.page_of(FIRST))
        audits, log = [len(audited(endpoint, "logout")) for endpoint in stage.endpoints], len(stage.at.idp.log())
        watch.start()
        leave(stage, tab)
        watch.stop()
        for gate in (stage.gate, stage.https_gate):
            stage.await_end(tab, gate)
        for endpoint, audit in zip(stage.endpoints, audits):
            expect_audit(endpoint, audit)
        expect_content_idp(stage, log, 2)
        tab.close()


def two_users(stage, table):
    with table.case(stage.name, TO_SP, "two browsers, forms in frames: another user's session lives on") as watch:
        leaving, staying = stage.sign_on(SECOND), stage.sign_on(THIRD)
        watch.start()
        leave(stage, leaving)
        watch.stop()
        stage.await_end(leaving)
        staying.open(f"{stage.gate.url}/next").await_text(stage.page_of(THIRD))
        expect(staying.url() == f"{stage.gate.url}/next", f"the other user had to sign on again: {staying.url()}")
        leaving.close()
        staying.close()


def unsigned(stage, table):
    title = "without sign.logout, redirects: a page of ours with the number of the audit line, and our session lives on"
    with table.case(stage.name, TO_SP, title):
        configure(stage, WAYS[0], signs=False)
        endpoint, tab = stage.endpoints[0], stage.sign_on(FIRST)
        before = len(audited(endpoint, "refused"))
        tab.open(f"{stage.at.idp.url}/saml2/idp/SingleLogoutService.php?ReturnTo={stage.at.idp.url}/logout.php")
        tab.await_url(stage.gate.slo_url)
        news = await_audited(endpoint, "refused", before)
        expect([line["rule"] for line in news] == ["sig.missing"], f"our audit says {[line['rule'] for line in news]}")
        expect(news[0]["number"] in tab.text(), f"our page has another number: {tab.text()[:300]!r}")
        tab.open(f"{stage.gate.url}/inbox").await_text(stage.page_of(FIRST))
        expect(stage.status(tab) == 200, "our session has ended")
        tab.close()
