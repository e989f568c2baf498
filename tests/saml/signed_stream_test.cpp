#include "slo/saml/signed_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "failure_check.hpp"
#include "fixtures.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/xml.hpp"
#include "xml_reading.hpp"
#include "xmlsec1.hpp"

namespace slo::saml::test {
namespace {

using slo::test::fixture;

VerificationKey key_of(std::string_view certificate) {
    return VerificationKey::from(Certificate::parse(fixture(certificate)).value()).value();
}
const std::vector<VerificationKey>& federation() {
    static const std::vector<VerificationKey> keys{key_of("keys/idp2.crt.pem"), key_of("keys/idp1-first.crt.pem")};
    return keys;
}

constexpr std::string_view signature_template =
    R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>)"
    R"(<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>)"
    R"(<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>)"
    R"(<ds:Reference URI="#_fed"><ds:Transforms>)"
    R"(<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>)"
    R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>)"
    R"(<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/>)"
    R"(</ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>)";

std::string federation_text(std::string_view signature = signature_template) {
    return R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ext="urn:ext" xmlns="urn:default" ID="_fed" Name="F&amp;1">)"
           "\n  " +
           std::string(signature) +
           R"(<!-- not signed --><md:One name="a"><ext:more x="1">eins<!-- -->zwei</ext:more></md:One>)"
           R"(<md:EntitiesDescriptor><md:One name="b"><plain>ü &lt; &#13;</plain></md:One><md:Other/></md:EntitiesDescriptor>)"
           "\n</md:EntitiesDescriptor>\n";
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const std::size_t at = text.find(what);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

/// As xmlsec1 signs it.
const std::string& signed_federation() {
    static const std::string text = slo::test::sign_xml(federation_text(), "keys/idp1-first.key.pem");
    return text;
}

/// Keeps every One, enters every EntitiesDescriptor, and writes down what it was shown.
class Listing final : public StreamVisitor {
public:
    Result<Take> start(const StreamElement& element) override {
        seen += std::string(element.name.local) + std::to_string(element.depth) + " ";
        if (element.name.local == "EntitiesDescriptor") return Take::enter;
        return element.name.local == "One" ? Take::keep : Take::skip;
    }
    Result<void> end() override {
        seen += "end ";
        return Done{};
    }
    Result<void> kept(std::string_view octets, std::span<const std::uint32_t>) override {
        all.emplace_back(octets);
        return Done{};
    }
    std::string seen;
    std::vector<std::string> all;
};

struct Read {
    Result<StreamVerdict> verdict;
    Listing listing;
};

Read read(std::string_view document, const StreamLimits& limits = {}, const AlgorithmPolicy& policy = {}) {
    Listing listing;
    auto verdict = read_signed_stream(source_of(document), federation(), policy, limits, listing);
    return {std::move(verdict), std::move(listing)};
}

Result<StreamVerdict> verdict_on(std::string_view document, const StreamLimits& limits = {},
                                 const AlgorithmPolicy& policy = {}) {
    return read(document, limits, policy).verdict;
}

