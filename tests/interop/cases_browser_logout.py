"""The cases of logouts that the user's browser brings from SimpleSAMLphp to browser_slo_url.

It comes with redirects, or in frames of the IdP's page: then it has no cookie of ours with it.
"""
import json
import time

from cases_sign_on import FIRST, IN_ENOUGH_TIME, SECOND, THIRD, AtSimpleSamlPhp, Stage
from chromium import POLL_SECONDS, Chromium
from table import TO_SP, expect

HOW = {"traditional": "redirects", "iframe": "frames"}


class Lane:
    NAME = "SimpleSAMLphp (logout through the browser)"

    def play(self, site, table):
        chromium = Chromium(site.keeper, site.work / "chromium")
        stage = Stage(site, chromium, AtSimpleSamlPhp, browser_slo=True)
        for logout_type, how in HOW.items():
            configure(stage, logout_type, signs=True)
            log_out(stage, table, logout_type, how)
            two_services(stage, table, how)
        two_users(stage, table)
        unsigned(stage, table)


LANES = {"browser-logout-simplesamlphp": Lane()}


def configure(stage, logout_type, signs):
    stage.at.idp.logout_type, stage.at.idp.signs_logouts = logout_type, signs
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


def log_out(stage, table, logout_type, how):
    title = (f"the user logs out there, {how} through the browser: our session ends, the IdP verifies our answer, and the "
             "next page asks for a login")
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
        expect(method == "GET", f"the request came by {method}")
        framed = logout_type == "iframe"
        expect(place == ("iframe" if framed else "document"), f"our answer goes into: {place}")
        expect(("saml-session" in cookies) != framed, "a cookie of ours comes with a frame, or with no redirect")
        expect_audit(endpoint, audit)
        expect_content_idp(stage, log, 1)
        stage.expect_login(tab)
        tab.close()


def two_services(stage, table, how):
    title = f"two of our service providers in one session, one http, one https; {how}: both end"
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
    with table.case(stage.name, TO_SP, "two browsers; frames: another user's session lives on") as watch:
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
        configure(stage, "traditional", signs=False)
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
