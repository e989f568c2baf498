// Text that must not outlive its use.
#pragma once

#include <string>
#include <utility>

namespace slo::saml {

/// wipe overwrites `text`, with all that it has room for, and empties it: for private keys and other secrets that were
/// read from a file. Copies that were made of it are their makers' to wipe.
void wipe(std::string& text) noexcept;

/// WipedText is a text that is wiped when it goes.
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
