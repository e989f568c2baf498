// The pages that browsers get: nothing of a message becomes markup or a link.
#include <openssl/sha.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "html.hpp"
#include "page_texts.hpp"
#include "post_page.hpp"
#include "slo/saml/base64.hpp"
#include "slo/sp/pages.hpp"
#include "values.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

const auto start_url = parsed<saml::EndpointUrl>("https://sp.example.com/login");
const auto acs = parsed<saml::EndpointUrl>("https://sp.example.com:8443/saml/acs");
const auto idp_sso = parsed<saml::EndpointUrl>("https://idp1.example.org/sso?tenant='x'&y=1");
const TargetRules at_the_root{.origin = start_url, .others = {}};

constexpr std::string_view hostile = "\"'><script>alert(1)</script></form>&amp;\t\r\n\xE2\x80\xA8";

std::string header(const HttpReply& reply, std::string_view name) {
    const auto is_it = [&](const auto& field) { return field.first == name; };
    BOOST_REQUIRE_EQUAL(std::ranges::count_if(reply.headers, is_it), 1);
    return std::ranges::find_if(reply.headers, is_it)->second;
}

bool has_header(const HttpReply& reply, std::string_view name) {
    return std::ranges::any_of(reply.headers, [&](const auto& field) { return field.first == name; });
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool contains(std::string_view text, std::string_view part) {
    return count(text, part) != 0;
}

std::string between(std::string_view text, std::string_view begin, std::string_view end) {
    const auto from = text.find(begin);
    BOOST_REQUIRE_NE(from, std::string_view::npos);
    text.remove_prefix(from + begin.size());
    return std::string(text.substr(0, text.find(end)));
}

/// What a browser reads from an attribute's text.
std::string unescaped(std::string text) {
    std::erase(text, '\r');  // the parser makes each line break a line feed
    const std::pair<std::string_view, std::string_view> entities[] = {{"&lt;", "<"},   {"&gt;", ">"},  {"&quot;", "\""},
                                                                      {"&#39;", "'"},  {"&#9;", "\t"}, {"&#10;", "\n"},
                                                                      {"&#13;", "\r"}, {"&amp;", "&"}};
    for (const auto& [entity, character] : entities) {
        for (auto at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1)) {
            text.replace(at, entity.size(), character);
        }
    }
    return text;
}

std::string field(const HttpReply& page, std::string_view name) {
    return unescaped(between(page.body, "name=\"" + std::string(name) + "\" value=\"", "\""));
}

std::string source_of(std::string_view content) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return "'sha256-" + saml::encode_base64(digest) + "'";
}

saml::SignedMessage signed_request() {
    auto key = taken(saml::SigningKey::parse(fixture("sp/sp.key.pem"), fixture("sp/sp.crt.pem")));
    const saml::LogoutRequest request{.id = parsed<saml::MessageID>("_r1"),
                                      .version = {},
                                      .issue_instant = {},
                                      .destination = idp_sso.str(),
                                      .consent = {},
                                      .issuer = our_id,
                                      .identifier = session_named("s1").name_id,
                                      .session_indexes = {},
                                      .not_on_or_after = {},
                                      .reason = {}};
    return taken(saml::MessageSigner(std::move(key)).sign(request));
}

HttpReply posted(std::optional<std::string_view> relay_state = "abc", const PostFrame& frame = {}) {
    return post_page(PostedField::saml_request, signed_request(), idp_sso, relay_state, "en", frame);
}

HttpReply refused(RefusalPage page, std::string_view language = "en") {
    return default_pages().refusal(page, language);
}

IdpChoice choice(std::vector<metadata::LocalizedText> names,
                 std::string_view entity = "https://idp1.example.org/metadata") {
    const auto idp = parsed<saml::EntityID>(entity);
    const auto target = LocalTarget::parse("/inbox?a=1&b=2", at_the_root);
    return {.idp = idp,
            .names = std::move(names),
            .start = StartLink(start_url, &idp, &*target),
            .start_and_remember = StartLink(start_url, &idp, &*target, RememberIdp::yes)};
}

std::string chosen_name(const IdpChoice& wanted, std::string_view language) {
    const HttpReply page = default_pages().chooser({.idps = {wanted}}, language);
    return unescaped(between(page.body, "<bdi>", "</bdi>"));
}

