#include "slo/saml/runtime.hpp"

#include <libxml/parser.h>
#include <libxml/threads.h>
#include <libxml/xmlerror.h>
#include <openssl/crypto.h>
#include <unistd.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/list.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmlsec.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "runtime_init.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

std::atomic<bool> ready{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): set once

void drop_libxml_error(void*, xmlErrorPtr) {}
void drop_libxml_text(void*, const char*, ...) {}  // NOLINT(cert-dcl50-cpp): libxml2's signature
void drop_xmlsec_error(const char*, int, const char*, const char*, const char*, int, const char*) {}

xmlParserInputPtr refuse_external_entity(const char*, const char*, xmlParserCtxtPtr) {
    return nullptr;
}

bool host_uses_xmlsec() {
    // The list has no id until xmlSecInit; asking xmlsec itself would print a complaint.
    const xmlSecPtrList* transforms = xmlSecTransformIdsGet();
    return transforms != nullptr && transforms->id != nullptr;
}

/// The variables that the C libraries follow: to files they'd load, modules they'd run, hosts they'd ask, or into modes
/// for debugging. Whole families go, so that a newer library's variables go with them.
constexpr std::string_view followed_families[] = {"XML_",       "XMLSEC_",    "SGML_",  "XSLT_",    "OPENSSL_",
                                                  "SSL_",       "CTLOG_",     "GCONV_", "LOCPATH",  "NLSPATH",
                                                  "MALLOC_",    "GLIBC_",     "LD_",    "RANDFILE", "SSLKEYLOGFILE",
                                                  "http_proxy", "HTTP_PROXY", "ftp_",   "FTP_",     "no_proxy"};

void scrub_environment() {
    std::vector<std::string> found;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view variable = *entry;
        const auto starts = [variable](std::string_view family) { return variable.starts_with(family); };
        if (std::ranges::any_of(followed_families, starts)) found.emplace_back(variable.substr(0, variable.find('=')));
    }
    for (const std::string& name : found) {
        ::unsetenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): documented to run before any thread
    }
}

void prepare() {
    xmlInitParser();
    if (xmlSecCheckVersion() != 1) return;
    if (!host_uses_xmlsec()) {
        // xmlSecInit replaces the process-wide entity loader: the host's choice is put back.
        const xmlExternalEntityLoader hosts_loader = xmlGetExternalEntityLoader();
        const bool initialised = xmlSecInit() >= 0 && xmlSecCryptoInit() >= 0;
        xmlSetExternalEntityLoader(hosts_loader);
        xmlSecErrorsSetCallback(drop_xmlsec_error);  // only after xmlSecCryptoInit, which installs its own
        if (!initialised) return;
    }
    ready = true;
}

}  // namespace

/// libxml2 2.9.14 makes a thread's state at the thread's first call. If it finds no memory for that, it reports that by
/// means of that very state, and so on until the stack is full. So there must be memory first.
void make_state_of_this_thread() {
    thread_local bool is_made = false;
    if (is_made) return;
    constexpr std::size_t more_than_it_takes = 16 * std::size_t{1024};
    void* volatile const memory =
        std::malloc(more_than_it_takes);  // volatile: or else the compiler leaves both calls out
    if (memory == nullptr) throw std::bad_alloc();
    std::free(memory);
    static std::once_flag once;
    std::call_once(once, prepare);  // before any thread's state: libxml2 makes its locks here
    is_made = xmlGetGlobalState() != nullptr;
}

void ensure_runtime() {
    make_state_of_this_thread();
}

bool runtime_ready() noexcept {
    try {
        ensure_runtime();
    } catch (const std::bad_alloc&) {
        return false;
    }
    return ready;
}

Result<void> harden_process() {
    scrub_environment();
    // /etc/ssl/openssl.cnf, too, may load modules and change defaults. Without effect if OpenSSL is in use already.
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1) {
        return fail(KeyErrc::crypto_failure, "OpenSSL could not be initialised");
    }
    // libxml2 keeps its error handlers per thread: the first pair is for threads to come, the second for this one.
    xmlThrDefSetStructuredErrorFunc(nullptr, drop_libxml_error);
    xmlThrDefSetGenericErrorFunc(nullptr, drop_libxml_text);
    xmlSetStructuredErrorFunc(nullptr, drop_libxml_error);
    xmlSetGenericErrorFunc(nullptr, drop_libxml_text);
    if (!runtime_ready()) return fail(KeyErrc::crypto_failure, "xmlsec1 could not be initialised");
    xmlSecErrorsSetCallback(drop_xmlsec_error);
    xmlSecIOCleanupCallbacks();  // from here on no URI can be opened by a transform
    xmlSetExternalEntityLoader(refuse_external_entity);
    return self_test();
}

}  // namespace slo::saml
