// The names in a session or an order, as one run of bytes: a std::string for each field would triple the store.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/sp/session_store.hpp"
#include "store_rules.hpp"

namespace slo::sp {

/// Scope is what thousands of records have in common: the two entities and three of the NameID's attributes.
struct Scope {
    saml::EntityID idp;
    saml::EntityID sp;
    std::optional<std::string> format;
    std::optional<std::string> name_qualifier;
    std::optional<std::string> sp_name_qualifier;
};

/// Naming borrows from a Session or a LogoutOrder the fields that name the sessions.
struct Naming {
    std::string_view id;  ///< the local session's id, or the request's ID
    const saml::EntityID& idp;
    const saml::EntityID& sp;
    const saml::NameID& name_id;
    const std::vector<saml::SessionIndex>& session_indexes;

    [[nodiscard]] static Naming of(const Session& session) noexcept;
    [[nodiscard]] static Naming of(const LogoutOrder& order) noexcept;
};

/// PackedNaming reads packed bytes and the Scope that goes with them; it owns neither. Where `shared` is null, the
/// scope is packed too, behind the rest.
class PackedNaming {
public:
    PackedNaming(const Scope* shared, const char* text) noexcept : shared_(shared), text_(text) {}

    /// size returns how many bytes write() needs.
    [[nodiscard]] static std::size_t size(const Naming& naming, const Scope* shared) noexcept;
    /// write writes `naming` to `text`, without the scope if there is a shared one.
    static void write(const Naming& naming, const Scope* shared, char* text) noexcept;

    [[nodiscard]] std::string_view id() const noexcept;
    [[nodiscard]] std::string_view idp() const noexcept;
    [[nodiscard]] std::string_view sp() const noexcept;
    [[nodiscard]] std::string_view name_value() const noexcept;
    /// principal returns the key of the principal of a record that is `named_by` this.
    [[nodiscard]] Principal principal(NamedBy named_by) const noexcept;
    [[nodiscard]] std::size_t index_count() const noexcept;
    [[nodiscard]] std::string_view session_index(std::size_t number) const noexcept;
    [[nodiscard]] bool has_any_of(const std::vector<saml::SessionIndex>& indexes) const noexcept;

    [[nodiscard]] saml::EntityID idp_entity() const;
    [[nodiscard]] saml::EntityID sp_entity() const;
    [[nodiscard]] saml::NameID name_id() const;
    [[nodiscard]] std::vector<saml::SessionIndex> session_indexes() const;

private:
    [[nodiscard]] std::optional<std::string_view> field(std::size_t number) const noexcept;
    [[nodiscard]] std::optional<std::string_view> scope_field(std::size_t number) const noexcept;
    [[nodiscard]] std::optional<std::string_view> format() const noexcept;
    [[nodiscard]] std::optional<std::string_view> name_qualifier() const noexcept;
    [[nodiscard]] std::optional<std::string_view> sp_name_qualifier() const noexcept;
    [[nodiscard]] std::optional<std::string_view> sp_provided_id() const noexcept;

    const Scope* shared_;
    const char* text_;
};

}  // namespace slo::sp
