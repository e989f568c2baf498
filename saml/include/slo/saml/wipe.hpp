// Texts that must not outlive their use.
#pragma once

#include <string>
#include <utility>

namespace slo::saml {

/// wipe overwrites `text`, with all that it has room for, and empties it: for private keys and other secrets that were
/// read from a file. Its copies must be wiped separately.
void wipe(std::string& text) noexcept;

/// WipedText is a text that its destructor wipes.
struct WipedText {
    WipedText() = default;
    explicit WipedText(std::string its_text) noexcept : text(std::move(its_text)) {}
    WipedText(WipedText&& other) noexcept : text(std::move(other.text)) { wipe(other.text); }
    WipedText& operator=(WipedText&&) = delete;
    WipedText(const WipedText&) = delete;
    WipedText& operator=(const WipedText&) = delete;
    ~WipedText() { wipe(text); }

    std::string text;
};

}  // namespace slo::saml
