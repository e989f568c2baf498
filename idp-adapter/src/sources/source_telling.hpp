// A source's reports on its documents: expiries, and refused entities.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metadata_slot.hpp"
#include "refresh_schedule.hpp"

namespace slo::idp_adapter {

using ExpiryOf = std::function<Expiry(const std::optional<Instant>& end)>;

/// ending reports something that ends soon or has ended.
[[nodiscard]] RefreshOutcome ending(Expiry expiry, const std::optional<saml::EntityID>& entity_id,
                                    const std::string& what, const std::string& whose_messages, Instant end);

/// What is told of a file that isn't believed, as long as none is: where it is, and that mending it is enough.
[[nodiscard]] RefreshOutcome absence_of_file(const MetadataSlot& slot, const std::filesystem::path& file,
                                             RefreshOutcome outcome);

/// Adds whom `slot` should have and doesn't: the entities that are wanted and not in force, or, while no document is,
/// one without a name where none is wanted.
void tell_absent(const MetadataSlot& slot, const std::string& source, std::vector<AbsentPartner>& absent);

/// Whether its age ends what is in force, and no date in it does so earlier.
[[nodiscard]] bool ends_by_age(const MetadataSlot& slot) noexcept;
/// Of a document that its age ends, or has ended.
void tell_ageing(const MetadataSlot& slot, Instant now, std::chrono::seconds warn_before,
                 std::vector<RefreshOutcome>& outcomes);

/// What ends soon or has ended: the document, and what ends before it does, as an entity's end is no reason to give up
/// its neighbours.
void tell_ending(const MetadataSlot& slot, const ExpiryOf& expiry_of, std::vector<RefreshOutcome>& outcomes);

/// What a document's own entities were refused for.
void tell_refused(const metadata::MetadataDocument& document, std::vector<RefreshOutcome>& outcomes);

}  // namespace slo::idp_adapter
