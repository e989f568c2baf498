// Signature wrapping, generated (XSW-66): in signed Responses of other software, a forged twin of the signed element
// and the element itself stand at each pair of places that there is. No arrangement signs on anyone but the signed
// principal.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "failure_check.hpp"
#include "sign_on_messages.hpp"
#include "xml_outline.hpp"

using namespace slo;
using namespace slo::saml;
using namespace slo::saml::test;

namespace {

using fuzz::ElementSpan;
using fuzz::outline;
using fuzz::Span;

std::string with(std::string_view text, Span at, std::string_view instead) {
    return std::string(text.substr(0, at.begin)) + std::string(instead) + std::string(text.substr(at.end));
}

/// An empty element has a content to put something into. Neither form is another one for a signature.
std::string with_end_tags(std::string text) {
    while (true) {
        const auto all = outline(text).elements;
        const auto empty = std::ranges::find_if(
            all, [&](const ElementSpan& element) { return element.start_tag.of(text).ends_with("/>"); });
        if (empty == all.end()) return text;
        const std::string name(empty->name.of(text));
        text = with(text, {empty->start_tag.end - 2, empty->start_tag.end}, "></" + name + ">");
    }
}

std::string_view local_name(const ElementSpan& element, std::string_view text) {
    const std::string_view name = element.name.of(text);
    return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

/// The first element of that name.
std::optional<ElementSpan> find(std::string_view text, std::string_view local) {
    for (const ElementSpan& element : outline(text).elements) {
        if (local_name(element, text) == local) return element;
    }
    return std::nullopt;
}

/// The only place of the first Signature is its parent's second child, so that it's the root's own if it has one.
std::string without_signature(std::string_view element) {
    const auto signature = find(element, "Signature");
    return signature ? with(element, signature->whole, "") : std::string(element);
}

enum class Id { same, fresh, absent };

/// `element` for another principal.
std::string forged(std::string element, const std::string& principal, Id id) {
    for (auto at = element.find(principal); at != std::string::npos; at = element.find(principal, at)) {
        element.replace(at, principal.size(), "mallory");
    }
    if (id == Id::same) return element;
    const ElementSpan root = outline(element).elements.front();
    for (const fuzz::AttributeSpan& attribute : root.attributes) {
        if (attribute.name.of(element) != "ID") continue;
        return id == Id::fresh ? with(element, attribute.value, "_forged") : with(element, attribute.whole, "");
    }
    throw std::logic_error("no ID");
}

/// Each place for another element below the root, once.
std::set<std::size_t> places(std::string_view text) {
    std::set<std::size_t> all;
    const auto elements = outline(text).elements;
    for (const ElementSpan& element : elements) {
        all.insert(element.content.begin);
        all.insert(element.content.end);
        if (element.whole.begin == elements.front().whole.begin) continue;
        all.insert(element.whole.begin);
        all.insert(element.whole.end);
    }
    return all;
}

/// What an element may be put into, on its way to another place. Prefixes of their own: the makers' differ.
const std::vector<std::pair<std::string, std::string>> wrappers{
    {"", ""},
    {R"(<w:Object xmlns:w="http://www.w3.org/2000/09/xmldsig#">)", "</w:Object>"},
    {"", ""},
    {R"(<w:Extensions xmlns:w="urn:oasis:names:tc:SAML:2.0:protocol">)", "</w:Extensions>"},
    {R"(<w:StatusDetail xmlns:w="urn:oasis:names:tc:SAML:2.0:protocol">)", "</w:StatusDetail>"},
    {"", ""},
    {R"(<w:Advice xmlns:w="urn:oasis:names:tc:SAML:2.0:assertion">)", "</w:Advice>"},
    {R"(<w:EncryptedAssertion xmlns:w="urn:oasis:names:tc:SAML:2.0:assertion">)", "</w:EncryptedAssertion>"},
};

/// Trial judges arrangements of one Response.
class Trial {
public:
    explicit Trial(const std::string& file)
        : captured_(file), expected_(captured_.expectations(captured_.request_id())) {
        expected_.response.decryption_keys = expected_.decryption_keys;
        expected_.assertion.decryption_keys = expected_.decryption_keys;
        const auto principal = judged(xml(), expected_).value();
        principal_ = principal.name_id().value().value;
    }

    [[nodiscard]] std::string xml() const { return with_end_tags(captured_.xml()); }
    [[nodiscard]] const std::string& principal() const noexcept { return principal_; }

    void expect_refusal(const std::string& xml) {
        ++trials_;
        const auto principal = judged(xml, expected_);
        rules_.insert(rule_of(principal));
        if (!principal) return;
        ++accepted_;
        BOOST_TEST(principal->name_id()->value == principal_, xml);
    }

    [[nodiscard]] std::size_t trials() const noexcept { return trials_; }
    [[nodiscard]] int accepted() const noexcept { return accepted_; }
    [[nodiscard]] const std::set<std::string>& rules() const noexcept { return rules_; }

private:
    CapturedResponse captured_;
    SignOnExpectations expected_;
    std::string principal_;
    std::size_t trials_ = 0;
    int accepted_ = 0;
    std::set<std::string> rules_;
};

/// `resident` has the place of `original` in `text`, and `other` stands at each other place, bare or in a wrapper: the
/// wrappers take turns.
void arrange(Trial& trial, std::string_view text, Span original, const std::string& resident,
             const std::string& other) {
    const std::string base = with(text, original, resident);
    for (const std::size_t place : places(base)) {
        const auto& [open, close] = wrappers[trial.trials() % wrappers.size()];
        trial.expect_refusal(with(base, {place, place}, open + other + close));
    }
}

/// Each arrangement of the first element of this name and its twin.
void wrap(Trial& trial, const std::string& text, std::string_view local) {
    const Span span = find(text, local).value().whole;
    const std::string original(span.of(text));
    for (const Id id : {Id::same, Id::fresh}) {
        const std::string twin = forged(original, trial.principal(), id);
        // The signature is in the original, in the twin, or in both.
        arrange(trial, text, span, without_signature(twin), original);
        arrange(trial, text, span, twin, without_signature(original));
        arrange(trial, text, span, twin, original);
        arrange(trial, text, span, original, without_signature(twin));
        arrange(trial, text, span, original, twin);
    }
    const std::string nameless = without_signature(forged(original, trial.principal(), Id::absent));
    arrange(trial, text, span, nameless, original);
    arrange(trial, text, span, original, nameless);
}

const std::vector<std::string> response_signed{"samlp/solicited-response-signed"};
const std::vector<std::string> assertion_signed{"keycloak/solicited-assertion-signed", "lasso/solicited-transient"};
const std::vector<std::string> both_signed{"pysaml2/solicited-both-signed"};

void check(const Trial& trial) {
    BOOST_TEST_MESSAGE(trial.trials() << " arrangements");
    for (const std::string& rule : trial.rules()) BOOST_TEST_MESSAGE("  " << rule);
    BOOST_TEST(trial.accepted() == 0);
    BOOST_TEST(trial.trials() > 500U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(response_wrapping)

BOOST_DATA_TEST_CASE(no_place_of_a_signed_response_signs_another_principal_on,
                     boost::unit_test::data::make(response_signed), file) {
    Trial trial(file);
    wrap(trial, trial.xml(), "Response");
    check(trial);
}

BOOST_DATA_TEST_CASE(no_place_of_a_signed_assertion_signs_another_principal_on,
                     boost::unit_test::data::make(assertion_signed), file) {
    Trial trial(file);
    wrap(trial, trial.xml(), "Assertion");
    check(trial);
}

BOOST_DATA_TEST_CASE(no_place_of_either_signed_part_signs_another_principal_on,
                     boost::unit_test::data::make(both_signed), file) {
    Trial trial(file);
    wrap(trial, trial.xml(), "Response");
    wrap(trial, trial.xml(), "Assertion");
    wrap(trial, without_signature(trial.xml()), "Assertion");
    check(trial);
}

BOOST_AUTO_TEST_SUITE_END()
