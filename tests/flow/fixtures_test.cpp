// Every message of tests/fixtures/index.json, judged as the index says.
#include <boost/property_tree/json_parser.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <ostream>
#include <string>

#include "captured.hpp"
#include "expectations.hpp"
#include "fixtures.hpp"
#include "service_provider.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "xml_reading.hpp"
#include "xmlsec1.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;
using boost::property_tree::ptree;

namespace {

ptree json(std::string_view file) {
    ptree tree;
    boost::property_tree::read_json(fixture_path(file), tree);
    return tree;
}

/// One entry of the index with its own description.
struct Fixture {
    std::string peer;
    std::string file;
    std::string expected;
    std::string reason;
    ptree about;

    std::string path(const std::string& name) const { return peer + "/" + name; }
    std::string text(const char* key, const std::string& otherwise = {}) const { return about.get(key, otherwise); }
    std::string attribute(const std::string& name) const {
        return about.get(ptree::path_type("attributes/" + name, '/'), std::string());
    }
    std::vector<std::string> list(const char* key) const {
        std::vector<std::string> values;
        if (const auto found = about.get_child_optional(key)) {
            for (const auto& [unused, value] : *found) values.push_back(value.data());
        }
        return values;
    }
    bool is_capture() const { return file.ends_with(".http"); }
    std::string soap() const { return is_capture() ? captured_http(path(file)).body : fixture(path(file)); }
    bool uses_sha1() const { return text("signature.method").ends_with("#rsa-sha1"); }

    friend std::ostream& operator<<(std::ostream& out, const Fixture& fixture) {
        return out << fixture.peer << "/" << fixture.file << " (" << fixture.expected << ")";
    }
};

std::vector<Fixture> all_fixtures() {
    std::vector<Fixture> fixtures;
    for (const auto& [unused, entry] : json("index.json")) {
        Fixture one{entry.get<std::string>("peer"),
                    entry.get<std::string>("file"),
                    entry.get<std::string>("expected"),
                    entry.get<std::string>("reason"),
                    {}};
        const auto stem = one.file.substr(0, one.file.find(one.is_capture() ? ".http" : ".soap.xml"));
        one.about = json(one.path(stem + ".json"));
        fixtures.push_back(std::move(one));
    }
    return fixtures;
}

/// The exceptions that this message needs; everything else stays strict.
saml::AlgorithmPolicy algorithms_for(const Fixture& fixture) {
    saml::AlgorithmPolicy policy;
    if (fixture.uses_sha1()) policy.sha1 = saml::AlgorithmPolicy::Sha1::dangerously_accepted;
    if (fixture.text("encrypted_id") == "true") {
        policy.cbc = saml::AlgorithmPolicy::Cbc::accepted_once_authenticated;
    }
    return policy;
}

/// The rule of a reason in the index.
std::string rule_for(const std::string& reason) {
    static const std::map<std::string, std::string> rules{
        {"expired: NotOnOrAfter one hour before judge_at", "check.not_on_or_after"},
        {"not signed", "sig.missing"},
        {"digest mismatch: SessionIndex changed", "sig.invalid"},
        {"digest mismatch", "sig.invalid"},
        {"signature value changed", "sig.invalid"},
        {"not well-formed", "xml.malformed"},
        {"Destination is another endpoint", "check.destination"},
        {"weak signature algorithm (RSA-SHA1)", "sig.algorithm"},
        {"RSA-SHA1", "sig.algorithm"},
        {"unsigned LogoutResponse over SOAP: only fit where the channel is authenticated (TLS)", "sig.missing"},
        {"not a LogoutResponse: an error page", "xml.doctype"},
        {"HTTP 200 with the HTML portal page", "xml.doctype"},
        {"HTTP 400, a Fault that is not well-formed XML", "xml.malformed"},
        {"HTTP 400", "xml.malformed"}};
    return rules.at(reason);
}

std::optional<std::string> name_id_part(const Fixture& fixture, const char* part) {
    const auto value = fixture.about.get_optional<std::string>("name_id." + std::string(part));
    return value ? std::optional(*value) : std::nullopt;
}

/// The principal as the description says it; of an EncryptedID, as xmlsec1 decrypts it. The description's values are
/// markup.
saml::NameID principal_of(const Fixture& fixture) {
    if (fixture.text("encrypted_id") == "true") {
        const auto opened = read_xml(decrypt_xml(fixture.soap(), "sp/sp.key.pem"));
        const auto* name_id = opened.find(saml_ns, "NameID");
        return {name_id->text, name_id->attributes.at("Format"), {}, {}, {}};
    }
    return {read_xml("<x>" + fixture.text("name_id.value") + "</x>").text,
            name_id_part(fixture, "Format"),
            name_id_part(fixture, "NameQualifier"),
            name_id_part(fixture, "SPNameQualifier"),
            {}};
}

/// A service provider in the place of the recipient, with the session or sessions that the message names and three
/// more.
class Recipient {
public:
    Recipient(const Fixture& fixture, saml::AlgorithmPolicy algorithms)
        : fixture_(fixture), provider_(options(fixture, algorithms)) {
        const auto name_id = principal_of(fixture);
        auto indexes = fixture.list("session_index");
        if (indexes.empty()) indexes = {"any"};
        for (const auto& index : indexes) {
            const auto id = "named" + std::to_string(count_++);
            admit(id, fixture.text("issuer"), name_id, index);
            named_ += (named_.empty() ? "" : " ") + id;
        }
        auto other = name_id;
        other.value += "-2";
        admit("other-name", fixture.text("issuer"), other, indexes[0]);
        admit("other-idp", "https://idp3.example.org/metadata", name_id, indexes[0]);
        admit("other-index", fixture.text("issuer"), name_id, "some other index");
    }

