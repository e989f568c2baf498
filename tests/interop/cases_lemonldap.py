"""The cases with LemonLDAP::NG."""
from endpoint import Endpoint
from lemonldap import LemonLdap, PortalUser
from participants import LOGOUT_ELSEWHERE, TITLE, Participants
from table import LOGIN, TO_IDP, TO_SP, expect

NAME = "LemonLDAP::NG"
PROFILE = ['profile = "lemonldap"']


class Stage:
    """The portal and two service providers of ours."""

    def __init__(self, site):
        self.site = site
        self.portal = LemonLdap(site.keeper, site.peers, site.work / "portal")
        self.portal.start({})
        self.metadata = self.portal.metadata()
        idps = [(self.metadata, PROFILE)]
        self.first = Endpoint(site.keeper, site.programs, site.work / "sp1").start(idps)
        self.second = Endpoint(site.keeper, site.programs, site.work / "sp2").start(idps)
        self._known = {"sp1": self.first.metadata(), "sp2": self.second.metadata()}
        self.portal.start(self._known)
        self.name = (NAME, self.portal.version())

    def invite(self):
        """Other people's service providers, which the portal then knows too."""
        others = Participants(self.site, self.portal.entity_id, self.metadata)
        self.portal.start({**self._known, "shibboleth": others.shibboleth.metadata(),
                           "simplesamlphp": others.simplesamlphp.metadata()})
        return others

    def user(self):
        return PortalUser(self.portal, self.site.programs)

    def sign_on(self, user, endpoint):
        local_id = endpoint.admit([user.visit(endpoint.entity_id, self.metadata)])
        endpoint.expect_alive(local_id)
        return local_id


def play(site, table):
    stage = Stage(site)
    with table.case(stage.name, LOGIN, "the portal's assertion is verified and makes a session"):
        stage.sign_on(stage.user(), stage.first)
    logout_at_the_portal(stage, table)
    logout_here(stage, table)
    administrator(stage, table)
    all_together(stage, table)


def logout_at_the_portal(stage, table):
    with table.case(stage.name, TO_SP, "the user logs out at the portal") as watch:
        user = stage.user()
        local_id = stage.sign_on(user, stage.first)
        watch.start()
        verdicts = user.log_out()
        watch.stop()
        stage.first.expect_gone(local_id)
        expect(verdicts == ["ok"], f"the portal shows {verdicts}")
        expect(not user.is_logged_in(), "the portal's session lives")
    with table.case(stage.name, TO_SP, "two of our service providers in one session end together") as watch:
        user = stage.user()
        local_ids = [stage.sign_on(user, endpoint) for endpoint in (stage.first, stage.second)]
        watch.start()
        verdicts = user.log_out()
        watch.stop()
        stage.first.expect_gone(local_ids[0])
        stage.second.expect_gone(local_ids[1])
        expect(verdicts == ["ok", "ok"], f"the portal shows {verdicts}")
    with table.case(stage.name, TO_SP, "signed on twice in one session: two SessionIndexes in one request, both end"
                    ) as watch:
        user = stage.user()
        local_ids = [stage.sign_on(user, stage.first) for _ in range(2)]
        watch.start()
        verdicts = user.log_out()
        watch.stop()
        stage.first.expect_gone(*local_ids)
        expect(verdicts == ["ok"], f"the portal shows {verdicts}")
    with table.case(stage.name, TO_SP, "another session of the same user lives on"):
        leaving, staying = stage.user(), stage.user()
        local_ids = [stage.sign_on(user, stage.first) for user in (leaving, staying)]
        leaving.log_out()
        stage.first.expect_gone(local_ids[0])
        stage.first.expect_alive(local_ids[1])
        staying.log_out()
        stage.first.expect_gone(local_ids[1])


