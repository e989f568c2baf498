// What a browser is shown of a refusal.
#pragma once

#include "slo/saml/result.hpp"
#include "slo/sp/pages.hpp"

namespace slo::sp {

/// page_code is all that a browser learns of a broken rule. Signatures and encryption have one code.
[[nodiscard]] PageCode page_code(const Failure& why) noexcept;

}  // namespace slo::sp
