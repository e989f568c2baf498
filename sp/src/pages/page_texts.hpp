// Every sentence of our pages, in every language.
#pragma once

#include <string_view>

#include "page_language.hpp"
#include "slo/sp/pages.hpp"

namespace slo::sp {

/// PageText is a text that doesn't depend on a code.
enum class PageText {
    refused_title,     ///< "Sign-in didn't work"
    logout_title,      ///< "Sign-out is not confirmed"; for PageTopic::logout and logout_unproven
    code_label,        ///< "Code"
    number_label,      ///< "Request number"
    try_again,         ///< a link
    idp_help,          ///< a link: the IdP's own page about errors
    chooser_title,     ///< "Where do you sign in?"
    chooser_remember,  ///< a checkbox
    chooser_empty,     ///< there is no IdP
    continue_title,    ///< of a page that goes on by itself
    continue_button,   ///< its button
    continue_hint,     ///< what to do if it doesn't
    logged_out_title,  ///< "You are signed out"
    logged_out_here,   ///< nothing more is known to this browser
    logged_out_everywhere,
    logged_out_partial,
    logged_out_local_only,
    logged_out_unknown,
    sign_in_again,  ///< a link
};
inline constexpr std::size_t page_texts = 19;

/// text returns plain text in UTF-8, to be escaped. Static storage.
[[nodiscard]] std::string_view text(PageText key, PageLanguage language) noexcept;
/// text returns the sentence about a refusal.
[[nodiscard]] std::string_view text(PageCode code, PageLanguage language) noexcept;

}  // namespace slo::sp
