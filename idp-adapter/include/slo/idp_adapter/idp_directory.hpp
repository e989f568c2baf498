// The IdPs that are believed, by entityID.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "slo/idp_adapter/idp.hpp"

namespace slo::idp_adapter {

/// IdpDirectory is an immutable snapshot; a reload makes a new one. Thread-safe. An Idp lives as long as its holder.
class IdpDirectory {
public:
    /// of makes a directory. Errors: metadata::Errc::schema_violation if two share one name: an entityID or an alias.
    [[nodiscard]] static Result<IdpDirectory> of(std::vector<Idp> idps);

    /// find returns the IdP with this very entityID or issuer alias, byte by byte; null if there is none.
    [[nodiscard]] std::shared_ptr<const Idp> find(const saml::EntityID& name) const;

    [[nodiscard]] const std::vector<std::shared_ptr<const Idp>>& all() const noexcept { return idps_; }

    /// accepts_content_type says whether any IdP's profile accepts this media type of SOAP (lower case, no parameters).
    [[nodiscard]] bool accepts_content_type(std::string_view media_type) const noexcept;

    /// accepts_wire says whether any IdP's profile has this wire.
    [[nodiscard]] bool accepts_wire(Wire wire) const noexcept;

    /// size returns the number of IdPs.
    [[nodiscard]] std::size_t size() const noexcept { return idps_.size(); }

private:
    std::vector<std::shared_ptr<const Idp>> idps_;
    std::unordered_map<saml::EntityID, std::shared_ptr<const Idp>> by_name_;  ///< entityIDs and aliases
};

}  // namespace slo::idp_adapter
