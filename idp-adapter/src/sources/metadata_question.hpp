// A source's request to its server: it may be running in another thread, while its source goes on.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string_view>

#include "document_cache.hpp"
#include "slo/idp_adapter/http_client.hpp"

namespace slo::idp_adapter {

/// MetadataQuestion is made by MetadataSource::begin and given back to finish(). A source has one at a time.
struct MetadataQuestion {
    std::size_t slot;  ///< of the source that asks
    HttpCall call;
    std::function<Result<HttpHead>(const HttpCall&, const BodySink&, const std::stop_token&)> exchange;
    ArrivingDocument arrived;  ///< the body
    Result<HttpHead> reply = Failure{make_error_code(HttpErrc::unreachable), "it couldn't be asked"};

    /// run asks. Blocks as long as the server does; `stop` ends it early. Uses nothing of its source but the client.
    void run(const std::stop_token& stop) {
        reply = exchange(
            call, [this](std::string_view octets) { return arrived.append(octets); }, stop);
    }
};

}  // namespace slo::idp_adapter
