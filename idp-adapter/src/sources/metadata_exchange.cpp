#include "metadata_exchange.hpp"

#include <string_view>

#include "content_type.hpp"
#include "refresh_schedule.hpp"
#include "slo/metadata/sp_metadata.hpp"

namespace slo::idp_adapter {

HttpCall call_for(const MetadataSlot& slot) {
    HttpCall call{.url = *slot.url, .headers = {}};
    const bool is_query = slot.entity_id.has_value();
    call.headers.emplace_back("Accept", is_query
                                            ? std::string(metadata::media_type)
                                            : std::string(metadata::media_type) + ", application/xml;q=0.9, */*;q=0.1");
    // Entities left out of it for their time may count now, and an unkept copy is tried again: it has to come whole.
    if (!slot.document || depends_on_time(slot) || slot.unkept != 0) return call;
    if (!slot.state.etag.empty()) call.headers.emplace_back("If-None-Match", slot.state.etag);
    if (!slot.state.last_modified.empty()) call.headers.emplace_back("If-Modified-Since", slot.state.last_modified);
    return call;
}

bool is_samlmetadata(const HttpHead& head) {
    const auto type = head.header("Content-Type");
    return type && media_type_in(*type) == metadata::media_type;
}

std::string keepable(const HttpHead& head, std::string_view field) {
    const auto value = head.header(field);
    return value && is_keepable(*value) ? std::string(*value) : std::string();
}

bool is_troubled(const HttpHead& head) noexcept {
    return head.status >= 500 || head.status == 429;
}

std::optional<std::chrono::seconds> freshness_of(const HttpHead& head) {
    const auto control = head.header("Cache-Control");
    return control ? freshness(*control) : std::nullopt;
}

}  // namespace slo::idp_adapter
