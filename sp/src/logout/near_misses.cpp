#include "near_misses.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace slo::sp {
namespace {

/// Returns `text` without the white space at its ends; as it is where there is nothing else.
std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view white_space = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(white_space);
    if (begin == std::string_view::npos) return text;
    return text.substr(begin, text.find_last_not_of(white_space) - begin + 1);
}

/// Returns `order` without the blanks around its NameID and its SessionIndexes; nothing if there are none.
std::optional<LogoutOrder> trimmed(const LogoutOrder& order) {
    LogoutOrder shorter = order;
    shorter.name_id.value = trimmed(order.name_id.value);
    for (saml::SessionIndex& index : shorter.session_indexes) {
        if (auto text = saml::SessionIndex::parse(trimmed(index.str()))) index = *std::move(text);
    }
    const bool same = shorter.name_id.value == order.name_id.value && shorter.session_indexes == order.session_indexes;
    return same ? std::nullopt : std::optional(std::move(shorter));
}

/// Returns the sessions that `order` would name, or nearly name, if it were trimmed. No engine finds them, as a
/// principal is looked up by its whole name.
Result<std::vector<NearMiss>> near_in_white_space(SessionStore& store, const LogoutOrder& order) {
    const auto shorter = trimmed(order);
    if (!shorter) return std::vector<NearMiss>{};
    auto misses = store.near_misses(*shorter);
    if (!misses) return misses;
    for (NearMiss& miss : *misses) miss.kind = NearMiss::Kind::white_space;
    auto named = store.named_by(shorter->naming());
    if (!named) return std::move(named).error();
    for (Session& session : *named) {
        if (session.authn_instant > order.as_of || misses->size() >= max_near_misses) continue;
        misses->push_back({NearMiss::Kind::white_space, std::move(session)});
    }
    return misses;
}

}  // namespace

Result<std::vector<NearMiss>> near_misses(SessionStore& store, const std::vector<LogoutOrder>& orders) {
    std::vector<NearMiss> misses;
    for (const LogoutOrder& order : orders) {
        auto some = store.near_misses(order);
        if (!some) return some;
        std::ranges::move(*some, std::back_inserter(misses));
        auto indented = near_in_white_space(store, order);
        if (!indented) return indented;
        std::ranges::move(*indented, std::back_inserter(misses));
    }
    return misses;
}

}  // namespace slo::sp