/// Gives a few octets at a time.
OctetSource in_pieces(std::string_view octets, std::size_t size) {
    return [source = source_of(octets), size](std::span<char> buffer) mutable {
        return source(buffer.first(std::min(size, buffer.size())));
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signed_stream)

BOOST_AUTO_TEST_CASE(a_document_that_xmlsec1_signed_is_read_and_the_key_is_named) {
    const Read good = read(signed_federation());
    BOOST_TEST_REQUIRE(rule_of(good.verdict) == "accepted");
    BOOST_TEST(good.verdict->key == 1U);
    BOOST_TEST(good.verdict->octets == signed_federation().size());
    BOOST_TEST(good.listing.seen == "EntitiesDescriptor0 One1 EntitiesDescriptor1 One2 Other2 end end ");
}

BOOST_AUTO_TEST_CASE(a_kept_element_stands_alone_with_the_signed_content) {
    const Read good = read(signed_federation());
    BOOST_TEST_REQUIRE(good.listing.all.size() == 2U);
    BOOST_TEST(
        good.listing.all[0] ==
        R"(<md:One xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" name="a"><ext:more xmlns:ext="urn:ext" x="1">einszwei</ext:more></md:One>)");
    BOOST_TEST(
        good.listing.all[1] ==
        R"(<md:One xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" name="b"><plain xmlns="urn:default">ü &lt; &#xD;</plain></md:One>)");
    for (const std::string& one : good.listing.all) BOOST_TEST(xml::Document::parse(one).has_value());
}

BOOST_AUTO_TEST_CASE(a_root_that_is_kept_whole_is_kept_without_its_signature) {
    class Whole final : public StreamVisitor {
    public:
        Result<Take> start(const StreamElement&) override { return Take::keep; }
        Result<void> end() override { return Done{}; }
        Result<void> kept(std::string_view octets, std::span<const std::uint32_t>) override {
            text = octets;
            return Done{};
        }
        std::string text;
    } whole;
    const auto verdict = read_signed_stream(source_of(signed_federation()), federation(), {}, {}, whole);
    BOOST_TEST_REQUIRE(rule_of(verdict) == "accepted");
    const std::string unsigned_text = replaced(federation_text(""), "<!-- not signed -->", "");
    BOOST_TEST(whole.text == slo::test::exclusive_canonical(unsigned_text));
}

BOOST_AUTO_TEST_CASE(it_makes_no_difference_how_the_octets_arrive) {
    const Read whole = read(signed_federation());
    for (std::size_t size = 1; size < 70; ++size) {
        Listing listing;
        const auto verdict = read_signed_stream(in_pieces(signed_federation(), size), federation(), {}, {}, listing);
        BOOST_TEST_CONTEXT(size) {
            BOOST_TEST_REQUIRE(rule_of(verdict) == "accepted");
            BOOST_TEST(verdict->sha256 == whole.verdict->sha256);
            BOOST_TEST(listing.all == whole.listing.all);
        }
    }
}

// The first buffer is filled as far as it goes; behind it every octet is a piece of its own.
BOOST_AUTO_TEST_CASE(characters_line_ends_and_tags_may_be_cut_anywhere) {
    constexpr std::size_t buffer = 64 * 1024;
    for (std::size_t before = 0; before < 40; ++before) {
        const std::string padding(buffer - 5 - before, 'x');
        const std::string text =
            "<One>" + padding + "\r\n\u20ac<![CDATA[\u00fc\r\n\r]]>\r<a b='\U0001F600\r\n'/></One>";
        Listing listing;
        const auto verdict = read_stream(in_pieces(text, 1), {}, listing);
        BOOST_TEST_REQUIRE(rule_of(verdict) == "accepted");
        BOOST_TEST(listing.all.at(0) == "<One>" + padding + "\n\u20ac\u00fc\n\n\n<a b=\"\U0001F600 \"></a></One>");
    }
}

BOOST_AUTO_TEST_CASE(inclusive_prefixes_are_honoured) {
    const std::string with_prefixes =
        replaced(std::string(signature_template), R"(xml-exc-c14n#"/></ds:Transforms>)",
                 R"(xml-exc-c14n#"><ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" )"
                 R"(PrefixList="ext #default"/></ds:Transform></ds:Transforms>)");
    const Read good = read(slo::test::sign_xml(federation_text(with_prefixes), "keys/idp1-first.key.pem"));
    BOOST_TEST(rule_of(good.verdict) == "accepted");
    BOOST_TEST(good.listing.all.at(0).starts_with(
        R"(<md:One xmlns="urn:default" xmlns:ext="urn:ext" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata")"));
}

// The document has comments, and a Reference to '#' and an ID covers none of them: xmlsec1 has signed none.
BOOST_AUTO_TEST_CASE(canonicalisation_with_comments_is_that_without_them) {
    const std::string plain = R"(xml-exc-c14n#"/>)";
    const std::string with_comments = R"(xml-exc-c14n#WithComments"/>)";
    const std::string of_signed_info = replaced(std::string(signature_template), plain, with_comments);
    const std::string of_both = replaced(of_signed_info, plain, with_comments);
    for (const std::string& signature : {of_signed_info, of_both}) {
        const std::string text = slo::test::sign_xml(federation_text(signature), "keys/idp1-first.key.pem");
        BOOST_TEST(rule_of(verdict_on(text)) == "accepted");
        BOOST_TEST(rule_of(verdict_on(replaced(text, "eins", "eims"))) == rule(Errc::signature_invalid));
    }
    const std::string commented = replaced(of_signed_info, "<ds:Reference ", "<!-- --><ds:Reference ");
    const std::string text = slo::test::sign_xml(federation_text(commented), "keys/idp1-first.key.pem");
    BOOST_TEST(rule_of(verdict_on(text)) == rule(Errc::signature_invalid));
}

BOOST_AUTO_TEST_CASE(a_changed_octet_anywhere_below_the_root_is_found_at_the_end) {
    for (const auto& [what, with] :
         std::vector<std::pair<std::string, std::string>>{{"eins", "eims"},
                                                          {"name=\"b\"", "name=\"c\""},
                                                          {"<md:Other/>", ""},
                                                          {"F&amp;1", "F&amp;2"},
                                                          {"\n</md:EntitiesDescriptor>", " \n</md:EntitiesDescriptor>"},
                                                          {"xmlns:ext=\"urn:ext\"", "xmlns:ext=\"urn:exu\""}}) {
        BOOST_TEST_CONTEXT(what) {
            BOOST_TEST(rule_of(verdict_on(replaced(signed_federation(), what, with))) == rule(Errc::signature_invalid));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_signature_by_an_unknown_key_shows_the_visitor_nothing) {
    const Read forged = read(slo::test::sign_xml(federation_text(), "keys/stranger.key.pem"));
    BOOST_TEST(rule_of(forged.verdict) == rule(Errc::signature_invalid));
    BOOST_TEST(forged.listing.seen.empty());
}

BOOST_AUTO_TEST_CASE(a_changed_signed_info_shows_the_visitor_nothing) {
    const std::string& text = signed_federation();
    const std::size_t at = text.find("DigestValue>") + 12;
    std::string changed = text;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const Read forged = read(changed);
    BOOST_TEST(rule_of(forged.verdict) == rule(Errc::signature_invalid));
    BOOST_TEST(forged.listing.seen.empty());
}

BOOST_AUTO_TEST_CASE(ecdsa_signatures_count_by_r_and_s) {
    const std::string ecdsa = replaced(std::string(signature_template), "rsa-sha256", "ecdsa-sha256");
    const std::string text = slo::test::sign_xml(federation_text(ecdsa), "keys/idp2-p256.key.pem");
    const std::vector<VerificationKey> keys{key_of("keys/idp2-p256.crt.pem")};
    Listing listing;
    BOOST_TEST(rule_of(read_signed_stream(source_of(text), keys, {}, {}, listing)) == "accepted");
    BOOST_TEST(rule_of(verdict_on(text)) == rule(Errc::no_verification_key));
}

BOOST_AUTO_TEST_CASE(sha1_is_refused_unless_the_policy_says_otherwise) {
    const std::string sha1 =
        replaced(replaced(std::string(signature_template), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                          "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
                 "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1");
    const std::string text = slo::test::sign_xml(federation_text(sha1), "keys/idp1-first.key.pem");
    BOOST_TEST(rule_of(verdict_on(text)) == rule(Errc::signature_algorithm_not_allowed));
    AlgorithmPolicy weak;
    weak.sha1 = AlgorithmPolicy::Sha1::dangerously_accepted;
    BOOST_TEST(rule_of(verdict_on(text, {}, weak)) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_signature_of_another_shape_or_in_another_place_is_refused) {
    const std::string& good = signed_federation();
    const std::size_t begin = good.find("<ds:Signature ");
    const std::size_t end = good.find("</ds:Signature>") + 15;
    const std::string signature = good.substr(begin, end - begin);
    const auto with = [&](const std::string& text) {
        return rule_of(verdict_on(good.substr(0, begin) + text + good.substr(end)));
    };
    BOOST_TEST(with("") == rule(Errc::signature_missing));
    BOOST_TEST(with("<md:Extensions/>" + signature) == rule(Errc::signature_missing));
    BOOST_TEST(with("text" + signature) == rule(Errc::signature_position));
    BOOST_TEST(with(signature + signature) == rule(Errc::signature_count));
    BOOST_TEST(with(replaced(signature, "</ds:Signature>", "<ds:Object/></ds:Signature>")) ==
               rule(Errc::signature_object));
    BOOST_TEST(with(replaced(signature, "#_fed", "#_other")) == rule(Errc::reference_not_to_root));
    BOOST_TEST(with(replaced(signature, "#_fed", "")) == rule(Errc::reference_not_to_root));
    BOOST_TEST(with(replaced(signature, "<ds:SignedInfo>", "<ds:SignedInfo><ds:Reference/>")) ==
               rule(Errc::reference_count));
    BOOST_TEST(with(replaced(signature, "xmldsig#enveloped-signature", "xmldsig#base64")) ==
               rule(Errc::transform_not_allowed));
    BOOST_TEST(with(replaced(signature, "<ds:SignedInfo>", "<ds:SignedInfo x=\"1\">")) ==
               rule(Errc::signature_attribute));
    BOOST_TEST(with(replaced(signature, "<ds:SignatureValue>", "<ds:SignatureValue>" + std::string(70'000, ' '))) ==
               rule(Errc::xml_limits));
    BOOST_TEST(rule_of(verdict_on(replaced(good, " ID=\"_fed\"", ""))) == rule(Errc::signature_attribute));
    BOOST_TEST(
        rule_of(verdict_on("<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_fed\"/>")) ==
        rule(Errc::signature_missing));
}

BOOST_AUTO_TEST_CASE(signatures_further_inside_are_content) {
    const std::string inner =
        replaced(federation_text(), "<md:Other/>", "<md:Other>" + std::string(signature_template) + "</md:Other>");
    // The outer one comes first, and xmlsec1 signs the first.
    BOOST_TEST(rule_of(verdict_on(slo::test::sign_xml(inner, "keys/idp1-first.key.pem"))) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_document_that_the_other_reader_refuses_is_refused) {
    const auto plain = [](std::string_view text, const StreamLimits& limits = {}) {
        Listing listing;
        return rule_of(read_stream(source_of(text), limits, listing));
    };
    BOOST_TEST(plain("<a/>") == "accepted");
    BOOST_TEST(plain("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"no\"?><a/>") == "accepted");
    BOOST_TEST(plain("") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<a>") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<a/><b/>") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<a b:c=\"\"/>") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<a xmlns:b=\"u:1\" xmlns:c=\"u:1\" b:x=\"\" c:x=\"\"/>") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<a xmlns=\"relative\"/>") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<a>&unknown;</a>") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<?xml version=\"1.1\"?><a/>") == rule(Errc::xml_malformed));
    BOOST_TEST(plain("<!DOCTYPE a><a/>") == rule(Errc::xml_doctype));
    BOOST_TEST(plain("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>") == rule(Errc::xml_doctype));
    BOOST_TEST(plain("<?go?><a/>") == rule(Errc::xml_processing_instruction));
    BOOST_TEST(plain("<a><?go?></a>") == rule(Errc::xml_processing_instruction));
    BOOST_TEST(plain("<a>\xC3</a>") == rule(Errc::xml_encoding));
    BOOST_TEST(plain("<a>\xC3") == rule(Errc::xml_encoding));
    BOOST_TEST(plain(std::string("<a>\0</a>", 8)) == rule(Errc::xml_encoding));
    BOOST_TEST(plain("\xEF\xBB\xBF\xEF\xBB\xBF<a/>") == rule(Errc::xml_encoding));
    BOOST_TEST(plain("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>") == rule(Errc::xml_encoding));
}

BOOST_AUTO_TEST_CASE(a_document_over_a_limit_is_refused) {
    const auto limited = [](std::string_view text, const StreamLimits& limits) {
        Listing listing;
        return rule_of(read_stream(in_pieces(text, 7), limits, listing));
    };
    StreamLimits limits;
    limits.octets = 100;
    limits.elements = 4;
    limits.depth = 3;
    limits.attributes_per_element = 2;
    limits.namespaces_per_element = 1;
    limits.tag_octets = 40;
    limits.kept_octets = 30;
    BOOST_TEST(limited("<a><b><c/></b><d/></a>", limits) == "accepted");
    BOOST_TEST(limited("<a>" + std::string(100, ' ') + "</a>", limits) == rule(Errc::message_too_large));
    BOOST_TEST(limited("<a><b/><b/><b/><b/></a>", limits) == rule(Errc::xml_limits));
    BOOST_TEST(limited("<a><b><c><d/></c></b></a>", limits) == rule(Errc::xml_limits));
    BOOST_TEST(limited("<a b=\"\" c=\"\" d=\"\"/>", limits) == rule(Errc::xml_limits));
    BOOST_TEST(limited("<a xmlns:b=\"u:b\" xmlns:c=\"u:c\"/>", limits) == rule(Errc::xml_limits));
    BOOST_TEST(limited("<a b='>" + std::string(40, ' ') + "'/>", limits) == rule(Errc::xml_limits));
    BOOST_TEST(limited("<a b=\"" + std::string(40, '>') + "\"/>", limits) == rule(Errc::xml_limits));
    BOOST_TEST(limited("<a><!--\"<" + std::string(50, ' ') + "--></a>", limits) == "accepted");
    BOOST_TEST(limited("<a><![CDATA[<<" + std::string(50, ']') + "]]></a>", limits) == "accepted");
    BOOST_TEST(limited("<One>" + std::string(20, ' ') + "</One>", limits) == rule(Errc::xml_limits));
    BOOST_TEST(limited("<One>" + std::string(15, ' ') + "</One>", limits) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_failure_of_the_source_or_the_visitor_is_returned_as_it_is) {
    Listing listing;
    const OctetSource broken = [](std::span<char>) -> Result<std::size_t> { return fail(KeyErrc::file_unreadable); };
    BOOST_TEST(rule_of(read_stream(broken, {}, listing)) == rule(KeyErrc::file_unreadable));
    class Fussy final : public StreamVisitor {
    public:
        Result<Take> start(const StreamElement&) override { return fail(Errc::status_malformed, "enough"); }
        Result<void> end() override { return Done{}; }
        Result<void> kept(std::string_view, std::span<const std::uint32_t>) override { return Done{}; }
    } fussy;
    const auto verdict = read_stream(source_of("<a/>"), {}, fussy);
    BOOST_TEST_REQUIRE(rule_of(verdict) == rule(Errc::status_malformed));
    BOOST_TEST(verdict.error().detail == "enough");
}

BOOST_AUTO_TEST_CASE(a_document_that_we_sign_is_verified_by_xmlsec1_and_by_us) {
    const auto key = SigningKey::parse(fixture("keys/idp1-first.key.pem"), fixture("keys/idp1-first.crt.pem")).value();
    const auto text = sign_document(key, federation_text(""));
    BOOST_TEST_REQUIRE(rule_of(text) == "accepted");
    BOOST_TEST(slo::test::verify_xml(*text, fixture("keys/idp1-first.crt.pem")));
    BOOST_TEST(rule_of(verdict_on(*text)) == "accepted");
    BOOST_TEST(rule_of(sign_document(key, *text)) == rule(Errc::signature_count));
    BOOST_TEST(rule_of(sign_document(key, "<a/>")) == rule(Errc::signature_attribute));
    BOOST_TEST(rule_of(sign_document(key, "<a ID=\"1\"/>")) == rule(Errc::signature_attribute));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::saml::test
