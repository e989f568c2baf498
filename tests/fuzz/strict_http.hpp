// A second reader of HTTP/1.1 requests (RFC 9112), which has all octets at once and no state: the judge of the one that
// gets them piece by piece.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slo::fuzz {

struct StrictRequest {
    std::string target;
    std::string body;
    friend bool operator==(const StrictRequest&, const StrictRequest&) = default;
};

/// The requests that `octets` hold beyond doubt, up to the first that is doubtful, is incomplete, or ends the
/// connection. What is doubtful: anything that two readers of RFC 9112 could delimit differently.
[[nodiscard]] std::vector<StrictRequest> strict_requests(std::string_view octets);

}  // namespace slo::fuzz
