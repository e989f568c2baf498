"""Other people's service providers in the same session as ours."""
from shibboleth_sp import ShibbolethSp
from simplesamlphp_sp import SimpleSamlPhpSp
from table import expect

LOGOUT_ELSEWHERE = "the user logs out at a SimpleSAMLphp SP in the browser: ours and Shibboleth's end over SOAP"
TITLE = "ours, a Shibboleth SP (SOAP) and a SimpleSAMLphp SP (browser) in one session: all end together"


class Participants:
    """A Shibboleth and a SimpleSAMLphp service provider that know one IdP."""

    def __init__(self, site, idp, metadata):
        self.shibboleth = ShibbolethSp(site.keeper, site.peers, site.work / "shibboleth").start(idp, metadata)
        self.simplesamlphp = SimpleSamlPhpSp(site.keeper, site.peers, site.work / "simplesamlphp").start(idp, metadata)

    def all(self):
        return self.shibboleth, self.simplesamlphp

    def expect_gone(self, browser):
        expect(not self.shibboleth.has_session(browser), "Shibboleth's session lives")
        expect(not self.simplesamlphp.has_session(browser), "SimpleSAMLphp's session lives")
