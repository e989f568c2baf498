// The head of an HTTP/1.1 request, read strictly (RFC 9112), before Beast sees it.
//
// Beast 1.81 takes `Transfer-Encoding: xchunked` or `gzip` for an empty body, accepts Transfer-Encoding with HTTP/1.0,
// obs-fold, and a missing or repeated Host. Each of them lets a proxy and us disagree about where a request ends, so
// framing is decided here and nowhere else.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "slo/sp/http.hpp"

namespace slo::sp {

/// Refusal is the status of an error reply, and the audit's detail. The connection closes after it: where the
/// next request begins is unknown.
struct Refusal {
    int status;
    HttpRule rule;
    std::string_view right;  ///< what would have been right; static storage
    std::size_t most = 0;    ///< the number at its end; 0: it has none
};

[[nodiscard]] constexpr Refusal too_large(std::size_t max_octets) noexcept {
    return {413, HttpRule::size, "a body's most octets are", max_octets};
}

/// How the body is delimited (RFC 9112, 6.3). A request without Content-Length and Transfer-Encoding has none.
enum class Framing { content_length, chunked };

/// RequestHead is the server's own part of a head.
struct RequestHead {
    Framing framing = Framing::content_length;
    std::size_t content_length = 0;
    bool keep_alive = true;
    bool expects_continue = false;
};

struct HeadRules {
    std::size_t max_fields;
    std::size_t max_body_octets;
    std::span<const std::string> hosts;  ///< lower case; empty: any
};

/// HeadScan finds the end of a head while its octets arrive, and reads each octet once. It refuses octets that no
/// parser may see: NUL and other controls, bare CR, bare LF (RFC 9112, 2.2).
class HeadScan {
public:
    explicit HeadScan(std::size_t max_octets) noexcept : max_octets_(max_octets) {}

    struct Incomplete {};
    /// Complete is the place of the head in the scanned octets, its empty line included.
    struct Complete {
        std::size_t begin;
        std::size_t end;
    };
    using State = std::variant<Incomplete, Complete, Refusal>;

    /// scan gets everything since the last request, each time with more at its end. One leading empty line is skipped
    /// (RFC 9112, 2.2). Refusals: 400, 431.
    [[nodiscard]] State scan(std::string_view octets) noexcept;

private:
    [[nodiscard]] bool allowed(char octet) const noexcept;
    [[nodiscard]] Refusal refuse(char octet) const noexcept;

    std::size_t max_octets_;
    std::size_t begin_ = 0;
    std::size_t line_ = 0;
    std::size_t position_ = 0;
    char previous_ = '\0';
};

/// origin_form is the path and query of a target that read_head() let pass, whichever form it came in. It borrows.
[[nodiscard]] std::string_view origin_form(std::string_view target) noexcept;

/// read_head reads a complete head that HeadScan let pass.
/// Refusals: 400, 413, 417 (Expect), 421 (Host isn't ours), 431 (too many fields), 501 (transfer coding), 505
/// (version).
[[nodiscard]] std::variant<RequestHead, Refusal> read_head(std::string_view octets, const HeadRules& rules);

}  // namespace slo::sp