    Reply judge() {
        const auto type = fixture_.text("http_headers_sent.content-type", "text/xml");
        if (fixture_.is_capture()) return provider_.send(captured_http(fixture_.path(fixture_.file)).request());
        return provider_.post(fixture_.soap(), {{"Content-Type", type}});
    }
    void expect_named_ended() {
        const bool every_index = fixture_.list("session_index").empty();
        expect_sessions(provider_, every_index ? "other-name other-idp" : "other-name other-idp other-index",
                        every_index ? named_ + " other-index" : named_);
    }
    void expect_nothing_ended() { expect_sessions(provider_, named_ + " other-name other-idp other-index", ""); }
    std::string rule() const { return provider_.audit.last().rule; }

private:
    static ServiceProviderOptions options(const Fixture& fixture, saml::AlgorithmPolicy algorithms) {
        ServiceProviderOptions options;
        options.entity_id = fixture.text("recipient.entity_id");
        options.destinations = {fixture.text("recipient.endpoint")};
        options.endpoint.soap_path = options.destinations[0].substr(options.destinations[0].find('/', 8));
        options.now = at(fixture.text("judge_at"));
        idp_adapter::InteropProfile profile;
        profile.algorithms = algorithms;
        const auto type = fixture.text("http_headers_sent.content-type");
        if (!type.empty()) profile.extra_content_types = {type};
        options.idps = {idp_from(test::fixture(fixture.path(fixture.text("issuer_metadata"))), profile), idp2()};
        return options;
    }
    void admit(const std::string& id, const std::string& idp, const saml::NameID& name_id, const std::string& index) {
        auto made = session(id, idp, name_id, {index});
        made.sp = entity_id(fixture_.text("recipient.entity_id"));
        made.authn_instant = at(fixture_.text("judge_at")) - 1h;
        BOOST_REQUIRE((provider_.admit(made) == sp::Admission::admitted));
    }

