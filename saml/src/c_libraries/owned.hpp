// The only place that names a release function of libxml2, xmlsec1 or OpenSSL.
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <xmlsec/buffer.h>
#include <xmlsec/keys.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include <memory>

namespace slo::saml {

template <auto Free>
struct Release {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Release<Free>>;

using OwnedXmlDoc = Owned<xmlDoc, xmlFreeDoc>;
using OwnedXmlParserCtxt = Owned<xmlParserCtxt, xmlFreeParserCtxt>;
using OwnedXmlChars = Owned<xmlChar, [](xmlChar* chars) noexcept { xmlFree(chars); }>;  // xmlFree is a variable
using OwnedXmlOutput = Owned<xmlOutputBuffer, xmlOutputBufferClose>;
using OwnedXmlSecKey = Owned<xmlSecKey, xmlSecKeyDestroy>;
using OwnedXmlSecKeyData = Owned<xmlSecKeyData, xmlSecKeyDataDestroy>;

using OwnedBio = Owned<BIO, [](BIO* bio) noexcept { BIO_free_all(bio); }>;
using OwnedBignum = Owned<BIGNUM, BN_free>;
using OwnedEcdsaSig = Owned<ECDSA_SIG, ECDSA_SIG_free>;
using OwnedCipherCtx = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using OwnedMac = Owned<EVP_MAC, EVP_MAC_free>;
using OwnedMacCtx = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using OwnedMdCtx = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using OwnedParamBuild = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using OwnedParams = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using OwnedPkey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedPkeyCtx = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedX509 = Owned<X509, X509_free>;
using OwnedOpensslMemory = Owned<unsigned char, [](unsigned char* memory) noexcept { OPENSSL_free(memory); }>;
using OwnedOpensslChars = Owned<char, [](char* chars) noexcept { OPENSSL_free(chars); }>;

static_assert(sizeof(OwnedXmlDoc) == sizeof(void*));

}  // namespace slo::saml
