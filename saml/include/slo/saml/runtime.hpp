// The preparation of libxml2, xmlsec1 and OpenSSL before their first use in a process.
#pragma once

#include "slo/saml/result.hpp"

namespace slo::saml {

/// harden_process prepares a process that is ours alone: call it first in main(), before any thread. (Without it, the
/// library prepares libxml2 and xmlsec1 by itself at first use, and keeps all settings that a host has made.)
/// It removes the environment variables that can redirect the C libraries (XML_*, SGML_*, XMLSEC_*, OPENSSL_*, SSL_*,
/// GCONV_*, MALLOC_*, proxies and the like), keeps OpenSSL from reading openssl.cnf, silences their printing in
/// every thread, removes libxml2's and xmlsec1's ways to open files and connections, and runs self_test(). Variables
/// read before main(), such as malloc's own, are past that; child processes don't get them any more.
/// Errors: KeyErrc::crypto_failure.
[[nodiscard]] Result<void> harden_process();

/// self_test verifies a built-in good message and refuses a built-in bad one, with the very code that serves requests.
/// Errors: KeyErrc::crypto_failure with what differed.
[[nodiscard]] Result<void> self_test();

}  // namespace slo::saml
