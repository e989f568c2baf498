"""A Shibboleth service provider as another participant: shibd, its FastCGI responder, and HTTP in front of that."""
import pathlib
import socket

from browser import call
from fastcgi import Front
from keys import make_key
from processes import Unavailable
from table import expect

SETTINGS = """<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180">
<OutOfProcess logger="{folder}/shibd.logger"/>
<InProcess logger="{folder}/native.logger"/>
<UnixListener address="{folder}/shibd.sock"/>
<StorageService type="Memory" id="mem" cleanupInterval="900"/>
<SessionCache type="StorageService" StorageService="mem" cacheAssertions="false"/>
<ReplayCache StorageService="mem"/>
<ArtifactMap artifactTTL="180"/>
<ApplicationDefaults entityID="{url}/shibboleth" signing="true">
<Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" consistentAddress="false"
          handlerURL="/Shibboleth.sso" handlerSSL="false" cookieProps="http">
<SSO entityID="{idp}">SAML2</SSO>
<Logout>SAML2 Local</Logout>
<Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
<Handler type="Session" Location="/Session" contentType="application/json"/>
</Sessions>
<MetadataProvider type="XML" path="{metadata}"/>
<AttributeExtractor type="XML" path="/etc/shibboleth/attribute-map.xml"/>
<CredentialResolver type="File" key="{folder}/shibboleth.key.pem" certificate="{folder}/shibboleth.crt.pem"/>
</ApplicationDefaults>
<SecurityPolicyProvider type="XML" path="/etc/shibboleth/security-policy.xml"/>
<ProtocolProvider type="XML" path="/etc/shibboleth/protocols.xml"/>
</SPConfig>
"""
LOGGER = """log4j.rootCategory=INFO, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.fileName={file}
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{{%Y-%m-%d %H:%M:%S}} %p %c %x: %m%n
"""


class ShibbolethSp:
    def __init__(self, keeper, peers, folder):
        self._keeper, self._folder = keeper, folder
        self._shibd = peers / "usr/sbin/shibd"
        self._responder = peers / "usr/lib/x86_64-linux-gnu/shibboleth/shibresponder"
        if not self._shibd.is_file() or not pathlib.Path("/etc/shibboleth/protocols.xml").is_file():
            raise Unavailable("shibboleth-sp-utils isn't unpacked, or shibboleth-sp-common isn't installed")
        folder.mkdir(parents=True, exist_ok=True)
        make_key(folder, "shibboleth")
        self._front = Front(folder / "responder.sock")
        self.url = f"http://127.0.0.1:{self._front.port}"
        self.entity_id = f"{self.url}/shibboleth"

    def start(self, idp, metadata):
        settings = self._folder / "shibboleth2.xml"
        settings.write_text(SETTINGS.format(folder=self._folder, url=self.url, idp=idp, metadata=metadata),
                            encoding="utf-8")
        for name in ("shibd", "native"):
            (self._folder / f"{name}.logger").write_text(LOGGER.format(file=self._folder / f"{name}.log"),
                                                         encoding="utf-8")
        self._keeper.start([self._shibd, "-f", "-F", "-c", settings, "-p", self._folder / "shibd.pid"],
                           self._folder / "shibd.out", cwd=self._folder)
        self._keeper.await_file(self._folder / "shibd.sock", 30)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self._folder / "responder.sock"))
            listener.listen(16)
            # FastCGI programs find their listening socket where others have their standard input.
            environment = {"SHIBSP_CONFIG": str(settings), "SHIBSP_SERVER_NAME": "127.0.0.1",
                           "SHIBSP_SERVER_SCHEME": "http", "SHIBSP_SERVER_PORT": str(self._front.port)}
            self._keeper.start([self._responder], self._folder / "responder.out", stdin=listener, env=environment)
        return self

    def metadata(self):
        page = call("GET", f"{self.url}/Shibboleth.sso/Metadata")
        expect(page.status == 200, f"Shibboleth's metadata: HTTP {page.status}")
        file = self._folder / "metadata.xml"
        file.write_text(page.text, encoding="utf-8")
        return file

    def sign_on(self, browser, form):
        """The IdP's form makes a session there."""
        page = browser.submit(form, follow=False)
        expect(self.has_session(browser), f"Shibboleth makes no session: HTTP {page.status}")

    def has_session(self, browser):
        return "expiration" in browser.get(f"{self.url}/Shibboleth.sso/Session").text
