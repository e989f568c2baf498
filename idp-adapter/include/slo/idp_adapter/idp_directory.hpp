// Whom we believe: every IdP that we know, by entityID.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "slo/idp_adapter/idp.hpp"

namespace slo::idp_adapter {

/// IdpDirectory is an immutable snapshot; a reload makes a new one. Thread-safe. An Idp lives as long as whoever holds
/// it.
class IdpDirectory {
public:
    /// Errors: metadata::Errc::schema_violation where two share one entityID.
    [[nodiscard]] static Result<IdpDirectory> of(std::vector<Idp> idps);

    /// The IdP with this very entityID, byte by byte; null if there is none.
    [[nodiscard]] std::shared_ptr<const Idp> find(const saml::EntityID& entity_id) const;

    /// Whether any IdP's profile accepts this media type (lower case, without parameters).
    [[nodiscard]] bool accepts_content_type(std::string_view media_type) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return idps_.size(); }

private:
    std::unordered_map<saml::EntityID, std::shared_ptr<const Idp>> idps_;
};

}  // namespace slo::idp_adapter
