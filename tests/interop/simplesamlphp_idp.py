"""SimpleSAMLphp as an IdP: PHP's own web server on the unpacked package."""
import re

from browser import call
from keys import make_key
from processes import Unavailable, free_port
from simplesamlphp_sp import CONFIG
from table import expect
from wire import Tap

# Without NameIDFormat, and with none in our metadata, it makes a new transient name at each sign-on.
HOSTED = """<?php
$metadata['{entity_id}'] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.key.pem', 'certificate' => 'idp.crt.pem',
    'auth' => 'users', 'logouttype' => '{logout_type}', 'sign.logout' => {signs_logouts}, 'validate.logout' => true,
    'SingleLogoutServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
                                     'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'],
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'authproc' => [
        3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid',
              'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent']]];
"""
USERS = """<?php
$config = ['users' => ['exampleauth:UserPass', {users}]];
"""
ROOM = "$config['metadata.sources'] = [['type' => 'flatfile'], {service_providers}];\n"
SWITCHES = """$config['enable.saml20-idp'] = true;
$config['logging.level'] = 6;
$config['module.enable'] = ['exampleauth' => true, 'core' => true, 'saml' => true];
$config['session.cookie.name'] = 'SimpleSamlPhpIdp'; $config['session.phpsession.cookiename'] = 'SimpleSamlPhpIdpPhp';
"""
PASSWORD = "throw-away"


class SimpleSamlPhpIdp:
    def __init__(self, keeper, peers, folder, address):
        self._keeper, self._folder = keeper, folder
        self._root = peers / "usr/share/simplesamlphp"
        if not (self._root / "www").is_dir():
            raise Unavailable("simplesamlphp isn't unpacked below build/peers")
        for name in ("tmp", "sessions", "metadata"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        make_key(folder, "idp")
        self._port = free_port()
        self.tap = Tap(self._port, address)
        self.url = f"http://{address}:{self.tap.port}"
        self.entity_id = f"{self.url}/simplesamlphp-idp"
        # How it reaches service providers at a logout: "traditional" redirects, or "iframe"; and whether it signs that.
        self.logout_type, self.signs_logouts = "traditional", True
        self._process = None

    def version(self):
        text = (self._root / "lib/SimpleSAML/Configuration.php").read_text(encoding="utf-8")
        return re.search(r"VERSION = '([^']+)'", text)[1]

    def start(self, service_providers, users):
        """service_providers: their metadata files; users: their names, who all have one password."""
        if self._process:
            self._keeper.end(self._process)
        sources = ", ".join(f"['type' => 'xml', 'file' => '{file}']" for file in service_providers)
        config = CONFIG.replace("'metadata.sources' => [['type' => 'xml', 'file' => '{metadata}']]",
                                "'metadata.sources' => []")
        config += SWITCHES + ROOM.replace("{service_providers}", sources)
        known = ", ".join(f"'{name}:{PASSWORD}' => ['uid' => ['{name}'], 'mail' => ['{name}@example.org']]"
                          for name in users)
        files = {"config.php": config, "authsources.php": USERS.replace("{users}", known),
                 "metadata/saml20-idp-hosted.php": HOSTED}
        facts = {"url": self.url, "folder": self._folder, "entity_id": self.entity_id,
                 "logout_type": self.logout_type, "signs_logouts": str(self.signs_logouts).lower()}
        for name, text in files.items():
            for key, value in facts.items():
                text = text.replace("{" + key + "}", str(value))
            (self._folder / name).write_text(text, encoding="utf-8")
        self._process = self._keeper.start(
            ["/usr/bin/php8.2", "-d", "error_reporting=0", "-d", "display_errors=0", "-S", f"127.0.0.1:{self._port}",
             "-t", self._root / "www"], self._folder / "php.log", cwd=self._folder,
            env={"SIMPLESAMLPHP_CONFIG_DIR": str(self._folder), "PATH": "/usr/bin:/bin"})
        self._keeper.await_port(self._process, self._port, 30)
        return self

    def log(self):
        return (self._folder / "simplesamlphp.log").read_text(encoding="utf-8", errors="replace")

    def metadata(self):
        page = call("GET", f"{self.url}/saml2/idp/metadata.php?output=xml")
        expect(page.status == 200 and "EntityDescriptor" in page.text, f"SimpleSAMLphp's metadata: HTTP {page.status}")
        file = self._folder / "idp.xml"
        file.write_text(page.text, encoding="utf-8")
        return file