std::vector<HttpReply> every_page(std::string_view language) {
    std::vector<HttpReply> pages{
        posted(), resubmit_page(acs, {.saml_response = "PHg+", .relay_state = "abc"}, language),
        default_pages().chooser({.idps = {choice({})}}, language), default_pages().logged_out({}, language)};
    for (std::size_t code = 0; code < page_codes; ++code) {
        pages.push_back(refused({.code = static_cast<PageCode>(code), .request_number = "7"}, language));
    }
    return pages;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pages)

// Languages

BOOST_AUTO_TEST_CASE(the_language_with_the_highest_weight_is_chosen_and_the_first_of_several) {
    const std::pair<std::string_view, std::string_view> choices[] = {{"de", "de"},
                                                                     {"de-AT", "de"},
                                                                     {"DE-at,en;q=0.9", "de"},
                                                                     {"en;q=0.8, fr", "fr"},
                                                                     {"fr;q=0.5,de;q=0.5", "fr"},
                                                                     {"es, fr;q=0.1", "fr"},
                                                                     {"*, de;q=0.5", "en"},
                                                                     {"de;q=0, fr;q=0.001", "fr"},
                                                                     {" ,de ; q=1.000,", "de"},
                                                                     {"es", "en"},
                                                                     {"de;q=0", "en"},
                                                                     {"", "en"},
                                                                     {"deu", "en"},
                                                                     {"zh-Hant-TW, de;q=0.7", "de"}};
    for (const auto& [field, language] : choices) BOOST_TEST(tag(page_language(field)) == language, field);
}

BOOST_AUTO_TEST_CASE(a_malformed_or_very_long_wish_for_a_language_means_english) {
    for (const std::string_view field :
         {"de;q=2", "de;q=1.001", "de;q=0.1234", "de;q=", "de;q=x", "de;x=1", "de;q=0.5;q=1", "de--AT", "de-", "de_AT",
          "fr, <script>", "de;q=-1", "fr, verylonglanguage"}) {
        BOOST_TEST(tag(page_language(field)) == "en", field);
    }
    BOOST_TEST(tag(page_language("de," + std::string(1021, ' '))) == "de");
    BOOST_TEST(tag(page_language("de," + std::string(1022, ' '))) == "en");
}

BOOST_AUTO_TEST_CASE(each_text_exists_in_all_languages_and_no_code_shares_its_sentence) {
    std::vector<std::string_view> sentences;
    for (std::size_t language = 0; language < page_languages; ++language) {
        const auto in = static_cast<PageLanguage>(language);
        for (std::size_t key = 0; key < page_texts; ++key) BOOST_TEST(!text(static_cast<PageText>(key), in).empty());
        for (std::size_t code = 0; code < page_codes; ++code)
            sentences.push_back(text(static_cast<PageCode>(code), in));
    }
    for (const auto sentence : sentences) BOOST_TEST(std::ranges::count(sentences, sentence) == 1, sentence);
}

BOOST_AUTO_TEST_CASE(a_page_says_which_language_it_has) {
    for (const HttpReply& page : {refused({.code = PageCode::sig, .request_number = "7"}, "fr-CH, de;q=0.5"),
                                  default_pages().logged_out({}, "fr"), default_pages().chooser({}, "fr"),
                                  resubmit_page(acs, {.saml_response = "x", .relay_state = {}}, "fr")}) {
        BOOST_TEST(contains(page.body, "<html lang=\"fr\">"));
        BOOST_TEST(header(page, "Content-Language") == "fr");
        BOOST_TEST(header(page, "Vary") == "Accept-Language");
    }
}

// Headers

BOOST_AUTO_TEST_CASE(every_page_is_strict_about_scripts_frames_caches_and_types) {
    for (const HttpReply& page : every_page("de")) {
        const std::string policy = header(page, "Content-Security-Policy");
        BOOST_TEST(policy.starts_with("default-src 'none'; "));
        BOOST_TEST(contains(policy, "; base-uri 'none'"));
        BOOST_TEST(policy.ends_with("; frame-ancestors 'none'"));
        BOOST_TEST(!contains(policy, "unsafe"));
        BOOST_TEST(header(page, "X-Frame-Options") == "DENY");
        BOOST_TEST(header(page, "Cache-Control") == "no-store");
        BOOST_TEST(header(page, "Content-Type") == "text/html; charset=utf-8");
        BOOST_TEST(header(page, "X-Content-Type-Options") == "nosniff");
        BOOST_TEST(count(page.body, "<h1>") == 1U);
        BOOST_TEST(count(page.body, "src=") == 0U);
        BOOST_TEST(count(page.body, "style=") + count(page.body, "onload") == 0U);
    }
}

