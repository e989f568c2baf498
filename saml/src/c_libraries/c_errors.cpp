#include "c_errors.hpp"

#include <libxml/xmlerror.h>
#include <openssl/err.h>

namespace slo::saml {
namespace {

void ignore_xml_error(void* /*context*/, xmlErrorPtr /*error*/) {}
void ignore_xml_text(void* /*context*/, const char* /*format*/, ...) {}  // NOLINT(cert-dcl50-cpp): libxml2's signature

// The header keeps libxml2's type out, so the handler travels as a plain function pointer.
static_assert(sizeof(xmlStructuredErrorFunc) == sizeof(void (*)()));
static_assert(sizeof(xmlGenericErrorFunc) == sizeof(void (*)()));

}  // namespace

std::string take_openssl_errors() {
    std::string reasons;
    while (const unsigned long code = ERR_get_error()) {
        const char* const reason = ERR_reason_error_string(code);
        if (!reasons.empty()) reasons += "; ";
        reasons += reason == nullptr ? "unnamed" : reason;
    }
    return reasons;
}

CErrorScope::CErrorScope() noexcept
    : previous_context_(xmlStructuredErrorContext),
      previous_handler_(reinterpret_cast<void (*)()>(xmlStructuredError)),
      previous_text_context_(xmlGenericErrorContext),
      previous_text_handler_(reinterpret_cast<void (*)()>(xmlGenericError)) {
    xmlSetStructuredErrorFunc(nullptr, ignore_xml_error);
    xmlSetGenericErrorFunc(nullptr, ignore_xml_text);  // what libxml2's lists say when memory runs out
}

CErrorScope::~CErrorScope() {
    ERR_clear_error();
    xmlResetLastError();
    xmlSetStructuredErrorFunc(previous_context_, reinterpret_cast<xmlStructuredErrorFunc>(previous_handler_));
    xmlSetGenericErrorFunc(previous_text_context_, reinterpret_cast<xmlGenericErrorFunc>(previous_text_handler_));
}

}  // namespace slo::saml
