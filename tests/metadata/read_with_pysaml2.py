"""Loads an SP's metadata into pysaml2 as an IdP does, and prints the entityID and the SOAP logout endpoint it found.

Usage: read_with_pysaml2.py METADATA CERTIFICATE; a signature must be good.
Exit status 3: pysaml2 refuses the metadata.
"""
import shutil
import sys

from saml2 import BINDING_SOAP, SAMLError
from saml2.mdstore import MetaDataFile
from saml2.sigver import CryptoBackendXmlSec1, SecurityContext

metadata = MetaDataFile(None, sys.argv[1], cert=sys.argv[2],
                        security=SecurityContext(CryptoBackendXmlSec1(shutil.which("xmlsec1"))),
                        node_name="urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor")
try:
    loaded = metadata.load()
except SAMLError as error:
    print(type(error).__name__, error)
    sys.exit(3)
if not list(metadata.keys()):
    sys.exit(3)
for entity_id in metadata.keys():
    print(entity_id)
    services = metadata.service(entity_id, "spsso_descriptor", "single_logout_service", BINDING_SOAP)
    print(services[0]["location"] if services else "")