def logout_here(stage, table):
    with table.case(stage.name, TO_IDP, "the user logs out here: everywhere") as watch:
        user = stage.user()
        local_id = stage.sign_on(user, stage.first)
        watch.start()
        outcome = stage.first.log_out(local_id)
        watch.stop()
        stage.first.expect_gone(local_id)
        expect(outcome["result"] == "everywhere", f"our endpoint says {outcome}")
        expect(not user.is_logged_in(), "the portal's session lives")
    title = "one session of ours with two SessionIndexes: everywhere"
    with table.case(stage.name, TO_IDP, title) as watch:
        user = stage.user()
        local_id = stage.first.admit([user.visit(stage.first.entity_id, stage.metadata) for _ in range(2)])
        watch.start()
        outcome = stage.first.log_out(local_id)
        watch.stop()
        stage.first.expect_gone(local_id)
        expect(outcome["result"] == "everywhere", f"our endpoint says {outcome}")
        expect(not user.is_logged_in(), "the portal's session lives")
    title = "signed on twice in one session: logging out of one ends both here, which share an AuthnInstant; the second finds no session: unknown"
    with table.case(stage.name, TO_IDP, title) as watch:
        user = stage.user()
        local_id = stage.sign_on(user, stage.first)
        beside = stage.sign_on(user, stage.first)
        watch.start()
        outcome = stage.first.log_out(local_id)
        watch.stop()
        stage.first.expect_gone(local_id)
        stage.first.expect_gone(beside)
        expect(outcome["result"] == "unknown", f"our endpoint says {outcome}")
        expect(not user.is_logged_in(), "the portal's session lives")
    title = "with another service provider in the session: unknown, and only here is proven"
    with table.case(stage.name, TO_IDP, title) as watch:
        # This version ends its own session, notifies no participant, and answers with a web page.
        user = stage.user()
        local_id = stage.sign_on(user, stage.first)
        other = stage.sign_on(user, stage.second)
        watch.start()
        outcome = stage.first.log_out(local_id)
        watch.stop()
        stage.first.expect_gone(local_id)
        stage.second.expect_alive(other)
        expect(outcome["result"] == "unknown", f"our endpoint says {outcome}")
        expect(not user.is_logged_in(), "the portal's session lives")


def administrator(stage, table):
    title = "the administrator looks first, then logs out two sessions of a user: everywhere"
    with table.case(stage.name, TO_IDP, title) as watch:
        users = [stage.user(), stage.user()]
        assertions = [user.visit(stage.first.entity_id, stage.metadata) for user in users]
        local_ids = [stage.first.admit([assertion]) for assertion in assertions]
        whom = {"idp": stage.portal.entity_id, "name_id": assertions[0].fields["name_id"]}
        preview = stage.first.log_out_many(**whom, dry_run="true")
        expect({one["local_id"] for one in preview["would_end"]} >= set(local_ids), f"the preview says {preview}")
        stage.first.expect_alive(*local_ids)
        watch.start()
        outcome = stage.first.log_out_many(**whom)
        watch.stop()
        stage.first.expect_gone(*local_ids)
        expect(not any(user.is_logged_in() for user in users), "a session of the portal lives")
        expect(outcome["result"] == "everywhere", f"our endpoint says {outcome}")


def all_together(stage, table):
    others = stage.invite()
    log_out_elsewhere = lambda user: user.fetch_parts(others.simplesamlphp.log_out(user.browser))
    for title, log_out in ((TITLE, PortalUser.log_out), (LOGOUT_ELSEWHERE, log_out_elsewhere)):
        with table.case(stage.name, TO_SP, title) as watch:
            user = stage.user()
            local_id = stage.sign_on(user, stage.first)
            for participant in others.all():
                participant.sign_on(user.browser, user.form_for(participant.entity_id))
            watch.start()
            verdicts = log_out(user)
            watch.stop()
            stage.first.expect_gone(local_id)
            expect(verdicts == ["ok", "ok"], f"the portal shows {verdicts}")
            others.expect_gone(user.browser)
            expect(not user.is_logged_in(), "the portal's session lives")