    const Fixture& fixture_;
    ServiceProvider provider_;
    unsigned count_ = 0;
    std::string named_;
};

void judge_at_recipient(const Fixture& fixture) {
    if (fixture.expected == "policy" || fixture.text("encrypted_id") == "true") {
        Recipient strict(fixture, {});
        expect_status(strict.judge(), "Requester", {"", "RequestDenied", "UnknownPrincipal"}, fixture.attribute("ID"));
        BOOST_TEST(strict.rule() == (fixture.expected == "policy" ? rule_for(fixture.reason) : "id.decryption"));
        strict.expect_nothing_ended();
    }
    Recipient recipient(fixture, algorithms_for(fixture));
    const auto reply = recipient.judge();
    if (fixture.expected != "reject") {
        expect_ok(reply, fixture.attribute("ID"));
        recipient.expect_named_ended();
        return;
    }
    BOOST_TEST(recipient.rule() == rule_for(fixture.reason));
    recipient.expect_nothing_ended();
    if (recipient.rule() == "xml.malformed") return expect_fault(reply, "Client");
    expect_requester(reply, fixture.attribute("ID"));
}

saml::VerificationKey issuer_key(const Fixture& fixture) {
    const auto certificate = fixture.text("issuer_certificate");
    if (!certificate.empty()) return key_of_certificate(fixture.path(certificate));
    return first_key_of_metadata(fixture.path(fixture.text("issuer_metadata")));
}

/// A request from an SP to an IdP: the same message, judged below the service provider.
void judge_sp_initiated_request(const Fixture& fixture) {
    const auto now = at(fixture.text("judge_at"));
    const auto key = issuer_key(fixture);
    auto strict = expectations(fixture.text("issuer"), fixture.attribute("Destination"), now, {});
    const auto by_default = judge_request(fixture.soap(), key, strict);
    BOOST_TEST(by_default.rule == (fixture.uses_sha1() ? "sig.algorithm" : ""));
    strict.algorithms = algorithms_for(fixture);
    const auto verdict = judge_request(fixture.soap(), key, strict);
    BOOST_TEST(verdict.rule == "");
    BOOST_REQUIRE(verdict.message.has_value());
    BOOST_TEST(verdict.message->id.str() == fixture.attribute("ID"));
    BOOST_TEST((std::get<saml::NameID>(verdict.message->identifier) == principal_of(fixture)));
    BOOST_REQUIRE(verdict.message->session_indexes.size() == 1U);
    BOOST_TEST(verdict.message->session_indexes[0].str() == fixture.list("session_index").at(0));
}

void judge_answer(const Fixture& fixture) {
    const auto now = at(fixture.text("judge_at"));
    const auto key = issuer_key(fixture);
    const auto expected = expectations(fixture.text("issuer"), "", now, algorithms_for(fixture));
    const auto answered = fixture.attribute("InResponseTo");
    const auto verdict = judge_response(fixture.soap(), key, answered, expected);
    if (fixture.expected == "policy") {
        BOOST_TEST(verdict.rule == rule_for(fixture.reason));
        return;
    }
    BOOST_TEST(verdict.rule == "");
    BOOST_REQUIRE(verdict.message.has_value());
    BOOST_TEST(status_uris(verdict.message->status) == fixture.list("status"), boost::test_tools::per_element());
    BOOST_TEST(verdict.message->in_response_to->str() == answered);
    BOOST_TEST(judge_response(fixture.soap(), key, "_another", expected).rule == "check.in_response_to");
    if (!fixture.uses_sha1()) return;
    const auto strict = expectations(fixture.text("issuer"), "", now, {});
    BOOST_TEST(judge_response(fixture.soap(), key, answered, strict).rule == "sig.algorithm");
}

void judge_what_is_no_answer(const Fixture& fixture) {
    const auto expected = expectations("https://idp.example.org/", "", at(fixture.text("judge_at")), {});
    const auto verdict = judge_response(fixture.soap(), issuer_key(fixture), "_x", expected);
    BOOST_TEST(verdict.rule == rule_for(fixture.reason));
}

bool from_an_idp(const Fixture& fixture) {
    const auto metadata = metadata::parse_entity_descriptor(
        test::fixture(fixture.path(fixture.text("issuer_metadata"))), at(fixture.text("judge_at")), 180s);
    BOOST_REQUIRE(metadata.has_value());
    return metadata->idp.has_value();
}

struct CountFixtures {
    static inline unsigned judged = 0;
    void teardown() { std::cout << "fixtures: " << judged << " of " << all_fixtures().size() << " judged\n"; }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(CountFixtures);

BOOST_AUTO_TEST_SUITE(flow_fixtures)

BOOST_DATA_TEST_CASE(judges_each_message_as_the_index_says, boost::unit_test::data::make(all_fixtures()), one) {
    const auto message = one.text("message");
    if (message == "LogoutResponse") judge_answer(one);
    if (message == "LogoutRequest" && from_an_idp(one)) judge_at_recipient(one);
    if (message == "LogoutRequest" && !from_an_idp(one)) judge_sp_initiated_request(one);
    if (message.empty()) judge_what_is_no_answer(one);
    ++CountFixtures::judged;
}

BOOST_AUTO_TEST_CASE(finds_every_description_in_the_index) {
    BOOST_TEST(all_fixtures().size() == 57U);
}

BOOST_AUTO_TEST_SUITE_END()