BOOST_AUTO_TEST_CASE(the_policy_permits_exactly_the_script_and_the_style_of_the_page) {
    const HttpReply page = posted();
    const std::string policy = header(page, "Content-Security-Policy");
    BOOST_TEST(contains(policy, "; script-src " + source_of(between(page.body, "<script>", "</script>")) + ";"));
    for (const HttpReply& any : every_page("en")) {
        const std::string its = header(any, "Content-Security-Policy");
        BOOST_TEST(contains(its, "; style-src " + source_of(between(any.body, "<style>", "</style>")) + ";"));
        BOOST_TEST(contains(any.body, "<script>") == contains(its, "script-src"));
    }
}

BOOST_AUTO_TEST_CASE(a_page_without_a_form_permits_none) {
    const HttpReply page = default_pages().logged_out({}, "en");
    BOOST_TEST(contains(header(page, "Content-Security-Policy"), "; form-action 'none';"));
    BOOST_TEST(!contains(page.body, "<script"));
}

// Forms

BOOST_AUTO_TEST_CASE(a_signed_message_is_posted_to_the_idp_and_nowhere_else) {
    const HttpReply page = posted("5f00ba");
    BOOST_TEST(page.status == 200);
    BOOST_TEST(between(page.body, "action=\"", "\"") == "https://idp1.example.org/sso?tenant=&#39;x&#39;&amp;y=1");
    BOOST_TEST(contains(header(page, "Content-Security-Policy"), "; form-action https://idp1.example.org;"));
    BOOST_TEST(header(page, "Referrer-Policy") == "no-referrer");
    BOOST_TEST(taken(saml::decode_base64(field(page, "SAMLRequest"), 65536)) == signed_request().xml());
    BOOST_TEST(field(page, "RelayState") == "5f00ba");
    BOOST_TEST(count(page.body, "<input") == 2U);
    BOOST_TEST(count(page.body, "<form method=\"post\"") == 1U);
    BOOST_TEST(contains(page.body, "<button autofocus>Continue</button></form>"));
}

BOOST_AUTO_TEST_CASE(an_answer_is_posted_in_its_own_field_and_without_a_relay_state_if_there_was_none) {
    const HttpReply page = post_page(PostedField::saml_response, signed_request(), idp_sso, {}, "en");
    BOOST_TEST(!field(page, "SAMLResponse").empty());
    BOOST_TEST(!contains(page.body, "RelayState"));
    BOOST_TEST(!contains(page.body, "SAMLRequest"));
}

BOOST_AUTO_TEST_CASE(a_relay_state_with_markup_arrives_octet_by_octet_and_is_no_markup) {
    const HttpReply page = posted(hostile);
    BOOST_TEST(field(page, "RelayState") == hostile);
    BOOST_TEST(count(page.body, "<script>") == 1U);
    BOOST_TEST(count(page.body, "</form>") == 1U);
    const std::string quotes(1024, '"');
    BOOST_TEST(field(posted(quotes), "RelayState") == quotes);
}

BOOST_AUTO_TEST_CASE(where_the_idp_redirects_to_and_who_frames_the_page_is_permitted_by_origin) {
    const HttpReply page = posted(
        "abc", {.then_to = {parsed<saml::EndpointUrl>("https://login.example.org:444/x")}, .framed_by = {idp_sso}});
    const std::string policy = header(page, "Content-Security-Policy");
    BOOST_TEST(contains(policy, "; form-action https://idp1.example.org https://login.example.org:444;"));
    BOOST_TEST(policy.ends_with("; frame-ancestors https://idp1.example.org"));
    BOOST_TEST(!has_header(page, "X-Frame-Options"));
}

BOOST_AUTO_TEST_CASE(a_response_is_posted_once_more_to_our_own_address_with_an_origin) {
    const HttpReply page = resubmit_page(acs, {.saml_response = hostile, .relay_state = hostile}, "de");
    BOOST_TEST(unescaped(between(page.body, "action=\"", "\"")) == "https://sp.example.com:8443/saml/acs?again");
    BOOST_TEST(field(page, "SAMLResponse") == hostile);
    BOOST_TEST(field(page, "RelayState") == hostile);
    BOOST_TEST(count(page.body, "<script>") == 1U);
    BOOST_TEST(header(page, "Referrer-Policy") == "same-origin");
    BOOST_TEST(contains(header(page, "Content-Security-Policy"), "; form-action https://sp.example.com:8443;"));
    BOOST_TEST(contains(page.body, "<button autofocus>Weiter</button>"));
}

