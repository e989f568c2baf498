#include "slo/sp/http.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "content_type.hpp"
#include "http_fields.hpp"

namespace slo::sp {
namespace {

struct Signal {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
};

}  // namespace

std::string_view name(HttpRule rule) noexcept {
    switch (rule) {
        case HttpRule::path:
            return "http.path";
        case HttpRule::method:
            return "http.method";
        case HttpRule::content_type:
            return "http.content_type";
        case HttpRule::content_coding:
            return "http.content_coding";
        case HttpRule::size:
            return "http.size";
        case HttpRule::head:
            return "http.head";
        case HttpRule::body:
            return "http.body";
        case HttpRule::framing:
            return "http.framing";
        case HttpRule::host:
            return "http.host";
        case HttpRule::fields:
            return "http.fields";
        case HttpRule::version:
            return "http.version";
        case HttpRule::expectation:
            return "http.expectation";
        case HttpRule::timeout:
            return "http.timeout";
        case HttpRule::closed:
            return "http.closed";
        case HttpRule::connections:
            return "http.connections";
        case HttpRule::tls_handshake:
            return "tls.handshake";
    }
    return "http";
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const noexcept {
    return idp_adapter::only_value(headers, name);
}

std::size_t HttpRequest::count(std::string_view name) const noexcept {
    return idp_adapter::count_of(headers, name);
}

std::optional<std::string> HttpRequest::media_type() const {
    const auto field = header("Content-Type");
    auto type = field ? idp_adapter::ContentType::parse(*field) : std::nullopt;
    if (!type || !type->is_utf8()) return std::nullopt;
    return std::move(type->media_type);
}

bool HttpRequest::is_form() const {
    const auto field = header("Content-Type");
    const auto type = field ? idp_adapter::ContentType::parse(*field) : std::nullopt;
    return type && type->media_type == idp_adapter::form_media_type && idp_adapter::reads_as_utf8(*type, body);
}

HttpReply wait_for(HttpStep step) {
    auto* pending = std::get_if<PendingReply>(&step);
    if (!pending) return std::get<HttpReply>(std::move(step));

    // Shared with `done`, which may be called long after this function has returned.
    const auto signal = std::make_shared<Signal>();
    const auto deadline = std::chrono::steady_clock::now() + pending->budget;
    pending->start([signal] {
        const std::lock_guard lock(signal->mutex);
        signal->done = true;
        signal->changed.notify_one();
    });
    {
        std::unique_lock lock(signal->mutex);
        signal->changed.wait_until(lock, deadline, [&] { return signal->done; });
    }
    return pending->finish();
}

}  // namespace slo::sp
