// What a source tells of its documents: what ends, and what was refused in them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metadata_slot.hpp"
#include "refresh_schedule.hpp"

namespace slo::idp_adapter {

using ExpiryOf = std::function<Expiry(const std::optional<Instant>& end)>;

/// What is told of something that ends soon or has ended.
[[nodiscard]] RefreshOutcome ending(Expiry expiry, const std::optional<saml::EntityID>& entity_id,
                                    const std::string& what, const std::string& whose_messages, Instant end);

/// What ends before the whole document does: an entity's end is no reason to give up its neighbours.
void tell_ending(const metadata::MetadataDocument& document, Expiry whole, const ExpiryOf& expiry_of,
                 std::vector<RefreshOutcome>& outcomes);

/// What a document's own entities were refused for.
void tell_refused(const metadata::MetadataDocument& document, std::vector<RefreshOutcome>& outcomes);

}  // namespace slo::idp_adapter
