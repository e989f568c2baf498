#include "strict_http.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace slo::fuzz {
namespace {

constexpr std::string_view crlf = "\r\n";
// More than the server takes: whatever it accepts is shorter.
constexpr std::size_t max_length = 1'000'000'000;

struct Line {
    std::string_view text;
    std::string_view rest;
};
std::optional<Line> line_of(std::string_view octets) {
    const auto end = octets.find(crlf);
    if (end == std::string_view::npos) return std::nullopt;
    return Line{octets.substr(0, end), octets.substr(end + crlf.size())};
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    return result;
}

std::string without_margins(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return std::string(text);
}

bool only(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}
constexpr std::string_view token_chars =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct Head {
    std::string target;     ///< its path and query
    std::string authority;  ///< of an absolute target, in lower case
    bool last = false;      ///< HTTP/1.0 or Connection: close
    bool is_1_0 = false;
    std::vector<std::string> hosts;
    std::vector<std::string> lengths;
    std::vector<std::string> codings;
};

/// Takes scheme and authority off an absolute target.
bool take_authority(Head& head) {
    if (head.target.starts_with('/')) return true;
    const std::string lowered = lower(head.target);
    const std::size_t begin = lowered.starts_with("http://") ? 7 : lowered.starts_with("https://") ? 8 : 0;
    if (begin == 0) return false;
    const std::size_t path = lowered.find('/', begin);
    head.authority = lowered.substr(begin, path - begin);
    head.target = path == std::string::npos ? "/" : head.target.substr(path);
    return only(head.authority, "0123456789abcdefghijklmnopqrstuvwxyz.-_:[]");
}

std::optional<Head> read_request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto second = line.rfind(' ');
    if (first == std::string_view::npos || first == second) return std::nullopt;
    Head head;
    head.target = line.substr(first + 1, second - first - 1);
    const auto version = line.substr(second + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return std::nullopt;
    if (!only(line.substr(0, first), token_chars) || !take_authority(head)) return std::nullopt;
    for (const char c : head.target) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet <= 0x20 || octet >= 0x7f) return std::nullopt;
    }
    head.is_1_0 = head.last = version == "HTTP/1.0";
    return head;
}

bool read_field(std::string_view line, Head& head) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !only(line.substr(0, colon), token_chars)) return false;
    const std::string name = lower(line.substr(0, colon));
    const std::string value = without_margins(line.substr(colon + 1));
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if ((octet < 0x20 && octet != '\t') || octet == 0x7f) return false;
    }
    if (name == "host") head.hosts.push_back(value);
    if (name == "content-length") head.lengths.push_back(value);
    if (name == "transfer-encoding") head.codings.push_back(lower(value));
    if (name != "connection") return true;
    std::string options = lower(value) + ",";
    for (std::size_t at = 0; (at = options.find(',')) != std::string::npos; options.erase(0, at + 1)) {
        if (without_margins(std::string_view(options).substr(0, at)) == "close") head.last = true;
    }
    return true;
}

/// chunked-body without extensions and trailers; takes it off `octets`.
std::optional<std::string> read_chunks(std::string_view& octets) {
    std::string body;
    while (true) {
        const auto line = line_of(octets);
        if (!line || !only(line->text, "0123456789abcdefABCDEF")) return std::nullopt;
        std::size_t size = 0;
        for (const char c : line->text) {
            size = size * 16 + std::string_view("0123456789abcdef").find(lower({&c, 1}));
            if (size > max_length) return std::nullopt;
        }
        octets = line->rest;
        if (octets.size() < size + crlf.size() || octets.substr(size, crlf.size()) != crlf) return std::nullopt;
        body += octets.substr(0, size);
        octets.remove_prefix(size + crlf.size());
        if (size == 0) return body;
    }
}

std::optional<std::string> read_body(const Head& head, std::string_view& octets) {
    if (!head.codings.empty()) {
        const bool clear = head.codings.size() == 1 && head.codings[0] == "chunked" && head.lengths.empty();
        return clear && !head.is_1_0 ? read_chunks(octets) : std::nullopt;
    }
    if (head.lengths.empty()) return std::string();
    if (head.lengths.size() > 1 || !only(head.lengths[0], "0123456789")) return std::nullopt;
    std::size_t length = 0;
    for (const char c : head.lengths[0]) {
        length = length * 10 + static_cast<std::size_t>(c - '0');
        if (length > max_length) return std::nullopt;
    }
    if (octets.size() < length) return std::nullopt;
    std::string body(octets.substr(0, length));
    octets.remove_prefix(length);
    return body;
}

std::optional<Head> read_head(std::string_view& octets) {
    auto line = line_of(octets);
    if (!line) return std::nullopt;
    auto head = read_request_line(line->text);
    if (!head) return std::nullopt;
    while ((line = line_of(line->rest))) {
        if (line->text.empty()) {
            octets = line->rest;
            const bool clear = head->hosts.size() == 1 || (head->hosts.empty() && head->is_1_0);
            const bool agree =
                head->authority.empty() || head->hosts.empty() || lower(head->hosts[0]) == head->authority;
            return clear && agree ? head : std::nullopt;
        }
        if (!read_field(line->text, *head)) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::vector<StrictRequest> strict_requests(std::string_view octets) {
    std::vector<StrictRequest> requests;
    while (!octets.empty()) {
        if (octets.starts_with(crlf)) octets.remove_prefix(crlf.size());
        const auto head = read_head(octets);
        if (!head) return requests;
        auto body = read_body(*head, octets);
        if (!body) return requests;
        requests.push_back({head->target, *std::move(body)});
        if (head->last) return requests;
    }
    return requests;
}

}  // namespace slo::fuzz
