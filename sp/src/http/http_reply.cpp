#include "http_reply.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace slo::sp {
namespace {

bool is_visible(char c) noexcept {
    return c >= ' ' && c <= '~';
}

bool is_sound(const HttpReply& reply) noexcept {
    return reply.status >= 200 && reply.status <= 599 && std::ranges::all_of(reply.headers, [](const auto& header) {
               const auto& [name, value] = header;
               return !name.empty() && name.find_first_of(": ") == std::string::npos &&
                      std::ranges::all_of(name, is_visible) && std::ranges::all_of(value, is_visible);
           });
}

/// No client acts on a phrase (RFC 9112, 4), but it helps people who read a capture. Beast stays in http_server.cpp,
/// and the phrases of its 1.81 are RFC 7231's, where 413 and 422 have older names.
constexpr std::pair<int, std::string_view> reason_phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

std::string_view reason_phrase(int status) noexcept {
    const auto* found = std::ranges::find(reason_phrases, status, &std::pair<int, std::string_view>::first);
    return found == std::ranges::end(reason_phrases) ? std::string_view{} : found->second;
}

}  // namespace

std::string serialise(const HttpReply& reply, ReplyBody body, AfterReply after) {
    if (!is_sound(reply)) return serialise(error_reply(500), body, after);

    std::string octets;
    octets.reserve(512 + reply.body.size());
    octets += "HTTP/1.1 ";
    octets += std::to_string(reply.status);
    octets += ' ';
    octets += reason_phrase(reply.status);
    octets += "\r\n";
    for (const auto& [name, value] : reply.headers) {
        octets += name;
        octets += ": ";
        octets += value;
        octets += "\r\n";
    }
    // RFC 9110, 8.6: a 204 must have none, and that of a 304 would have to be the length of the client's copy.
    if (reply.status != 204 && reply.status != 304)
        octets += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
    octets += after == AfterReply::close ? "Connection: close\r\n\r\n" : "\r\n";
    if (body == ReplyBody::send) octets += reply.body;
    return octets;
}

HttpReply error_reply(int status) {
    return {.status = status,
            .headers = {{"Cache-Control", "no-cache, no-store, must-revalidate, private"}, {"Pragma", "no-cache"}},
            .body = {}};
}

}  // namespace slo::sp
