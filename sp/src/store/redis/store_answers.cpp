#include "store_answers.hpp"

#include <algorithm>
#include <charconv>

#include "slo/sp/store_error.hpp"

namespace slo::sp::redis {

std::string text_of(std::chrono::milliseconds time) {
    return std::to_string(std::max<std::chrono::milliseconds::rep>(time.count(), 1));
}

std::string text_of(Instant instant) {
    return std::to_string(instant.time_since_epoch().count());
}

std::optional<std::int64_t> number_in(std::string_view text) noexcept {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool is_list(const Reply& reply, std::size_t least) noexcept {
    return reply.kind == Reply::Kind::array && reply.elements.size() >= least &&
           std::ranges::all_of(reply.elements, [](const Reply& one) { return one.kind == Reply::Kind::text; });
}

bool is_list_of_pairs(const Reply& reply, std::size_t first) noexcept {
    return is_list(reply, first) && reply.elements.size() % 2 == first % 2;
}

bool is_scan_position(std::string_view text) noexcept {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_scan_step(const Reply& reply) noexcept {
    return reply.elements.size() == 2 && is_scan_position(reply.elements[0].text) && is_list(reply.elements[1], 0);
}

Result<Reply> reply_in(Result<Answer> answer, Acknowledgement asked, const ReplicaRule& rule,
                       std::atomic<std::uint64_t>& shortfalls) {
    if (!answer) return std::move(answer).error();
    if (answer->reply.kind == Reply::Kind::error) return refused_by_server(answer->reply);
    if (asked == Acknowledgement::replicas && answer->replicas < rule.replicas) {
        ++shortfalls;
        if (rule.shortfall == ReplicaShortfall::refuse) {
            return fail(StoreErrc::store_failed,
                        std::string("fewer replicas than asked for have ").append(rule.written));
        }
    }
    return std::move(answer->reply);
}

Failure broken() {
    return fail(StoreErrc::store_failed, "the server answered something else than the store's scripts do");
}

Failure refused_by_server(const Reply& error) {
    if (error.text.starts_with("OOM")) return fail(StoreErrc::store_full, "the server has no memory left");
    constexpr std::size_t longest_code = 20;
    const auto end = std::ranges::find_if(error.text, [](char c) { return c < 'A' || c > 'Z'; });
    const std::string code(error.text.begin(), end);
    return fail(StoreErrc::store_failed, "the server refused" + (code.size() <= longest_code ? ": " + code : ""));
}

}  // namespace slo::sp::redis
