"""The cases with Lasso as an IdP."""
from endpoint import Endpoint
from lasso_idp import LassoIdp
from table import LOGIN, TO_IDP, TO_SP, expect

NAME = "Lasso"
PROFILE = ['profile = "lasso"']
SHA1, CBC = ["dangerously_accept_sha1 = true"], ["accept_cbc = true"]


class Stage:
    """Lasso and one service provider of ours, which is started anew where a case needs other settings."""

    def __init__(self, site):
        self._site = site
        self.idp = LassoIdp(site.keeper, site.work)
        self.name = (NAME, self.idp.version())
        self.sp = Endpoint(site.keeper, site.programs, site.work / "sp")
        self._settings = None
        self.use([])
        self.idp.start([self.sp.metadata()])

    def use(self, options, engine="memory"):
        if (options, engine) == self._settings:
            return
        self._settings = options, engine
        self.restart()

    def restart(self):
        """The endpoint, with the settings that it has."""
        options, engine = self._settings
        self.sp.stop()
        self.sp.start([(self.idp.metadata, PROFILE + options)], encryption=True, engine=engine)

    def assertion(self):
        return self.idp.sign_on(self._site.programs, self.sp.entity_id)

    def sign_on(self):
        """A session of the user's, in the browser session that there is."""
        local_id = self.sp.admit([self.assertion()])
        self.sp.expect_alive(local_id)
        return local_id

    def log_out(self):
        return self.idp.log_out(self.sp.entity_id)

    def set_up(self, options, engine="memory", **settings):
        self.use(options, engine)
        self.idp.tell("fresh_browser")
        self.idp.tell("settings", **settings)


def play(site, table):
    stage = Stage(site)
    with table.case(stage.name, LOGIN, "Lasso's assertion is verified and makes a session"):
        stage.set_up([])
        stage.sign_on()
    logout_at_lasso(stage, table)
    exceptions(stage, table)
    logout_here(stage, table)
    idp_is_down(stage, table)


def expect_ended(stage, watch, *local_ids):
    watch.start()
    verdict = stage.log_out()
    watch.stop()
    expect(verdict == "ok", f"Lasso says {verdict} about our answer")
    stage.sp.expect_gone(*local_ids)


def expect_refused(stage, watch, rule, error, local_id):
    watch.start()
    verdict = stage.log_out()
    watch.stop()
    expect(verdict == error, f"Lasso says {verdict} about our answer")
    stage.sp.await_log(rule)
    stage.sp.expect_alive(local_id)


def logout_at_lasso(stage, table):
    with table.case(stage.name, TO_SP, "one SessionIndex") as watch:
        stage.set_up([])
        expect_ended(stage, watch, stage.sign_on())
    with table.case(stage.name, TO_SP, "three SessionIndexes in one request, three sessions") as watch:
        stage.set_up([])
        expect_ended(stage, watch, *[stage.sign_on() for _ in range(3)])
    with table.case(stage.name, TO_SP, "two SessionIndexes of one session of ours") as watch:
        stage.set_up([])
        local_id = stage.sp.admit([stage.assertion(), stage.assertion()])
        expect_ended(stage, watch, local_id)


def exceptions(stage, table):
    with table.case(stage.name, TO_SP, "RSA-SHA1 is refused") as watch:
        stage.set_up([])
        local_id = stage.sign_on()
        stage.idp.tell("settings", method="sha1")
        expect_refused(stage, watch, "sig.algorithm", "ProfileStatusNotSuccessError", local_id)
    with table.case(stage.name, TO_SP, "RSA-SHA1 with dangerously_accept_sha1") as watch:
        stage.set_up(SHA1)
        local_id = stage.sign_on()
        stage.idp.tell("settings", method="sha1")
        expect_ended(stage, watch, local_id)
    with table.case(stage.name, TO_SP, "EncryptedID with AES-128-CBC is refused") as watch:
        stage.set_up([])
        local_id = stage.sign_on()
        stage.idp.tell("settings", encrypt_to=stage.sp.entity_id)
        expect_refused(stage, watch, "id.decryption", "LogoutUnknownPrincipalError", local_id)
    with table.case(stage.name, TO_SP, "EncryptedID with AES-128-CBC and accept_cbc") as watch:
        stage.set_up(CBC)
        local_id = stage.sign_on()
        stage.idp.tell("settings", encrypt_to=stage.sp.entity_id)
        expect_ended(stage, watch, local_id)


def logout_here(stage, table):
    for title, count in (("the user logs out here: everywhere", 1), ("with three SessionIndexes: everywhere", 3)):
        with table.case(stage.name, TO_IDP, title) as watch:
            stage.set_up([])
            local_id = stage.sp.admit([stage.assertion() for _ in range(count)])
            watch.start()
            outcome = stage.sp.log_out(local_id)
            watch.stop()
            stage.sp.expect_gone(local_id)
            expect(outcome["result"] == "everywhere", f"our endpoint says {outcome}")
            expect(stage.idp.verdicts[-1:] == ["ok"], f"Lasso says {stage.idp.verdicts[-1:]} about our request")
            expect(not stage.idp.is_logged_in(), "Lasso's session lives")
    for title, options, result in (("an answer with RSA-SHA1 proves nothing: unknown", [], "unknown"),
                                   ("an answer with RSA-SHA1 and dangerously_accept_sha1: everywhere", SHA1,
                                    "everywhere")):
        with table.case(stage.name, TO_IDP, title) as watch:
            stage.set_up(options)
            local_id = stage.sign_on()
            stage.idp.tell("settings", method="sha1")
            watch.start()
            outcome = stage.sp.log_out(local_id)
            watch.stop()
            stage.sp.expect_gone(local_id)
            expect(outcome["result"] == result, f"our endpoint says {outcome}")


def idp_is_down(stage, table):
    title = "Lasso is down: gone here at once; our endpoint restarts, Lasso comes back, and is told"
    with table.case(stage.name, TO_IDP, title) as watch:
        stage.set_up([], engine="sqlite")
        local_id = stage.sign_on()
        stage.idp.verdicts.clear()
        stage.idp.go_down()
        watch.start()
        outcome = stage.sp.log_out(local_id)
        stage.sp.expect_gone(local_id)
        expect(outcome["result"] == "local_only", f"our endpoint says {outcome}")
        stage.restart()
        stage.sp.expect_gone(local_id)
        stage.idp.come_up()
        expect(stage.idp.await_request(90), "nobody told Lasso")
        watch.stop()
        expect(stage.idp.verdicts == ["ok"], f"Lasso says {stage.idp.verdicts} about our request")
        expect(not stage.idp.is_logged_in(), "Lasso's session lives")
