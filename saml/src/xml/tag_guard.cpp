#include "tag_guard.hpp"

#include <algorithm>

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

bool TagGuard::in_tag() const noexcept {
    return in_ == In::tag || in_ == In::single_quotes || in_ == In::double_quotes;
}

std::size_t TagGuard::next_step(std::string_view octets, std::size_t from) const noexcept {
    const auto ends_run = [](char c) { return c == '>' || c == '"' || c == '\''; };
    switch (in_) {
        case In::text:
            return std::min(octets.find('<', from), octets.size());
        case In::double_quotes:
            return std::min(octets.find('"', from), octets.size());
        case In::single_quotes:
            return std::min(octets.find('\'', from), octets.size());
        case In::tag:
            while (from < octets.size() && !ends_run(octets[from])) ++from;
            return from;
        case In::opening:
        case In::comment:
        case In::cdata:
        case In::instruction:
            return from;
    }
    return from;
}

bool TagGuard::pass(std::string_view octets) noexcept {
    const auto is_too_long = [this] { return in_tag() && length_ > longest_; };
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const std::size_t next = next_step(octets, i);
        if (in_tag()) length_ += next - i;
        if (is_too_long()) return false;
        if (next == octets.size()) return true;
        i = next;
        step(octets[i]);
        if (is_too_long()) return false;
    }
    return true;
}

}  // namespace slo::saml
