#include "slo/sp/session.hpp"

#include <algorithm>

#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

constexpr std::size_t max_id_bytes = 256;

// Bytes, not characters: the host chose the id and is its only reader, so it needn't be UTF-8.
bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
}

}  // namespace

bool LocalSessionIDKind::accepts(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_id_bytes && std::ranges::none_of(text, is_control);
}

Failure LocalSessionIDKind::refuse() {
    return fail(StoreErrc::local_session_id_malformed);
}

}  // namespace slo::sp
