"""The cases of sign-on at each IdP: a user with Chromium, an application behind a gate, and saml-slod, which it asks.

The IdP has an address of this machine that isn't ours: for the browser its form comes from another site.
"""
import json
import time

import keycloak
from chromium import POLL_SECONDS, Chromium
from endpoint import Endpoint
from gate import Gate
from keycloak import Keycloak
from lemonldap import LemonLdap
from simplesamlphp_idp import PASSWORD, SimpleSamlPhpIdp
from table import SIGN_ON, expect

IDP_ADDRESS = "127.0.0.2"
IN_ENOUGH_TIME = 30
# Two users leave, and none of them comes back: within the second of a logout, a login at an IdP whose times have whole
# seconds is refused.
FIRST, SECOND, THIRD = range(3)


class AtSimpleSamlPhp:
    """It knows logout through the browser alone: the application's own logout stands in for the IdP's."""

    NAME, PROFILE = "SimpleSAMLphp", "simplesamlphp"
    ASKS_AGAIN = ""
    LOGIN_FIELD = "input[name=password]"
    LOGOUT = ("the application logs the user out (POST /sessions/ID/logout: here only, as this IdP has no SOAP "
              "logout), the user then logs out at the IdP, and the next page asks for a login")

    def __init__(self, site, folder):
        self.idp = SimpleSamlPhpIdp(site.keeper, site.peers, folder, IDP_ADDRESS)
        self.version = self.idp.version()
        self.users = ["ann@example.org", "bob@example.org", "eve@example.org"]
        self._names = [mail.partition("@")[0] for mail in self.users]
        self.idp.start([], self._names)

    def introduce(self, endpoints):
        self.idp.start([endpoint.metadata() for endpoint in endpoints], self._names)

    def log_in(self, tab, user):
        tab.fill("#username", self._names[user])
        tab.fill("#password", PASSWORD)
        tab.click("#submit_button")

    def log_out(self, tab):
        tab.click("#log-out")
        tab.await_element("#outcome")
        outcome = json.loads(tab.text().partition("\n")[2])
        expect(outcome["result"] == "local_only", f"our endpoint says {outcome}")
        tab.open(f"{self.idp.url}/saml2/idp/SingleLogoutService.php?ReturnTo={self.idp.url}/")


class AtLemonLdap:
    """The portal's users are those of its module "Demo"."""

    NAME, PROFILE = "LemonLDAP::NG", "lemonldap"
    ASKS_AGAIN = ": the portal does once its session is older than 5 s"
    LOGIN_FIELD = "input[name=password]"
    LOGOUT = "the user logs out at the portal, whose SOAP ends our session, and the next page asks for a login"

    def __init__(self, site, folder):
        self.idp = LemonLdap(site.keeper, site.peers, folder, IDP_ADDRESS)
        self.version = self.idp.version()
        self.users = ["dwho@badwolf.org", "rtyler@badwolf.org", "msmith@badwolf.org"]
        self.idp.start({})

    def introduce(self, endpoints):
        self.idp.start({f"sp{number}": endpoint.metadata() for number, endpoint in enumerate(endpoints)})

    def log_in(self, tab, user):
        name = self.users[user].partition("@")[0]
        tab.await_element(f"input[name=user], {LemonLdap.RENEW}")
        if tab.has(LemonLdap.RENEW):  # to a user whom it knows, it says first that it will ask them
            tab.click(LemonLdap.RENEW)
        tab.fill("input[name=user]", name)
        tab.fill("input[name=password]", name)
        tab.click("button[type=submit]")

    def log_out(self, tab):
        tab.open(f"{self.idp.url}/?logout=1")


class AtKeycloak:
    NAME, PROFILE = "Keycloak", "keycloak"
    ASKS_AGAIN = ""
    LOGIN_FIELD = "#password"
    LOGOUT = "the user logs out at Keycloak, whose SOAP ends our session, and the next page asks for a login"
    MAIL = {"name": "mail", "protocol": "saml", "protocolMapper": "saml-user-property-mapper",
            "config": {"user.attribute": "email", "attribute.name": "mail", "attribute.nameformat": "Basic"}}

    def __init__(self, site, folder):
        self.idp = Keycloak(site.keeper, site.peers, folder, IDP_ADDRESS).start()
        self.version = keycloak.VERSION
        self.idp.make_realm()
        self._names = ["user1", "user2", "user3"]
        self.users = [f"{name}@example.org" for name in self._names]
        for name in self._names:
            self.idp.make_user(name)

    def introduce(self, endpoints):
        for number, endpoint in enumerate(endpoints):
            self.idp.make_client(f"sp{number}", endpoint.metadata(), mappers=[self.MAIL])

    def log_in(self, tab, user):
        tab.await_element("#password")
        if tab.has("#username"):  # not where it asks a user again, whom it knows
            tab.fill("#username", self._names[user])
        tab.fill("#password", keycloak.PASSWORD)
        tab.click("#kc-login")

    def log_out(self, tab):
        tab.open(f"{self.idp.entity_id}/protocol/openid-connect/logout")
        tab.click("#kc-logout")
        # It calls us before its own session ends.
        tab.await_text("You are logged out")


