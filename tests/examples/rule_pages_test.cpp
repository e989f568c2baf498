// Each rule that the audit can name has a page in docs/rules, and no page is of anything else. The enumerations and the
// sources say which rules there are; docs/rules/README.md and saml-slo explain show the pages.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "desk.hpp"
#include "slo/idp_adapter/http_client.hpp"
#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/metadata/error.hpp"
#include "slo/saml/assertion_error.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/configuration_error.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/server_error.hpp"
#include "slo/sp/session_store.hpp"
#include "slo/sp/sign_on_error.hpp"
#include "slo/sp/store_error.hpp"

using namespace slo;
using namespace slo::test;

namespace {

using Rules = std::set<std::string>;

constexpr std::size_t widest_line = 76;  // explain puts up to four blanks before it

const std::vector<std::string> headings{"## What the IdP sees", "## Likely causes", "## How to confirm",
                                        "## How to mend", "## May a session still be alive?"};

fs::path folder_of_pages() {
    return fs::path(SLO_SOURCE_DIR) / "docs/rules";
}

/// The names of the enumerators from 1 on, up to the name of the numbers beyond the last one.
Rules named_by(const std::function<std::string(int)>& name) {
    Rules rules;
    for (int i = 1;; ++i) {
        const std::string rule = name(i);
        const bool is_beyond = rule == "http" || rule.ends_with(".unknown");
        if (is_beyond || !rules.insert(rule).second) return rules;
    }
}

template <class... Codes>
Rules rules_of_enumerations() {
    Rules rules;
    (rules.merge(named_by([](int i) { return make_error_code(static_cast<Codes>(i)).message(); })), ...);
    return rules;
}

Rules rules_of_all_enumerations() {
    Rules rules = rules_of_enumerations<saml::Errc, saml::KeyErrc, saml::AssertionErrc, metadata::Errc,
                                        idp_adapter::HttpErrc, idp_adapter::SourceErrc, idp_adapter::ReplyErrc,
                                        sp::StoreErrc, sp::LogoutErrc, sp::AdmissionErrc, sp::SignOnErrc, sp::StartErrc,
                                        sp::ServerErrc, sp::ConfigurationErrc>();
    rules.merge(named_by([](int i) { return std::string(name(static_cast<sp::HttpRule>(i))); }));
    rules.merge(named_by([](int i) { return std::string(name(static_cast<sp::NearMiss::Kind>(i - 1))); }));
    return rules;
}

/// Two words with a dot between them, which aren't the name of a file or of an error category.
bool is_rule_literal(std::string_view text) {
    static const std::set<std::string_view> not_of_rules{"db",      "localdomain", "lock",    "log",
                                                         "reserve", "toml",        "unknown", "xml"};
    const std::size_t dot = text.find('.');
    if (dot == 0 || dot == std::string_view::npos || dot + 1 == text.size()) return false;
    const auto is_of_words = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    };
    const bool is_words = text.front() >= 'a' && std::ranges::all_of(text, is_of_words);
    return is_words && text.find('.', dot + 1) == std::string_view::npos && !text.starts_with("slo.") &&
           !not_of_rules.contains(text.substr(dot + 1));
}

void collect_literals(const std::string& source, Rules& rules) {
    std::istringstream lines(source);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#include") || line.find_first_not_of(' ') == line.find("//")) continue;
        for (std::size_t open = line.find('"'); open != std::string::npos; open = line.find('"', open + 1)) {
            const std::string_view text = std::string_view(line).substr(open + 1);
            if (is_rule_literal(text.substr(0, text.find('"')))) rules.emplace(text.substr(0, text.find('"')));
        }
    }
}

/// Rules that have no enumerator, such as "application.failed", are in the sources as they are in the audit.
Rules rules_of_the_sources() {
    Rules rules{"other"};  // of a code that another library or a host has defined
    for (const char* const folder :
         {"saml/src", "metadata/src", "idp-adapter/net", "idp-adapter/src", "sp/src", "sp/daemon"}) {
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(SLO_SOURCE_DIR) / folder)) {
            const auto extension = entry.path().extension();
            if (extension == ".cpp" || extension == ".hpp") collect_literals(content_of(entry.path()), rules);
        }
    }
    return rules;
}

/// By rule.
std::map<std::string, std::string> pages() {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_of_pages())) {
        const std::string file = entry.path().filename();
        if (file != "README.md") found[file.substr(0, file.rfind(".md"))] = content_of(entry.path());
    }
    return found;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// The paragraph below the title, in one line.
std::string meaning_of(const std::string& page) {
    const auto lines = lines_of(page);
    std::string meaning;
    for (std::size_t i = 2; i < lines.size() && !lines[i].empty(); ++i) meaning += (i > 2 ? " " : "") + lines[i];
    return meaning;
}

std::vector<std::string> headings_of(const std::string& page) {
    std::vector<std::string> found;
    bool is_command = false;
    for (const std::string& line : lines_of(page)) {
        if (line.starts_with("```")) is_command = !is_command;
        if (!is_command && line.starts_with('#')) found.push_back(line);
    }
    return found;
}

/// The text below a heading, up to the next one.
std::string section_of(const std::string& page, const std::string& heading) {
    const std::size_t begin = page.find("\n" + heading + "\n") + heading.size() + 2;
    return page.substr(begin, page.find("\n## ", begin) - begin);
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line);
    return {std::istream_iterator<std::string>(stream), {}};
}

/// "metadata", but neither "idp.xml" nor "--config".
bool is_command_word(const std::string& word) {
    return !word.starts_with('-') && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rule_pages)