BOOST_AUTO_TEST_CASE(only_the_resubmitted_request_is_known_as_such) {
    const auto with_query = parsed<saml::EndpointUrl>("https://sp.example.com/acs?tenant=1");
    const HttpReply page = resubmit_page(with_query, {.saml_response = "x", .relay_state = {}}, "en");
    BOOST_TEST(unescaped(between(page.body, "action=\"", "\"")) == "https://sp.example.com/acs?tenant=1&again");
    for (const std::string_view target : {"/acs?again", "/acs?tenant=1&again"})
        BOOST_TEST(is_resubmitted(target), target);
    for (const std::string_view target : {"/acs", "/again", "/acs?again=1", "/acs?x=again", "/acs?Again"}) {
        BOOST_TEST(!is_resubmitted(target), target);
    }
}

// Refusals

BOOST_AUTO_TEST_CASE(a_refusal_says_its_sentence_its_code_and_its_number) {
    for (std::size_t i = 0; i < page_codes; ++i) {
        const auto code = static_cast<PageCode>(i);
        const HttpReply page = refused({.code = code, .request_number = "5f00ba"}, "de");
        BOOST_TEST(contains(page.body, html_text(text(code, PageLanguage::german))));
        BOOST_TEST(contains(page.body, "<dd>" + std::string(name(code)) + "</dd>"));
        BOOST_TEST(contains(page.body, "<dd>5f00ba</dd>"));
        BOOST_TEST(!contains(page.body, "href"));
    }
}

BOOST_AUTO_TEST_CASE(the_names_of_the_codes_are_stable) {
    std::string all;
    for (std::size_t code = 0; code < page_codes; ++code) all.append(name(static_cast<PageCode>(code))).append(" ");
    BOOST_TEST(all ==
               "form encoding binding structure flow flow_expired other_browser issuer unsolicited destination sig "
               "status status_unproven assertion clock stale authn_context replay not_allowed logged_out "
               "logout_unproven cross_site framed too_many unavailable ");
    BOOST_TEST(name(PageCode::sig) == "sig");
    BOOST_TEST(name(PageCode::unavailable) == "unavailable");
}

BOOST_AUTO_TEST_CASE(only_a_refusal_without_a_saml_message_has_an_error_status) {
    for (std::size_t i = 0; i < page_codes; ++i) {
        const auto code = static_cast<PageCode>(i);
        int expected = 200;
        if (code == PageCode::form) expected = 400;
        if (code == PageCode::cross_site) expected = 403;
        if (code == PageCode::too_many) expected = 429;
        if (code == PageCode::unavailable) expected = 503;
        const HttpReply page = refused({.code = code, .request_number = "7"});
        BOOST_TEST(page.status == expected, name(code));
        BOOST_TEST(has_header(page, "Retry-After") == (expected == 429 || expected == 503), name(code));
    }
}

BOOST_AUTO_TEST_CASE(trying_again_leads_to_the_start_with_the_checked_target) {
    const auto target = LocalTarget::parse("/a?x=\"1&2\"", at_the_root);
    const HttpReply page = refused(
        {.code = PageCode::flow_expired, .request_number = "7", .again = StartLink(start_url, &idp_id, &*target)});
    BOOST_TEST(
        unescaped(between(page.body, "href=\"", "\"")) ==
        "https://sp.example.com/login?idp=https%3A%2F%2Fidp1.example.org%2Fmetadata&target=%2Fa%3Fx%3D%221%262%22");
    BOOST_TEST(contains(page.body, ">Try again</a>"));
    BOOST_TEST(!contains(page.body, "_top"));
    BOOST_TEST(contains(refused({.code = PageCode::framed, .request_number = "7", .again = StartLink(start_url)}).body,
                        "<a href=\"https://sp.example.com/login\" target=\"_top\">"));
}

BOOST_AUTO_TEST_CASE(the_page_of_the_idp_about_errors_is_linked_over_https_alone) {
    const auto help_at = [](std::string_view url) {
        return refused({.code = PageCode::status, .request_number = "7", .idp_help = parsed<saml::EndpointUrl>(url)})
            .body;
    };
    BOOST_TEST(contains(help_at("https://idp1.example.org/help?a&b"),
                        "<a href=\"https://idp1.example.org/help?a&amp;b\" rel=\"noreferrer\">"));
    BOOST_TEST(!contains(help_at("http://idp1.example.org/help"), "href"));
}

