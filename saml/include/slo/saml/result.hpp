// Result<T>: a value, or the reason why there is none. Used by all folders.
#pragma once

#include <cassert>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace slo {

/// Failure names the rule that was broken. `code` decides what happens next; `detail` is for operators only:
/// it may name a file, a line or a library's message, never a NameID, a key or a byte of the peer's text.
struct Failure {
    std::error_code code;
    std::string detail;
};

/// Result holds a T or a Failure. It can't be ignored, and reading the wrong side is a bug (asserts).
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] T& value() & {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] const T& value() const& {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T&& value() && {
        assert(has_value());
        return std::move(*std::get_if<0>(&state_));
    }

    [[nodiscard]] const Failure& error() const& {
        assert(!has_value());
        return *std::get_if<1>(&state_);
    }
    [[nodiscard]] Failure&& error() && {
        assert(!has_value());
        return std::move(*std::get_if<1>(&state_));
    }

private:
    std::variant<T, Failure> state_;
};

/// Done makes Result<void>: done, or a Failure. `return Done{};` is success.
struct Done {};
template <>
class [[nodiscard]] Result<void> : public Result<Done> {
public:
    using Result<Done>::Result;
    Result() : Result<Done>(Done{}) {}
};

}  // namespace slo