BOOST_AUTO_TEST_CASE(each_rule_has_a_page_and_each_page_a_rule) {
    Rules rules = rules_of_all_enumerations();
    BOOST_TEST(rules.size() > 160);
    rules.merge(rules_of_the_sources());
    const auto all = pages();
    for (const std::string& rule : rules) {
        BOOST_TEST(all.contains(rule), "docs/rules/" + rule + ".md is missing: write what the rule means");
    }
    for (const auto& [rule, page] : all) BOOST_TEST(rules.contains(rule), "docs/rules/" + rule + ".md is of no rule");
}

BOOST_AUTO_TEST_CASE(each_page_has_its_headings_in_their_order) {
    for (const auto& [rule, page] : pages()) {
        BOOST_TEST_CONTEXT("docs/rules/" << rule << ".md") {
            std::vector<std::string> expected{"# " + rule};
            expected.insert(expected.end(), headings.begin(), headings.end());
            const auto found = headings_of(page);
            BOOST_TEST(found == expected, boost::test_tools::per_element());
            BOOST_TEST(meaning_of(page).ends_with('.'));
            for (const std::string& heading : headings) BOOST_TEST(section_of(page, heading).size() > 20, heading);
            BOOST_TEST((section_of(page, "## Likely causes").find("\n1. ") != std::string::npos));
            BOOST_TEST((section_of(page, "## How to confirm").find("\n```sh\n") != std::string::npos));
        }
    }
}

BOOST_AUTO_TEST_CASE(each_page_fits_a_terminal_and_a_reader) {
    for (const auto& [rule, page] : pages()) {
        BOOST_TEST_CONTEXT("docs/rules/" << rule << ".md") {
            const auto lines = lines_of(page);
            BOOST_TEST(lines.size() <= 60);
            for (const std::string& line : lines) {
                const bool is_plain = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
                BOOST_TEST((is_plain && line.size() <= widest_line), line);
                const bool has_other_marks =
                    line.find("](") != std::string::npos || line.find("**") != std::string::npos;
                BOOST_TEST(!has_other_marks, line);  // explain would print them as they are
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_index_has_each_page_with_its_meaning) {
    std::vector<std::string> expected;
    for (const auto& [rule, page] : pages()) {
        expected.push_back("| [" + rule + "](" + rule + ".md) | " + meaning_of(page) + " |");
    }
    std::vector<std::string> found;
    for (const std::string& line : lines_of(content_of(folder_of_pages() / "README.md"))) {
        if (line.starts_with("| [")) found.push_back(line);
    }
    std::ranges::sort(expected);
    std::ranges::sort(found);
    BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_command_of_the_tool_on_a_page_exists) {
    std::map<std::string, Rules> options_of;
    for (const auto& [rule, page] : pages()) {
        for (const std::string& line : lines_of(page)) {
            if (!line.starts_with("saml-slo ")) continue;
            const std::vector<std::string> words = words_of(line.substr(0, line.find('|')));
            std::string command;
            for (const std::string& word : words) {
                if (!is_command_word(word)) break;
                command += word + " ";
            }
            auto& options = options_of[command];
            std::ranges::copy_if(words, std::inserter(options, options.end()),
                                 [](const std::string& word) { return word.starts_with("--"); });
        }
    }
    BOOST_TEST(options_of.size() > 3);
    const Desk desk;
    for (const auto& [command, options] : options_of) {
        const std::string help = desk.run(command.substr(std::string_view("saml-slo ").size()) + "--help").out;
        BOOST_TEST((help.find("Usage: " + command) != std::string::npos), command);
        for (const std::string& option : options)
            BOOST_TEST((help.find(option) != std::string::npos), command + option);
    }
}

BOOST_AUTO_TEST_CASE(the_tool_has_the_same_pages) {
    const Desk desk;
    BOOST_REQUIRE(desk.run("--json explain").code == 0);
    std::string expected;
    for (const auto& [rule, page] : pages()) expected += (expected.empty() ? "" : " ") + rule;
    BOOST_TEST(desk.json("*sorted(i['rule'] for i in it['rules'])") == expected);
    for (const std::string rule : {"sig.invalid", "config", "near_miss.format"}) {
        BOOST_REQUIRE(desk.run("--json explain " + rule).code == 0);
        BOOST_TEST(desk.json("it['page']") + "\n" == pages().at(rule));
    }
}

BOOST_AUTO_TEST_CASE(a_page_is_printed_as_plain_text) {
    const Desk desk;
    const Run shown = desk.run("explain sig.invalid");
    BOOST_TEST(shown.code == 0);
    BOOST_TEST(shown.out.starts_with("sig.invalid\n\n  "));
    BOOST_TEST((shown.out.find("\nHow to mend\n\n  ") != std::string::npos));
    BOOST_TEST((shown.out.find("\n    saml-slo metadata show ") != std::string::npos));
    BOOST_TEST((shown.out.find('`') == std::string::npos));
    for (const std::string& line : lines_of(shown.out)) BOOST_TEST(line.size() <= 80, line);
    desk.check("explain", 0, "\nsig.invalid\n  ");
}

BOOST_AUTO_TEST_CASE(an_unknown_rule_gets_the_names_near_it) {
    const Desk desk;
    desk.check("explain sig.invlaid", 2, "", "no rule is called sig.invlaid; near it: sig.invalid\n");
    desk.check("explain expired", 2, "", "near it: check.metadata_expired meta.expired");
    desk.check("explain issue_instant", 2, "", "near it: check.issue_instant reply.issue_instant\n");
    desk.check("explain isue_instant", 2, "", "near it: check.issue_instant reply.issue_instant\n");
    desk.check("explain xyzzyplugh", 2, "", "no rule is called xyzzyplugh; saml-slo explain lists the rules\n");
    desk.check("explain sig.invalid sig.missing", 2, "", "saml-slo --help");
}

BOOST_AUTO_TEST_SUITE_END()
