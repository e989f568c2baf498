// The C libraries' errors: taken at the failing call, never printed, never left behind.
#pragma once

#include <string>

namespace slo::saml {

/// take_openssl_errors empties this thread's OpenSSL error queue and returns the reasons ("a; b"), which name functions
/// and conditions, never data.
[[nodiscard]] std::string take_openssl_errors();

/// CErrorScope keeps libxml2 and OpenSSL quiet and clean in this thread: while it lives, libxml2's errors go nowhere,
/// and when it ends, OpenSSL's queue and libxml2's last error are empty and libxml2's handlers are as they were before.
class CErrorScope {
public:
    CErrorScope() noexcept;
    ~CErrorScope();
    CErrorScope(const CErrorScope&) = delete;
    CErrorScope& operator=(const CErrorScope&) = delete;

private:
    void* previous_context_;
    void (*previous_handler_)();
    void* previous_text_context_;
    void (*previous_text_handler_)();
};

}  // namespace slo::saml
