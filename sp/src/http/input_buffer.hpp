// Octets that have arrived and wait to be read, in one block of fixed size.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace slo::sp {

/// InputBuffer belongs to one connection and starts zeroed: no octet of another peer can be in it.
class InputBuffer {
public:
    explicit InputBuffer(std::size_t capacity) : octets_(capacity) {}

    [[nodiscard]] std::string_view unread() const noexcept { return {octets_.data() + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    void consume(std::size_t count) noexcept {
        begin_ += count;
        if (empty()) begin_ = end_ = 0;
    }

    /// space returns the place for the next octets. Moves unread octets to the front, so views of unread() end here.
    [[nodiscard]] std::span<char> space() noexcept {
        if (begin_ > 0) {
            std::memmove(octets_.data(), octets_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        return std::span(octets_).subspan(end_);
    }
    void received(std::size_t count) noexcept { end_ += count; }

private:
    std::vector<char> octets_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace slo::sp
