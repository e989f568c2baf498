"""Lasso as an IdP, in a process of its own: one JSON object a line tells it what to do, one answers.

Usage: lasso_peer.py METADATA KEY CERTIFICATE SP-METADATA... It needs the Python that Debian's python3-lasso is for.
"""
import datetime
import json
import sys

import lasso

METHODS = {"sha1": lasso.SIGNATURE_METHOD_RSA_SHA1, "sha256": lasso.SIGNATURE_METHOD_RSA_SHA256}


def instant(minutes):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Peer:
    def __init__(self, metadata, key, certificate, *service_providers):
        self._server = lasso.Server(metadata, key, None, certificate)
        for file in service_providers:
            self._server.addProvider(lasso.PROVIDER_ROLE_SP, file, None, None)
        self._identity, self._session, self._logout = None, None, None

    def settings(self, method="sha256", encrypt_to=None):
        """How it signs from now on, and to whom it encrypts NameIDs."""
        self._server.signatureMethod = METHODS[method]
        for name in self._server.providers.keys():
            mode = lasso.ENCRYPTION_MODE_NAMEID if name == encrypt_to else lasso.ENCRYPTION_MODE_NONE
            self._server.getProvider(name).setEncryptionMode(mode)
        return {}

    def fresh_browser(self):
        """The user's account stays, the session doesn't."""
        self._session = None
        return {}

    def login(self, sp):
        login = lasso.Login(self._server)
        if self._identity:
            login.setIdentityFromDump(self._identity)
        if self._session:
            login.setSessionFromDump(self._session)
        login.initIdpInitiatedAuthnRequest(sp)
        login.request.nameIdPolicy.format = lasso.SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT
        login.request.nameIdPolicy.allowCreate = True
        login.request.protocolBinding = lasso.SAML2_METADATA_BINDING_POST
        login.processAuthnRequestMsg(None)
        login.validateRequestMsg(True, True)
        login.buildAssertion(lasso.SAML2_AUTHN_CONTEXT_PASSWORD, instant(0), instant(480), instant(-5), instant(5))
        login.buildAuthnResponseMsg()
        self._keep(login)
        return {"saml_response": login.msgBody}

    def request(self, sp):
        self._logout = lasso.Logout(self._server)
        self._logout.setIdentityFromDump(self._identity)
        self._logout.setSessionFromDump(self._session)
        self._logout.initRequest(sp, lasso.HTTP_METHOD_SOAP)
        self._logout.buildRequestMsg()
        return {"url": self._logout.msgUrl, "body": self._logout.msgBody}

    def judge(self, body):
        """What it says about the answer to its last request."""
        try:
            self._logout.processResponseMsg(body)
        except lasso.Error as problem:
            return {"verdict": type(problem).__name__}
        return {"verdict": "ok"}

    def answer(self, body):
        """To a LogoutRequest of a service provider."""
        logout = lasso.Logout(self._server)
        try:
            logout.processRequestMsg(body)
            logout.setIdentityFromDump(self._identity)
            if self._session:
                logout.setSessionFromDump(self._session)
            logout.validateRequest()
            verdict = "ok"
            self._keep(logout)
        except lasso.Error as problem:
            verdict = type(problem).__name__
        logout.buildResponseMsg()
        return {"verdict": verdict, "body": logout.msgBody}

    def is_logged_in(self):
        return {"logged_in": bool(self._session)}

    def _keep(self, profile):
        if profile.isIdentityDirty and profile.identity:
            self._identity = profile.identity.dump()
        if profile.isSessionDirty:
            self._session = profile.session.dump() if profile.session and not profile.session.isEmpty() else None


def main(arguments):
    peer = Peer(*arguments)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            told = getattr(peer, command.pop("do"))(**command)
        except lasso.Error as problem:
            told = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
