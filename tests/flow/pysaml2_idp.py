"""pysaml2 plays the IdP: it makes LogoutRequests, our endpoint answers them, and pysaml2 judges the answers.

It writes every message anew before it verifies, so it holds us to the prefixes that it would have chosen itself.

Usage: pysaml2_idp.py <answer_one program> <tests/fixtures>. Exit status 77: skipped, because pysaml2 isn't installed.
"""
import logging
import subprocess
import sys

SKIPPED = 77
SP = "https://sp.example.com/saml/metadata"
SLO = "https://sp.example.com/saml/slo/soap"
IDP = "https://idp-pysaml2.example.org/metadata"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

try:
    from saml2 import BINDING_SOAP
    from saml2.config import IdPConfig
    from saml2.saml import NAMEID_FORMAT_TRANSIENT, NameID
    from saml2.server import Server
    from saml2.sigver import SignatureError
except ImportError as problem:
    print(f"skipped: {problem}; the Debian package python3-pysaml2 has it")
    sys.exit(SKIPPED)

logging.disable()  # it says much about each signature that does not hold, which is meant here


def idp(fixtures):
    config = IdPConfig()
    config.load({
        "entityid": IDP,
        "key_file": f"{fixtures}/pysaml2/idp.key.pem",
        "cert_file": f"{fixtures}/pysaml2/idp.crt.pem",
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "metadata": {"local": [f"{fixtures}/sp/metadata.xml"]},
        "signing_algorithm": RSA_SHA256,
        "digest_algorithm": SHA256,
        "service": {"idp": {"want_response_signed": True, "endpoints": {
            "single_sign_on_service": [("https://idp-pysaml2.example.org/sso",
                                        "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")],
            "single_logout_service": [("https://idp-pysaml2.example.org/slo", BINDING_SOAP)]}}},
    })
    return Server(config=config)


def request_of(server, indexes):
    name_id = NameID(format=NAMEID_FORMAT_TRANSIENT, text="N1")
    request_id, request = server.create_logout_request(SLO, issuer_entity_id=SP, name_id=name_id,
                                                       session_indexes=indexes, sign=True, sign_alg=RSA_SHA256,
                                                       digest_alg=SHA256)
    return request_id, server.apply_binding(BINDING_SOAP, str(request), SLO)["data"]


def answer(program, body, preset):
    data = body if isinstance(body, bytes) else body.encode()
    done = subprocess.run([program, "pysaml2/metadata.xml", preset], input=data, stdout=subprocess.PIPE, check=True)
    told, _, reply = done.stdout.decode().partition("\n")
    return told, reply


def judge(server, reply):
    """Returns pysaml2's complaint, or None where it accepts."""
    try:
        response = server.parse_logout_request_response(reply, BINDING_SOAP)
    except SignatureError as problem:
        return problem
    return None if response is not None and response.status_ok() else "no Success"


def main(program, fixtures):
    failures = 0
    for title, preset, accepted in [("its preset", "pysaml2", True), ("the usual prefixes", "lasso", False)]:
        server = idp(fixtures)
        _, body = request_of(server, ["i1"])
        told, reply = answer(program, body, preset)
        verdict = judge(server, reply)
        good = told == "S1" and accepted == (verdict is None)
        failures += not good
        print(f"{'ok' if good else 'FAILED'}: {title}: ended '{told}', pysaml2 says {verdict or 'accepted'}")
    # A judge that accepts everything proves nothing: this answer was changed after it was signed.
    server = idp(fixtures)
    _, body = request_of(server, ["i1"])
    _, reply = answer(program, body, "pysaml2")
    verdict = judge(server, reply.replace('Version="2.0"', 'Consent="urn:x" Version="2.0"'))
    good = isinstance(verdict, SignatureError)
    failures += not good
    print(f"{'ok' if good else 'FAILED'}: a changed answer: pysaml2 says {verdict or 'accepted'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
