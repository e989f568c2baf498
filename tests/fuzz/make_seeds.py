#!/usr/bin/env python3
"""Writes those seeds that have to be made: signed envelopes, permutations of signature wrapping, HTTP with CR LF, forms.

Run it after a change here, and commit what it writes. It signs with Debian's xmlsec1 and the test key
tests/fixtures/keys/idp1-first. The permutations follow the shapes that published work on signature wrapping describes.
"""
import base64
import pathlib
import subprocess
import tempfile
import urllib.parse

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parent / "fixtures"
KEYS = FIXTURES / "keys"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE = f'<S:Envelope xmlns:S="{SOAP11}">{{header}}<S:Body>{{body}}</S:Body></S:Envelope>'


def write(target, name, octets):
    folder = HERE / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(octets if isinstance(octets, bytes) else octets.encode())


def envelope(body, header=""):
    return ENVELOPE.format(body=body, header=header)


def template(message_id, inclusive="", key_info=""):
    return (f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXC}"/>'
            '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
            f'<ds:Reference URI="#{message_id}"><ds:Transforms><ds:Transform Algorithm="{DS}enveloped-signature"/>'
            f'<ds:Transform Algorithm="{EXC}">{inclusive}</ds:Transform></ds:Transforms>'
            '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>'
            f'</ds:SignedInfo><ds:SignatureValue/>{key_info}</ds:Signature>')


NAME_ID = '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">{}</saml:NameID>'


def message(signature, message_id="_r1", name_id=NAME_ID.format("alice"),
            rest="<samlp:SessionIndex>s1</samlp:SessionIndex>", extensions="", element="LogoutRequest", attributes=""):
    return (f'<samlp:{element} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
            f' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{message_id}" Version="2.0"'
            ' IssueInstant="2030-01-15T10:00:00Z" Destination="https://sp.example.com/saml/slo/soap"' + attributes +
            f'><saml:Issuer>https://idp1.example.org/metadata</saml:Issuer>{signature}{extensions}{name_id}{rest}'
            f'</samlp:{element}>')


def sign(xml, element="LogoutRequest"):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "in.xml"
        source.write_text(xml)
        signed = subprocess.run(["xmlsec1", "--sign", "--privkey-pem",
                                 f"{KEYS / 'idp1-first.key.pem'},{KEYS / 'idp1-first.crt.pem'}", "--id-attr:ID",
                                 f"urn:oasis:names:tc:SAML:2.0:protocol:{element}", str(source)],
                                check=True, capture_output=True, text=True).stdout
    return signed.split("?>\n", 1)[1].rstrip("\n")


def signature_of(signed):
    end = "</ds:Signature>"
    return signed[signed.index("<ds:Signature"):signed.index(end) + len(end)]


def originals():
    """Messages that verify. fuzz_verify reads them as what was signed, by their names."""
    prefixes = f'<InclusiveNamespaces xmlns="{EXC}" PrefixList="saml samlp"/>'
    every_attribute = ('<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"'
                       ' NameQualifier="https://idp1.example.org/metadata" SPNameQualifier="https://sp.example.com"'
                       ' SPProvidedID="p">bob</saml:NameID>')
    extensions = '<samlp:Extensions><x:a xmlns:x="urn:x"><x:b y="1"/>t</x:a></samlp:Extensions>'
    status = ('<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>'
              '</samlp:Status>')
    return {
        "plain": sign(message(template("_r1"))),
        "inclusive-prefixes": sign(message(template("_r2", prefixes), message_id="_r2")),
        "key-info": sign(message(template("_r1", key_info="<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>")).replace(
            "<saml:Issuer>", '<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">')),
        "escapes": sign(message(template("_r1"), name_id=NAME_ID.format("a&lt;b&gt;c&amp;d&quot;&#xE9;"))),
        "extensions": sign(message(template("_r1"), name_id=every_attribute, extensions=extensions,
                                   attributes=' Consent="urn:c" Reason="urn:r"')),
        "response": sign(message(template("_r1"), element="LogoutResponse", attributes=' InResponseTo="_q1"',
                                 name_id="", rest=status), "LogoutResponse"),
    }