BOOST_AUTO_TEST_CASE(markup_in_a_request_number_is_text) {
    const HttpReply page = refused({.code = PageCode::sig, .request_number = std::string(hostile)});
    BOOST_TEST(!contains(page.body, "<script"));
    BOOST_TEST(contains(unescaped(page.body), hostile));
}

// Chooser

BOOST_AUTO_TEST_CASE(an_idp_is_shown_by_its_name_in_the_readers_language_or_else_by_its_host) {
    const IdpChoice named = choice({{"fr", "Université"}, {"en", "University"}, {"de-DE", "Universität"}});
    BOOST_TEST(chosen_name(named, "de") == "Universität");
    BOOST_TEST(chosen_name(named, "fr") == "Université");
    BOOST_TEST(chosen_name(choice({{"fr", "Université"}, {"en", "University"}}), "de") == "University");
    BOOST_TEST(chosen_name(choice({{"fi", "Yliopisto"}}), "de") == "Yliopisto");
    BOOST_TEST(chosen_name(choice({}), "de") == "idp1.example.org");
    BOOST_TEST(chosen_name(choice({}, "urn:example:idp"), "de") == "urn:example:idp");
}

BOOST_AUTO_TEST_CASE(a_hostile_name_of_an_idp_is_text) {
    const std::string name = std::string(hostile) + "</bdi>";
    const HttpReply page = default_pages().chooser({.idps = {choice({{"en", name}})}}, "en");
    BOOST_TEST(unescaped(between(page.body, "<bdi>", "</bdi>")) == name);
    BOOST_TEST(!contains(page.body, "<script"));
}

BOOST_AUTO_TEST_CASE(each_idp_has_a_link_to_the_start_and_one_that_is_remembered) {
    const HttpReply page = default_pages().chooser({.idps = {choice({}), choice({}, "urn:b")}}, "en");
    const std::string link = "https://sp.example.com/login?idp=urn%3Ab&amp;target=%2Finbox%3Fa%3D1%26b%3D2";
    const std::string once = between(page.body, "<ul class=\"once\">", "</ul>");
    const std::string kept = between(page.body, "<ul class=\"kept\">", "</ul>");
    BOOST_TEST(contains(once, "<a href=\"" + link + "\">"));
    BOOST_TEST(contains(kept, "<a href=\"" + link + "&amp;remember=1\">"));
    BOOST_TEST(count(once, "<li>") == 2U);
    BOOST_TEST(!contains(page.body, "<form"));
    BOOST_TEST(contains(default_pages().chooser({}, "en").body, "no organization to choose from"));
}

// Logout

BOOST_AUTO_TEST_CASE(the_page_after_a_logout_tells_how_far_it_reached) {
    const auto told = [](std::optional<Extent> extent) {
        return default_pages().logged_out({.extent = extent}, "en").body;
    };
    BOOST_TEST(contains(told(Extent::everywhere), "your organization has confirmed"));
    BOOST_TEST(contains(told(Extent::partial), "Other applications may still be signed in"));
    BOOST_TEST(contains(told(Extent::local_only), "this application only"));
    BOOST_TEST(contains(told(Extent::unknown), "is not known"));
    BOOST_TEST(contains(told({}), "<p>You are signed out of this application.</p>"));
    BOOST_TEST(contains(default_pages().logged_out({.again = StartLink(start_url)}, "en").body,
                        "<a href=\"https://sp.example.com/login\">Sign in again</a>"));
}

// Text

BOOST_AUTO_TEST_CASE(what_html_cannot_hold_is_replaced_and_the_rest_is_kept) {
    const std::pair<std::string_view, std::string_view> texts[] = {
        {"a\x01z", "a\xEF\xBF\xBDz"},
        {{"\0", 1}, "\xEF\xBF\xBD"},
        {"\x7f", "\xEF\xBF\xBD"},
        {"\xC2\x85", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xC0\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2<\x82", "\xEF\xBF\xBD&lt;\xEF\xBF\xBD"},
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"ü€😀", "ü€😀"},
        {"`=/", "`=/"}};
    for (const auto& [octets, html] : texts) BOOST_TEST(html_text(octets) == html);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
