// What all pages have in common: the document around their content, and the headers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "page_language.hpp"
#include "slo/sp/http.hpp"

namespace slo::sp {

/// PageScript says whether a page has the one script that we have: it submits the form.
enum class PageScript { none, submits };

/// PageFrame is a page without its content.
struct PageFrame {
    PageLanguage language;
    std::string_view title;  ///< also its h1
    int status = 200;
    PageScript script = PageScript::none;
    std::vector<std::string> form_origins =
        {};                                   ///< where its form, and the redirects behind it, may lead; none: no form
    std::vector<std::string> framed_by = {};  ///< origins; none: it is shown in no frame
    std::string_view referrer_policy = "no-referrer";
};

/// framed_page returns the page with this `content`, which is HTML: everything in it is escaped already.
[[nodiscard]] HttpReply framed_page(const PageFrame& frame, std::string_view content);

}  // namespace slo::sp
