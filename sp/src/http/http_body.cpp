#include "http_body.hpp"

#include <algorithm>

namespace slo::sp {
namespace {

// Room for a thousand chunks. Without it, chunks of one octet would cost six times the body limit.
constexpr std::size_t max_framing_octets = 16 * 1024;
constexpr std::size_t max_chunk_size = 0x0fff'ffff;
constexpr unsigned max_chunk_size_digits = 16;  // leading zeros count

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

RequestBody::RequestBody(const RequestHead& head, std::size_t max_octets)
    : state_(head.framing == Framing::chunked ? State::size_first
                                              : (head.content_length > 0 ? State::sized : State::complete)),
      max_octets_(max_octets),
      left_(head.content_length) {
    octets_.reserve(head.content_length);
}

std::variant<std::size_t, Refusal> RequestBody::take(std::string_view input) {
    std::size_t taken = 0;
    while (taken < input.size() && !complete()) {
        if (state_ == State::sized) {
            taken += take_data(input.substr(taken), State::complete);
        } else if (state_ == State::data) {
            taken += take_data(input.substr(taken), State::data_cr);
        } else {
            if (++framing_octets_ > max_framing_octets) {
                return Refusal{413, HttpRule::size, "the most octets between a body's chunks are", max_framing_octets};
            }
            if (!take_framing(input[taken])) {
                return Refusal{400, HttpRule::body,
                               "a chunk is its size in hexadecimal and its octets, each with CR LF"};
            }
            ++taken;
            if (state_ == State::data && left_ > max_octets_ - octets_.size()) return too_large(max_octets_);
        }
    }
    return taken;
}

std::size_t RequestBody::take_data(std::string_view input, State next) {
    const auto size = std::min(left_, input.size());
    octets_.append(input.substr(0, size));
    left_ -= size;
    if (left_ == 0) state_ = next;
    return size;
}

/// chunk = chunk-size CRLF chunk-data CRLF; last-chunk = "0" CRLF CRLF (RFC 9112, 7.1, without its optional parts).
bool RequestBody::take_framing(char octet) noexcept {
    const auto expect = [&](char expected, State next) {
        state_ = next;
        return octet == expected;
    };
    switch (state_) {
        case State::size_first:
            left_ = 0;
            size_digits_ = 0;
            state_ = State::size;
            return take_size_digit(octet);
        case State::size:
            return octet == '\r' ? expect('\r', State::size_lf) : take_size_digit(octet);
        case State::size_lf:
            return expect('\n', left_ > 0 ? State::data : State::end_cr);
        case State::data_cr:
            return expect('\r', State::data_lf);
        case State::data_lf:
            return expect('\n', State::size_first);
        case State::end_cr:
            return expect('\r', State::end_lf);
        case State::end_lf:
            return expect('\n', State::complete);
        case State::sized:
        case State::data:
        case State::complete:
            break;
    }
    return false;
}

bool RequestBody::take_size_digit(char octet) noexcept {
    const int digit = hex_value(octet);
    if (digit < 0) return false;
    left_ = left_ * 16 + static_cast<std::size_t>(digit);
    return left_ <= max_chunk_size && ++size_digits_ <= max_chunk_size_digits;
}

}  // namespace slo::sp
