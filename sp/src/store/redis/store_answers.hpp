// How the store writes arguments, and how it judges answers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/redis_session_store.hpp"

namespace slo::sp::redis {

/// text_of writes at least one millisecond: to the server, 0 is an error or means for ever.
[[nodiscard]] std::string text_of(std::chrono::milliseconds time);
[[nodiscard]] std::string text_of(Instant instant);

/// number_in reads a number that a script or the server wrote; std::nullopt for any other text.
[[nodiscard]] std::optional<std::int64_t> number_in(std::string_view text) noexcept;

/// is_list accepts an array of at least `least` texts.
[[nodiscard]] bool is_list(const Reply& reply, std::size_t least) noexcept;
/// is_list_of_pairs accepts an array of texts that are pairs from `first` on.
[[nodiscard]] bool is_list_of_pairs(const Reply& reply, std::size_t first = 0) noexcept;

/// is_scan_position accepts a number: the place where SCAN and its like go on.
[[nodiscard]] bool is_scan_position(std::string_view text) noexcept;
/// is_scan_step accepts their answer: a position, and an array of texts.
[[nodiscard]] bool is_scan_step(const Reply& reply) noexcept;

/// broken is for an answer that the store's scripts never give.
[[nodiscard]] Failure broken();
/// ReplicaRule is what a store wants of its replicas.
struct ReplicaRule {
    unsigned replicas;
    ReplicaShortfall shortfall;
    std::string_view written;  ///< "the logout", in a refusal
};
/// reply_in returns the reply of `answer`, whose request wanted `asked`, and counts a shortfall. Errors: the server's
/// own error, as refused_by_server(); StoreErrc::store_failed if fewer replicas than `rule` wants have what was
/// written.
[[nodiscard]] Result<Reply> reply_in(Result<Answer> answer, Acknowledgement asked, const ReplicaRule& rule,
                                     std::atomic<std::uint64_t>& shortfalls);

/// refused_by_server is for the server's own error: its code is a word of capitals; the text behind it isn't repeated.
[[nodiscard]] Failure refused_by_server(const Reply& error);

}  // namespace slo::sp::redis
