#include "slo/sp/http.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace slo::sp {
namespace {

// Field names are ASCII; std::tolower would ask the locale.
char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

struct Signal {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
};

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const noexcept {
    std::optional<std::string_view> found;
    for (const auto& [key, value] : headers) {
        if (!same_name(key, name)) continue;
        if (found) return std::nullopt;
        found = value;
    }
    return found;
}

std::size_t HttpRequest::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(headers, [name](const auto& header) { return same_name(header.first, name); }));
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
