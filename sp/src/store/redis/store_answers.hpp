// How the store writes arguments, and what it thinks of answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp::redis {

/// At least one millisecond: for the server, none is an error or means for ever.
[[nodiscard]] std::string text_of(std::chrono::milliseconds time);
[[nodiscard]] std::string text_of(Instant instant);

/// What a script or the server wrote as a number; nothing where it is none.
[[nodiscard]] std::optional<std::int64_t> number_in(std::string_view text) noexcept;

/// An array of at least `least` texts.
[[nodiscard]] bool is_list(const Reply& reply, std::size_t least) noexcept;
/// An array of texts that are pairs from `first` on.
[[nodiscard]] bool is_list_of_pairs(const Reply& reply, std::size_t first = 0) noexcept;

/// Where SCAN and its like go on: a number.
[[nodiscard]] bool is_scan_position(std::string_view text) noexcept;
/// What they answer: a position, and an array of texts.
[[nodiscard]] bool is_scan_step(const Reply& reply) noexcept;

/// The answer isn't one that the store's scripts give.
[[nodiscard]] Failure broken();
/// The server's own error: its code is a word of capitals, and what stands behind that isn't repeated.
[[nodiscard]] Failure refused_by_server(const Reply& error);

}  // namespace slo::sp::redis
