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

/// absence_of_file reports a file that isn't believed, while none is: its path, and that mending it is enough.
[[nodiscard]] RefreshOutcome absence_of_file(const MetadataSlot& slot, const std::filesystem::path& file,
                                             RefreshOutcome outcome);

/// tell_absent adds the entities of `slot` that are wanted and not in force, or, while no document is in force,
/// one without a name if no name is wanted.
void tell_absent(const MetadataSlot& slot, const std::string& source, std::vector<AbsentPartner>& absent);

/// Whether its age ends what is in force, and no date in it does so earlier.
[[nodiscard]] bool ends_by_age(const MetadataSlot& slot) noexcept;
/// What is reported of a document that its age ends, or has ended.
void tell_ageing(const MetadataSlot& slot, Instant now, std::chrono::seconds warn_before,
                 std::vector<RefreshOutcome>& outcomes);

/// What ends soon or has ended: the document, and what ends before it does, as an entity's end is no reason to give up
/// the others.
void tell_ending(const MetadataSlot& slot, const ExpiryOf& expiry_of, std::vector<RefreshOutcome>& outcomes);

/// tell_refused reports why a document's own entities were refused.
void tell_refused(const metadata::MetadataDocument& document, std::vector<RefreshOutcome>& outcomes);

}  // namespace slo::idp_adapter
