// Values that the tests of this folder know to be well-formed.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "slo/sp/session.hpp"

namespace slo::test {

/// Throws std::logic_error with the broken rule if `text` is no T.
template <class T>
[[nodiscard]] T parsed(std::string_view text) {
    Result<T> value = T::parse(text);
    if (!value) throw std::logic_error(value.error().code.message());
    return *std::move(value);
}

/// The value in `result`. Throws std::logic_error with the broken rule if there is none.
template <class T>
[[nodiscard]] T taken(Result<T> result) {
    if (!result) throw std::logic_error(result.error().code.message() + ": " + result.error().detail);
    return *std::move(result);
}

inline const auto our_id = parsed<saml::EntityID>("https://sp.example.com/saml/metadata");
inline const auto idp_id = parsed<saml::EntityID>("https://idp1.example.org/metadata");

/// A session of `name_id` at idp_id.
[[nodiscard]] inline sp::Session session_named(std::string_view id, std::string_view name_id = "N1") {
    return {
        .id = parsed<sp::LocalSessionID>(id),
        .idp = idp_id,
        .sp = our_id,
        .name_id = {.value = std::string(name_id),
                    .format = {},
                    .name_qualifier = {},
                    .sp_name_qualifier = {},
                    .sp_provided_id = {}},
        .session_indexes = {parsed<saml::SessionIndex>("i1")},
        .authn_instant = {},
        .expires = {},
    };
}

[[nodiscard]] inline std::vector<sp::Session> sessions_named(const std::vector<std::string>& ids) {
    std::vector<sp::Session> sessions;
    for (const auto& id : ids) sessions.push_back(session_named(id));
    return sessions;
}

}  // namespace slo::test