class Stage:
    """One IdP, and two times our endpoint and the application: reached over plain http, and over https."""

    def __init__(self, site, chromium, kind, browser_slo=False):
        self.at = kind(site, site.work / "idp")
        self.name = (kind.NAME, self.at.version)
        self.chromium = chromium
        self.gate, self.https_gate = Gate(), Gate(site.work / "gate")
        idps = [(self.at.idp.metadata(), [f'profile = "{kind.PROFILE}"'])]
        self.endpoints = [Endpoint(site.keeper, site.programs, site.work / name).stand_behind(gate, browser_slo)
                          for name, gate in (("sp1", self.gate), ("sp2", self.https_gate))]
        for endpoint in self.endpoints:
            endpoint.start(idps)
        self.at.introduce(self.endpoints)

    def page_of(self, user):
        return f"Signed in as {self.at.users[user]}"

    def sign_on(self, user, gate=None):
        """A browser in which this user has signed on, on the page that they wanted first."""
        wanted = f"{(gate or self.gate).url}/inbox?page=2"
        tab = self.chromium.profile().open(wanted)
        self.at.log_in(tab, user)
        tab.await_text(self.page_of(user))
        expect(tab.url() == wanted, f"the user isn't where they wanted to go: {tab.url()}")
        return tab

    def status(self, tab, gate=None):
        gate = gate or self.gate
        return gate.who(tab.cookie_header(gate.url))[0]

    def await_end(self, tab, gate=None):
        """The session's cookie is still in the browser, and counts no more."""
        cookies = tab.cookies((gate or self.gate).url)
        expect(any(name.endswith("saml-session") for name in cookies), "the session's cookie has left the browser")
        deadline = time.monotonic() + IN_ENOUGH_TIME
        while self.status(tab, gate) != 401:
            expect(time.monotonic() < deadline, f"our session lives: HTTP {self.status(tab, gate)}")
            time.sleep(POLL_SECONDS)

    def await_question(self, tab):
        """ForceAuthn, once; or where the IdP begins to honour it with the time, until it asks."""
        deadline = time.monotonic() + (IN_ENOUGH_TIME if self.at.ASKS_AGAIN else 0)
        while True:
            tab.open(f"{self.gate.url}/login?force=1&target=/again")
            if tab.await_either(f"{self.at.LOGIN_FIELD}, {LemonLdap.RENEW}", f"{self.gate.url}/again"):
                return
            expect(time.monotonic() < deadline, "the IdP asks nothing in spite of ForceAuthn")

    def expect_login(self, tab):
        """The application's next page is the IdP's login."""
        tab.open(f"{self.gate.url}/inbox")
        tab.await_element(self.at.LOGIN_FIELD)
        expect(tab.url().startswith(self.at.idp.url), f"the browser is at {tab.url()}")


class Lane:
    """All cases at one IdP."""

    def __init__(self, kind):
        self.NAME, self._kind = f"{kind.NAME} (sign-on)", kind

    def play(self, site, table):
        chromium = Chromium(site.keeper, site.work / "chromium")
        stage = Stage(site, chromium, self._kind)
        sign_on(stage, table, site.screenshots / f"sign-on-{self._kind.PROFILE}.png")
        ask_again(stage, table)
        log_out(stage, table)


LANES = {f"sign-on-{kind.PROFILE}": Lane(kind) for kind in (AtSimpleSamlPhp, AtLemonLdap, AtKeycloak)}


def sign_on(stage, table, screenshot):
    with table.case(stage.name, SIGN_ON, "the user signs on, and the application's page shows the name") as watch:
        tab = stage.sign_on(FIRST)
        watch.stop()
        sent = stage.gate.sends_to_login
        expect(sent == 1, f"the gate sent the browser to the login {sent} times")
        # The IdP's form comes from another site, and over http our cookie can't come with it.
        expect(stage.gate.responses == 2, f"the Response was posted {stage.gate.responses} times")
        tab.screenshot(screenshot)
        tab.close()
    title = "the same over https: our cookie comes with the IdP's form, and that of the session is __Host- and HttpOnly"
    with table.case(stage.name, SIGN_ON, title) as watch:
        tab = stage.sign_on(FIRST, stage.https_gate)
        watch.stop()
        posted = stage.https_gate.responses
        expect(posted == 1, f"the Response was posted {posted} times")
        cookie = tab.cookies(stage.https_gate.url).get("__Host-saml-session")
        expect(cookie and cookie["secure"] and cookie["httpOnly"], f"the session's cookie is {cookie}")
        tab.close()


def ask_again(stage, table):
    title = "a second login asks nothing, and /login?force=1 (ForceAuthn) asks again" + stage.at.ASKS_AGAIN
    with table.case(stage.name, SIGN_ON, title):
        tab = stage.sign_on(FIRST)
        tab.open(f"{stage.gate.url}/login?target=/known")
        tab.await_url(f"{stage.gate.url}/known")
        stage.await_question(tab)
        stage.at.log_in(tab, FIRST)
        tab.await_url(f"{stage.gate.url}/again")
        tab.await_text(stage.page_of(FIRST))
        tab.close()


def log_out(stage, table):
    with table.case(stage.name, SIGN_ON, stage.at.LOGOUT) as watch:
        tab = stage.sign_on(FIRST)
        watch.start()
        stage.at.log_out(tab)
        stage.await_end(tab)
        watch.stop()
        stage.expect_login(tab)
        tab.close()
    with table.case(stage.name, SIGN_ON, "two browsers: the logout of one user leaves the other's session") as watch:
        leaving, staying = stage.sign_on(SECOND), stage.sign_on(THIRD)
        watch.start()
        stage.at.log_out(leaving)
        stage.await_end(leaving)
        watch.stop()
        staying.open(f"{stage.gate.url}/next").await_text(stage.page_of(THIRD))
        expect(staying.url() == f"{stage.gate.url}/next", f"the other user had to sign on again: {staying.url()}")
        leaving.close()
        staying.close()
