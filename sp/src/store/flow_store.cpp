#include "slo/sp/flow_store.hpp"

#include <algorithm>

#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

constexpr std::size_t handle_digits = 40;

bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

bool FlowHandleKind::accepts(std::string_view text) noexcept {
    return text.size() == handle_digits && std::ranges::all_of(text, is_hex_digit);
}

Failure FlowHandleKind::refuse() {
    return fail(StoreErrc::flow_handle_malformed);
}

Result<FlowHandle> random_flow_handle() {
    const auto id = saml::random_message_id();
    if (!id) return id.error();
    return FlowHandle::parse(std::string_view(id->str()).substr(1));  // behind the underscore that makes it an NCName
}

}  // namespace slo::sp
