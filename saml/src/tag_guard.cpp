#include "tag_guard.hpp"

namespace slo::saml {
namespace {

constexpr std::string_view comment_start = "!--";
constexpr std::string_view cdata_start = "![CDATA[";

}  // namespace

bool TagGuard::completes(std::string_view terminator, char c) noexcept {
    // All three terminators are a repeated first octet and '>': "-->", "]]>" and "?>".
    if (c == terminator.front()) {
        if (matched_ + 1 < terminator.size()) ++matched_;
        return false;
    }
    const bool complete = c == '>' && matched_ + 1 == terminator.size();
    matched_ = 0;
    return complete;
}

/// Between '<' and the octet that says what begins there.
void TagGuard::open_with(char c) noexcept {
    opening_[opened_++] = c;
    const std::string_view seen(opening_, opened_);
    matched_ = 0;
    if (seen == "?") {
        in_ = In::instruction;
    } else if (seen == comment_start) {
        in_ = In::comment;
    } else if (seen == cdata_start) {
        in_ = In::cdata;
    } else if (!comment_start.starts_with(seen) && !cdata_start.starts_with(seen)) {
        in_ = In::tag;
        length_ = opened_;
        if (c == '>') in_ = In::text;
        if (c == '"') in_ = In::double_quotes;
        if (c == '\'') in_ = In::single_quotes;
    }
}

void TagGuard::step(char c) noexcept {
    switch (in_) {
        case In::text:
            if (c != '<') return;
            in_ = In::opening;
            opened_ = 0;
            return;
        case In::opening:
            return open_with(c);
        case In::tag:
            ++length_;
            if (c == '>') in_ = In::text;
            if (c == '"') in_ = In::double_quotes;
            if (c == '\'') in_ = In::single_quotes;
            return;
        case In::double_quotes:
            ++length_;
            if (c == '"') in_ = In::tag;
            return;
        case In::single_quotes:
            ++length_;
            if (c == '\'') in_ = In::tag;
            return;
        case In::comment:
            if (completes("-->", c)) in_ = In::text;
            return;
        case In::cdata:
            if (completes("]]>", c)) in_ = In::text;
            return;
        case In::instruction:
            if (completes("?>", c)) in_ = In::text;
            return;
    }
}

bool TagGuard::pass(std::string_view octets) noexcept {
    std::size_t i = 0;
    while (i < octets.size()) {
        if (in_ == In::text) {
            i = octets.find('<', i);
            if (i == std::string_view::npos) return true;
        }
        step(octets[i]);
        ++i;
        const bool in_tag = in_ == In::tag || in_ == In::single_quotes || in_ == In::double_quotes;
        if (in_tag && length_ > longest_) return false;
    }
    return true;
}

}  // namespace slo::saml
