"""Loads an SP's metadata into Lasso as an IdP does, and prints the entityID and the SOAP logout endpoint it found.

Usage: read_with_lasso.py FOLDER METADATA; FOLDER holds the IdP's own metadata, key and certificate.
Exit status 3: Lasso refuses the metadata.
"""
import pathlib
import sys

import lasso

folder, metadata = (pathlib.Path(argument) for argument in sys.argv[1:])
server = lasso.Server.newFromBuffers((folder / "metadata.xml").read_text(), (folder / "idp.key.pem").read_text(), None,
                                     (folder / "idp.crt.pem").read_text())
try:
    server.addProviderFromBuffer(lasso.PROVIDER_ROLE_SP, metadata.read_text())
except lasso.Error:
    sys.exit(3)
for entity_id, provider in server.providers.items():
    print(entity_id)
    print(provider.getMetadataOne("SingleLogoutService SOAP"))
