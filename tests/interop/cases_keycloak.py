"""The cases with Keycloak."""
import keycloak
from endpoint import Endpoint
from keycloak import POST, SOAP, Keycloak, KeycloakUser
from participants import LOGOUT_ELSEWHERE, TITLE, Participants
from table import LOGIN, TO_IDP, TO_SP, expect

NAME = "Keycloak"
PROFILE = ['profile = "keycloak"']


class Stage:
    """A realm with two clients, both service providers of ours."""

    def __init__(self, site):
        self.site = site
        self.name = (NAME, keycloak.VERSION)
        self.idp = Keycloak(site.keeper, site.peers, site.work / "keycloak").start()
        self.idp.make_realm()
        self.metadata = self.idp.metadata()
        self.idps = [(self.metadata, PROFILE)]
        self.clients = {name: self._client(name) for name in ("sp1", "sp2")}
        self._users = 0

    def _client(self, name):
        endpoint = Endpoint(self.site.keeper, self.site.programs, self.site.work / name).start(self.idps)
        self.idp.make_client(name, endpoint.metadata())
        return endpoint

    def user(self):
        self._users += 1
        return KeycloakUser(self.idp, self.site.programs, f"user{self._users}")

    def sign_on(self, user, name):
        endpoint = self.clients[name]
        local_id = endpoint.admit([user.visit(name, self.metadata)])
        endpoint.expect_alive(local_id)
        return local_id


def play(site, table):
    stage = Stage(site)
    with table.case(stage.name, LOGIN, "the realm's assertion is verified and makes a session"):
        stage.sign_on(stage.user(), "sp1")
    logout_at_keycloak(stage, table)
    as_imported(stage, table)
    logout_here(stage, table)
    form_post(stage, table)
    all_together(stage, table)


def logout_at_keycloak(stage, table):
    first, second = stage.clients["sp1"], stage.clients["sp2"]
    with table.case(stage.name, TO_SP, "the user logs out in the browser, SOAP") as watch:
        user = stage.user()
        local_id = stage.sign_on(user, "sp1")
        watch.start()
        user.log_out()
        watch.stop()
        first.expect_gone(local_id)
        expect(not user.is_logged_in(), "Keycloak's session lives")
    with table.case(stage.name, TO_SP, "the administrator logs the user out, SOAP") as watch:
        user = stage.user()
        local_id = stage.sign_on(user, "sp1")
        watch.start()
        user.be_logged_out()
        watch.stop()
        first.expect_gone(local_id)
        expect(not user.is_logged_in(), "Keycloak's session lives")
    with table.case(stage.name, TO_SP, "two of our service providers in one session end together") as watch:
        user = stage.user()
        local_ids = [stage.sign_on(user, name) for name in ("sp1", "sp2")]
        watch.start()
        user.log_out()
        watch.stop()
        first.expect_gone(local_ids[0])
        second.expect_gone(local_ids[1])
    with table.case(stage.name, TO_SP, "another user's session lives on"):
        leaving, staying = stage.user(), stage.user()
        local_ids = [stage.sign_on(user, "sp1") for user in (leaving, staying)]
        leaving.be_logged_out()
        first.expect_gone(local_ids[0])
        first.expect_alive(local_ids[1])


def as_imported(stage, table):
    with table.case(stage.name, TO_SP, "imported, and front-channel logout left on: Keycloak tells us nothing"):
        endpoint = Endpoint(stage.site.keeper, stage.site.programs, stage.site.work / "sp4").start(stage.idps)
        stage.clients["sp4"] = endpoint
        stage.idp.make_client("sp4", endpoint.metadata(), front_channel=True)
        for log_out in (KeycloakUser.log_out, KeycloakUser.be_logged_out):
            user = stage.user()
            local_id = stage.sign_on(user, "sp4")
            log_out(user)
            expect(not user.is_logged_in(), "Keycloak's session lives")
            endpoint.expect_alive(local_id)
        expect(not endpoint.tap.last(b"LogoutRequest"), "Keycloak does call us: good news for docs/interop.md")


def logout_here(stage, table):
    first, second = stage.clients["sp1"], stage.clients["sp2"]
    title = "the user logs out here: Keycloak's session ends, which its answer doesn't prove: unknown"
    with table.case(stage.name, TO_IDP, title) as watch:
        user = stage.user()
        local_id = stage.sign_on(user, "sp1")
        watch.start()
        outcome = first.log_out(local_id)
        watch.stop()
        first.expect_gone(local_id)
        # Keycloak says Success for a SessionIndex that it doesn't know, too: its word proves nothing.
        expect(outcome["result"] == "unknown", f"our endpoint says {outcome}")
        expect(not user.is_logged_in(), "Keycloak's session lives")
    title = "signed on twice in one Keycloak session: logging out of one ends both here, which share a SessionIndex"
    with table.case(stage.name, TO_IDP, title) as watch:
        user = stage.user()
        local_ids = [stage.sign_on(user, "sp1") for _ in range(2)]
        watch.start()
        first.log_out(local_ids[0])
        watch.stop()
        first.expect_gone(*local_ids)
        expect(not user.is_logged_in(), "Keycloak's session lives")
    with table.case(stage.name, TO_SP, "a second SAML client logs the user out, SOAP both ways") as watch:
        user = stage.user()
        local_ids = [stage.sign_on(user, name) for name in ("sp1", "sp2")]
        watch.start()
        second.log_out(local_ids[1])
        watch.stop()
        second.expect_gone(local_ids[1])
        first.expect_gone(local_ids[0])
        expect(not user.is_logged_in(), "Keycloak's session lives")


def form_post(stage, table):
    with table.case(stage.name, TO_SP, "no SOAP URL: a form without a browser") as watch:
        endpoint = Endpoint(stage.site.keeper, stage.site.programs, stage.site.work / "sp3")
        endpoint.start(stage.idps, form=True)
        stage.clients["sp3"] = endpoint
        stage.idp.make_client("sp3", endpoint.metadata(), **{SOAP: None, POST: endpoint.form_url})
        user = stage.user()
        local_id = stage.sign_on(user, "sp3")
        watch.start()
        user.be_logged_out()
        watch.stop()
        endpoint.expect_gone(local_id)
        expect(not user.is_logged_in(), "Keycloak's session lives")


def invite(stage):
    """Other people's service providers, as clients of the realm."""
    others = Participants(stage.site, stage.idp.entity_id, stage.metadata)
    stage.idp.make_client("shibboleth", others.shibboleth.metadata())
    # Keycloak encrypts for every partner that publishes a key, in a way (RSA-OAEP of XML Encryption 1.1) that this one can't read.
    stage.idp.make_client("simplesamlphp", others.simplesamlphp.metadata(), front_channel=True,
                          **{"saml.encrypt": "false"})
    return others


def all_together(stage, table):
    others = invite(stage)
    for title, log_out in ((TITLE, KeycloakUser.log_out),
                           (LOGOUT_ELSEWHERE, lambda user: others.simplesamlphp.log_out(user.browser))):
        with table.case(stage.name, TO_SP, title) as watch:
            user = stage.user()
            local_id = stage.sign_on(user, "sp1")
            for name, participant in zip(("shibboleth", "simplesamlphp"), others.all()):
                participant.sign_on(user.browser, user.form_for(name))
            watch.start()
            log_out(user)
            watch.stop()
            stage.clients["sp1"].expect_gone(local_id)
            others.expect_gone(user.browser)
            expect(not user.is_logged_in(), "Keycloak's session lives")
