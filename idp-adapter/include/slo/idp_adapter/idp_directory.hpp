// The IdPs that are believed, by entityID.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "slo/idp_adapter/idp.hpp"

namespace slo::idp_adapter {

/// AbsentPartner is a partner that the configuration names and that isn't believed now: its messages are refused, and
/// are distinguished from an unknown entity's.
struct AbsentPartner {
    std::string source;                      ///< the name of its source in the configuration
    std::vector<saml::EntityID> names = {};  ///< its entityID and aliases; empty if they aren't known
    Failure why = {};                        ///< the broken rule and its remedy; no code: not requested yet
};

/// IdpDirectory is an immutable snapshot; a reload makes a new one. Thread-safe. An Idp lives as long as its holder.
class IdpDirectory {
public:
    /// of makes a directory. `absent` are told by absent() and find_absent(), as far as no IdP has their names.
    /// Errors: metadata::Errc::schema_violation if two share one name: an entityID or an alias.
    [[nodiscard]] static Result<IdpDirectory> of(std::vector<Idp> idps, std::vector<AbsentPartner> absent = {});

    /// find returns the IdP with this very entityID or issuer alias, byte by byte; null if there is none.
    [[nodiscard]] std::shared_ptr<const Idp> find(const saml::EntityID& name) const;

    /// find_absent returns the partner with this very entityID or alias that isn't believed now; null if there is none.
    [[nodiscard]] const AbsentPartner* find_absent(const saml::EntityID& name) const noexcept;
    /// absent returns those of the configuration that aren't believed, in its order.
    [[nodiscard]] const std::vector<AbsentPartner>& absent() const noexcept { return absent_; }
    /// nameless returns the first of absent() whose names aren't known, which may be any entity; null if there is none.
    [[nodiscard]] const AbsentPartner* nameless() const noexcept;
    /// not_ready returns the partners whose messages are refused at `now`: those of absent(), and the IdPs whose
    /// metadata has ended since it came, with `clock_skew` as in Policy. Costs a look at each IdP.
    [[nodiscard]] std::vector<AbsentPartner> not_ready(Instant now, std::chrono::seconds clock_skew) const;

    [[nodiscard]] const std::vector<std::shared_ptr<const Idp>>& all() const noexcept { return idps_; }

    /// accepts_content_type says whether any IdP's profile accepts this media type of SOAP (lower case, no parameters).
    [[nodiscard]] bool accepts_content_type(std::string_view media_type) const noexcept;

    /// content_types returns those that profiles add to text/xml, in alphabetical order.
    [[nodiscard]] const std::set<std::string, std::less<>>& content_types() const noexcept { return content_types_; }

    /// accepts_wire says whether any IdP's profile has this wire.
    [[nodiscard]] bool accepts_wire(Wire wire) const noexcept;

    /// size returns the number of IdPs.
    [[nodiscard]] std::size_t size() const noexcept { return idps_.size(); }

private:
    std::vector<std::shared_ptr<const Idp>> idps_;
    std::unordered_map<saml::EntityID, std::shared_ptr<const Idp>> by_name_;  ///< entityIDs and aliases
    std::vector<AbsentPartner> absent_;
    std::unordered_map<saml::EntityID, std::size_t> absent_by_name_;  ///< its place in absent_
    std::optional<std::size_t> nameless_ = {};                        ///< its place in absent_
    // What any stranger's message asks for costs no look at each IdP.
    std::set<std::string, std::less<>> content_types_;
    std::set<Wire> wires_;
};

}  // namespace slo::idp_adapter
