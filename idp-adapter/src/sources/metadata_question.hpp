// What a source asks its server: it may be on its way in another thread, while its source goes on.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string_view>

#include "document_cache.hpp"
#include "slo/idp_adapter/http_client.hpp"
#include "slot_copies.hpp"

namespace slo::idp_adapter {

/// MetadataQuestion is made by MetadataSource::begin and given back to finish(). A source has one at a time.
struct MetadataQuestion {
    std::size_t slot;  ///< of the source: who asks
    HttpCall call;
    std::function<Result<HttpHead>(const HttpCall&, const BodySink&, const std::stop_token&)> exchange;
    ArrivingDocument arrived;  ///< the body
    Result<HttpHead> reply = source_failure(SourceErrc::not_asked, "there was no memory to ask the server");

    /// Asks. Blocks as long as the server does; `stop` ends it early. Touches nothing of its source but the client.
    void run(const std::stop_token& stop) {
        reply = exchange(
            call, [this](std::string_view octets) { return arrived.append(octets); }, stop);
    }
};

/// MetadataKeeping is made by MetadataSource::begin_keeping and given back to finish_keeping(). A source has one at a
/// time.
struct MetadataKeeping {
    const SlotCopies& copies;  ///< the source's
    Keepings all;

    /// Keeps them. Blocks as long as the disk does, whatever is asked to stop: what is in force must be kept.
    void run(const std::stop_token&) { copies.keep(all); }
};

}  // namespace slo::idp_adapter
