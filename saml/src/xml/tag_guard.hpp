// A bound for start tags, before libxml2 compares their attributes with each other.
#pragma once

#include <cstddef>
#include <string_view>

namespace slo::saml {

/// TagGuard follows markup just far enough to know where tags begin and end. Octets come in pieces of any size.
class TagGuard {
public:
    explicit TagGuard(std::size_t longest) noexcept : longest_(longest) {}

    /// pass returns false once a tag is too long. Comments, CDATA sections and processing instructions are no tags.
    [[nodiscard]] bool pass(std::string_view octets) noexcept;

private:
    enum class In { text, opening, tag, single_quotes, double_quotes, comment, cdata, instruction };

    [[nodiscard]] bool in_tag() const noexcept;
    /// Where from `from` on the first octet stands that changes anything but a tag's length; the size, if none does.
    [[nodiscard]] std::size_t next_step(std::string_view octets, std::size_t from) const noexcept;
    void step(char c) noexcept;
    void open_with(char c) noexcept;
    /// Whether `c` completes `terminator`, of which `matched_` octets have been seen.
    [[nodiscard]] bool completes(std::string_view terminator, char c) noexcept;

    std::size_t longest_;
    std::size_t length_ = 0;
    std::size_t matched_ = 0;
    char opening_[8] = {};  ///< what followed '<' so far
    std::size_t opened_ = 0;
    In in_ = In::text;
};

}  // namespace slo::saml
