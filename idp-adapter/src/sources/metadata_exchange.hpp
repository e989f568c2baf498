// What a source's requests and its servers' answers say in HTTP's fields.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "metadata_slot.hpp"
#include "slo/idp_adapter/http_client.hpp"

namespace slo::idp_adapter {

/// call_for asks for the slot's document, and only for a newer one where that is enough.
[[nodiscard]] HttpCall call_for(const MetadataSlot& slot);

/// is_samlmetadata says whether the answer has the media type of a Metadata Query Protocol server.
[[nodiscard]] bool is_samlmetadata(const HttpHead& head);
/// keepable returns a validator that may be kept and sent back; empty if there is none.
[[nodiscard]] std::string keepable(const HttpHead& head, std::string_view field);
/// is_troubled says whether the server has a fault of its own, whatever was requested.
[[nodiscard]] bool is_troubled(const HttpHead& head) noexcept;
/// freshness_of returns what Cache-Control says of the time until the next request.
[[nodiscard]] std::optional<std::chrono::seconds> freshness_of(const HttpHead& head);

}  // namespace slo::idp_adapter
