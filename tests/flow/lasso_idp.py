"""Lasso plays the IdP: it makes LogoutRequests, our endpoint answers them, and Lasso judges the answers.

Usage: lasso_idp.py <answer_one program> <tests/fixtures>. Exit status 77: skipped, because Lasso isn't installed.
"""
import subprocess
import sys

SKIPPED = 77
SP = "https://sp.example.com/saml/metadata"
SESSION = """<Session xmlns="http://www.entrouvert.org/namespaces/lasso/0.0" Version="2">{indexes}</Session>"""
INDEX = """<NidAndSessionIndex ProviderID="{sp}" AssertionID="_a{number}" SessionIndex="{index}">\
<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="{format}">{name}</saml:NameID>\
</NidAndSessionIndex>"""
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"

try:
    import lasso
except ImportError as problem:
    print(f"skipped: {problem}; the Debian package python3-lasso has it")
    sys.exit(SKIPPED)


def idp(fixtures, method):
    server = lasso.Server(f"{fixtures}/lasso/metadata.xml", f"{fixtures}/lasso/idp.key.pem", None,
                          f"{fixtures}/lasso/idp.crt.pem")
    server.signatureMethod = method
    server.addProvider(lasso.PROVIDER_ROLE_SP, f"{fixtures}/sp/metadata.xml", None, None)
    return server


def logout(server, name, indexes):
    entries = [INDEX.format(sp=SP, number=n, index=index, format=TRANSIENT, name=name)
               for n, index in enumerate(indexes)]
    request = lasso.Logout(server)
    request.setSessionFromDump(SESSION.format(indexes="".join(entries)))
    request.initRequest(SP, lasso.HTTP_METHOD_SOAP)
    request.buildRequestMsg()
    return request


def answer(program, body):
    done = subprocess.run([program], input=body.encode(), stdout=subprocess.PIPE, check=True)
    told, _, reply = done.stdout.decode().partition("\n")
    return told, reply


def judge(request, reply):
    """Returns Lasso's complaint, or None where it accepts."""
    try:
        request.processResponseMsg(reply)
    except lasso.Error as problem:
        return problem
    return None


def main(program, fixtures):
    failures = 0
    sha256, sha1 = lasso.SIGNATURE_METHOD_RSA_SHA256, lasso.SIGNATURE_METHOD_RSA_SHA1
    cases = [("success", sha256, "N1", ["i1"], "S1", None),
             ("several indexes", sha256, "N1", ["i1", "i2"], "S1 S2", None),
             ("no index of ours", sha256, "N1", ["i9"], "", None),
             ("unknown principal", sha256, "nobody", ["i1"], "", None),
             ("RSA-SHA1", sha1, "N1", ["i1"], "", lasso.ProfileStatusNotSuccessError)]
    for title, method, name, indexes, expected, refusal in cases:
        request = logout(idp(fixtures, method), name, indexes)
        told, reply = answer(program, request.msgBody)
        verdict = judge(request, reply)
        good = told == expected and type(verdict) is (refusal or type(None))
        failures += not good
        print(f"{'ok' if good else 'FAILED'}: {title}: ended '{told}', Lasso says {verdict or 'accepted'}")
    # A judge that accepts everything proves nothing: this answer was changed after it was signed.
    request = logout(idp(fixtures, sha1), "N1", ["i1"])
    _, reply = answer(program, request.msgBody)
    verdict = judge(request, reply.replace("status:Requester", "status:Success"))
    good = isinstance(verdict, lasso.ProfileCannotVerifySignatureError)
    failures += not good
    print(f"{'ok' if good else 'FAILED'}: a changed answer: Lasso says {verdict or 'accepted'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