def wrapped(original):
    """The signed message goes elsewhere, and an unsigned one takes its place."""
    signature = signature_of(original)
    bare = original.replace(signature, "")
    opened = signature.replace("</ds:Signature>", "")
    inside = opened + "<ds:Object>{}</ds:Object></ds:Signature>"
    extensions = "<samlp:Extensions>{}</samlp:Extensions>"
    evil = dict(message_id="_evil", name_id=NAME_ID.format("mallory"))
    same_id = dict(name_id=NAME_ID.format("mallory"))
    return {
        "1-object": envelope(message(inside.format(bare), **evil)),
        "2-detached": envelope(message(bare + signature, **evil)),
        "3-sibling-after": envelope(message("", **evil) + original),
        "3-sibling-before": envelope(original + message("", **evil)),
        "4-child": envelope(message(original, **evil)),
        "5-copied-end": envelope(message(signature, rest=bare, **evil)),
        "6-signature-holds-it": envelope(message(opened + bare + "</ds:Signature>", **evil)),
        "7-extensions": envelope(message("", extensions=extensions.format(original), **evil)),
        "7-extensions-own-signature": envelope(message(signature, extensions=extensions.format(bare), **evil)),
        "8-object-same-id": envelope(message(inside.format(bare), **same_id)),
        "9-header": envelope(message("", **evil), f"<S:Header>{original}</S:Header>"),
        "9-header-signature-in-body": envelope(message(signature, **same_id), f"<S:Header>{bare}</S:Header>"),
        "two-bodies": envelope(original + "</S:Body><S:Body>" + message("", **evil)),
        "other-id-attribute": envelope(message(signature, attributes=' xml:id="_r1"', **evil)),
        "comment-in-name": envelope(original.replace("alice", "al<!-- -->ice")),
        "reference-by-xpointer": envelope(original.replace('URI="#_r1"', "URI=\"#xpointer(id('_r1'))\"")),
        "reference-to-all": envelope(original.replace('URI="#_r1"', 'URI=""')),
        "hmac": envelope(original.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#hmac-sha1")),
        "rebound-prefix": envelope(original.replace("<saml:NameID", '<saml:NameID xmlns:saml="urn:x"')),
        "unsigned": envelope(bare),
    }


MESSAGES = {
    "attributes": b'<a xmlns="urn:a" xmlns:b="urn:b" b:x="1" x="2" xml:lang="en" y="&#9;&#10;&quot;&lt;"/>',
    "byte-order-mark": b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a/>",
    "cdata": b"<a>x<![CDATA[<b>&amp;]]>y</a>",
    "comment": b"<a>x<!-- c -->y</a>",
    "declared-ascii": b'<?xml version="1.0" encoding="us-ascii"?><a>\xc3\xa9</a>',
    "declared-utf-16": b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    "depth-33": b"<a>" * 33 + b"</a>" * 33,
    "doctype": b"<!DOCTYPE a [<!ENTITY x 'y'><!ATTLIST a ID ID #IMPLIED>]><a ID='_1'>&x;</a>",
    "identifiers": b'<a ID="_1"><b id="_2" AssertionID="_3"/><c xmlns:n="urn:n" n:ID="_1"/></a>',
    "mixed": b"<a> <b/> text <c>&#xD;&amp;&#x10FFFF;</c></a>",
    "namespaces": b'<a:a xmlns:a="urn:1"><a:a xmlns:a="urn:2"><b xmlns=""/></a:a>'
                  b'<a:a a:a="" xmlns:c="urn:1" c:b=""/></a:a>',
    "processing-instruction": b"<a><?b c?></a>",
    "relative-namespace": b'<a xmlns="b"/>',
    "undeclared-prefix": b"<a:b/>",
    "xml-id": b'<a xml:id="_1" ID="_1"/>',
    "xml-prefix": b"<xml:a/>",
    # One over each limit.
    "elements-513": b"<a>" + b"<b/>" * 512 + b"</a>",
    "attributes-33": b"<a" + b"".join(b' a%d=""' % i for i in range(33)) + b"/>",
    "namespaces-33": b"<a" + b"".join(b' xmlns:a%d="urn:a"' % i for i in range(33)) + b"/>",
}

SOAP = {
    "header": envelope("<p:LogoutRequest/>",
                       '<S:Header><h:h xmlns:h="urn:h" S:mustUnderstand="1" S:actor="urn:x"/></S:Header>'),
    "other-request": envelope('<p:AuthnRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.1"/>'),
    "soap12": envelope("<a/>").replace(SOAP11, "http://www.w3.org/2003/05/soap-envelope"),
    "fault": envelope("<S:Fault><faultcode>S:Client</faultcode><faultstring>x</faultstring></S:Fault>"),
}


SAML2 = ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"'


def metadata(keys="", role=SAML2, services="", attributes=""):
    return ('<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="' + DS + '"'
            f' entityID="https://idp.example.org/metadata"{attributes}><md:IDPSSODescriptor{role}>{keys}{services}'
            '</md:IDPSSODescriptor></md:EntityDescriptor>')


def key_descriptor(certificate, use=' use="signing"'):
    lines = (KEYS / certificate).read_text().splitlines()
    return (f"<md:KeyDescriptor{use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{''.join(lines[1:-1])}"
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>")


def metadata_seeds():
    slo = ('<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP"'
           ' Location="https://idp.example.org/slo" ResponseLocation="https://idp.example.org/r"'
           ' xmlns:a="urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo"'
           ' a:supportsAsynchronous="true"/>')
    rsa = subprocess.run(["openssl", "rsa", "-in", str(KEYS / "idp1-first.key.pem"), "-noout", "-modulus"], check=True,
                         capture_output=True, text=True).stdout.strip().split("=")[1]
    modulus = base64.b64encode(bytes.fromhex(rsa)).decode()
    bare = ("<md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue>"
            f"<ds:Modulus>{modulus}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>"
            "</ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>")
    ec, small = key_descriptor("idp2-p256.crt.pem"), key_descriptor("weak-rsa1024.crt.pem", "")
    return {
        "ec": metadata(ec, services=slo),
        "ec-and-weak": metadata(ec + small + key_descriptor("ed25519.crt.pem", "") +
                                key_descriptor("sp-p256.crt.pem", ' use="encryption"')),
        "bare-rsa": metadata(bare, services=slo, attributes=' validUntil="2031-01-01T00:00:00Z"'),
        "only-weak": metadata(small),
        "expired": metadata(ec, attributes=' validUntil="2029-01-01T00:00:00Z"'),
        "wrapped-in-entities": '<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
                               ' validUntil="2031-01-01T00:00:00Z"><!-- one -->' + metadata(ec, services=slo) +
                               "</md:EntitiesDescriptor>",
    }


def post(fields, body=""):
    return f"POST /a HTTP/1.1\r\nHost: sp\r\n{fields}\r\n{body}"


GET = "GET /b HTTP/1.1\r\nHost: sp\r\n\r\n"
HTTP = {
    "get": GET,
    "length": post("Content-Length: 5\r\n", "hello") + GET,
    "chunked": post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n1;x=y\r\nz\r\n0\r\n\r\n") + GET,
    "chunked-twice": post("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n") * 2 + GET,
    "trailer": post("Transfer-Encoding: chunked\r\n", "0\r\nX: y\r\n\r\n") + GET,
    "cl-te": post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG") + GET,
    "te-cl": post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\n" + GET + "\r\n0\r\n\r\n"),
    "te-te": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n") + GET,
    "te-gzip": post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n") + GET,
    "lengths-that-differ": post("Content-Length: 0\r\nContent-Length: 44\r\n", GET),
    "length-list": post("Content-Length: 1, 1\r\n", "x") + GET,
    "pipeline": GET * 3 + post("Content-Length: 1\r\n", "x") + "\r\n" + GET,
    "close": "GET /a HTTP/1.1\r\nHost: sp\r\nConnection: te, close\r\n\r\n" + GET,
    "http-1-0": "GET /a HTTP/1.0\r\n\r\n" + GET,
    "http-1-0-chunked": "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET,
    "expect": post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok") + GET,
    "head": "HEAD /a HTTP/1.1\r\nHost: sp\r\n\r\n" + GET,
    "obs-fold": post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n") + GET,
    "bare-lf": "GET /a HTTP/1.1\nHost: sp\n\n" + GET,
    "space-before-colon": post("Content-Length : 44\r\n", GET),
    "absolute-form": "GET http://sp/a HTTP/1.1\r\nHost: sp\r\n\r\n" + GET,
    "preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


def response_seeds():
    """Forms: what a browser posts. The Responses themselves are among the fixtures."""
    response = (FIXTURES / "sign-on/pysaml2/solicited-assertion-signed.response.xml").read_bytes()
    value = urllib.parse.quote(base64.b64encode(response), safe="")
    return {
        "form": f"SAMLResponse={value}&RelayState=0123456789abcdef",
        "form-twice": f"SAMLResponse={value}&SAMLResponse={value}",
        "form-with-request": f"SAMLRequest=&SAMLResponse={value}",
    }


def main():
    made = originals()
    for name, xml in made.items():
        write("verify", f"original-{name}.xml", envelope(xml))
    for name, xml in wrapped(made["plain"]).items():
        write("verify", f"wrapped-{name}.xml", xml)
    signature = signature_of(made["extensions"])
    moved = made["extensions"].replace(signature, "").replace("<samlp:Extensions>", "<samlp:Extensions>" + signature)
    write("verify", "wrapped-signature-in-extensions.xml", envelope(moved))
    for name, octets in MESSAGES.items():
        write("message", f"{name}.xml", octets)
    for name, xml in SOAP.items():
        write("soap", f"{name}.xml", xml)
    for name, xml in metadata_seeds().items():
        write("metadata", f"{name}.xml", xml)
    for name, octets in HTTP.items():
        write("http", f"{name}.http", octets)
    for name, body in response_seeds().items():
        write("response", name, body)


main()
