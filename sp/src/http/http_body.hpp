// The body of an HTTP/1.1 request, decoded as it arrives (RFC 9112, sections 6 and 7).
//
// Beast's own decoder isn't used: in 1.81 it accepts chunk extensions of 100 KB, and a trailer field above 64 KiB makes
// it throw. Here both don't exist: no IdP sends them, and a proxy may read them differently than we do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "http_head.hpp"

namespace slo::sp {

class RequestBody {
public:
    RequestBody(const RequestHead& head, std::size_t max_octets);

    /// take consumes octets from the front of `input` and returns how many; the rest belongs to the next request.
    /// Refusals: 400 (malformed chunk, chunk extension, trailer), 413 (over `max_octets`, or mostly chunk headers).
    [[nodiscard]] std::variant<std::size_t, Refusal> take(std::string_view input);
    [[nodiscard]] bool complete() const noexcept { return state_ == State::complete; }
    [[nodiscard]] std::string release() noexcept { return std::move(octets_); }

private:
    enum class State { sized, size_first, size, size_lf, data, data_cr, data_lf, end_cr, end_lf, complete };

    [[nodiscard]] std::size_t take_data(std::string_view input, State next);
    [[nodiscard]] bool take_framing(char octet) noexcept;
    [[nodiscard]] bool take_size_digit(char octet) noexcept;

    State state_;
    std::size_t max_octets_;
    std::size_t left_;  ///< of the body or of this chunk
    unsigned size_digits_ = 0;
    std::size_t framing_octets_ = 0;
    std::string octets_;
};

}  // namespace slo::sp
