// Queries that other software has written and signed, judged as their descriptions say.
#include <boost/property_tree/json_parser.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>

#include "failure_check.hpp"
#include "query_access.hpp"
#include "signed_messages.hpp"
#include "slo/saml/redirect.hpp"

using namespace slo::saml;
using namespace slo::saml::test;
using boost::property_tree::ptree;

namespace {

/// One query with its description.
struct Capture {
    std::string stem;  ///< "sign-on/lasso/logout-request"
    ptree about = {};

    std::string text(const char* path) const { return about.get(ptree::path_type(path, '/'), std::string()); }
    std::string query() const { return fixture(stem + ".query.txt"); }
    bool is_ours() const { return text("issuer_certificate").starts_with("../../sp/"); }
    /// Those of an SP are judged as their IdP would.
    std::string destination() const { return text(is_ours() ? "attributes/Destination" : "recipient/endpoint"); }
    VerificationKey key() const {
        const auto file = std::filesystem::path(stem).parent_path() / text("issuer_certificate");
        return VerificationKey::from(Certificate::parse(fixture(file.string())).value()).value();
    }
    Expectations expected(AlgorithmPolicy::Sha1 sha1) const {
        return {.issuer = EntityID::parse(text("issuer")).value(),
                .destinations = {EndpointUrl::parse(destination()).value()},
                .now = parse_instant(text("judge_at")).value(),
                .algorithms = {.sha1 = sha1}};
    }
    friend std::ostream& operator<<(std::ostream& out, const Capture& capture) { return out << capture.stem; }
};

std::vector<Capture> all_captures() {
    std::vector<Capture> captures;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(SLO_FIXTURES "/sign-on")) {
        const std::string path = entry.path().lexically_relative(SLO_FIXTURES).string();
        constexpr std::string_view ending = ".query.txt";
        if (path.ends_with(ending)) captures.push_back({path.substr(0, path.size() - ending.size())});
    }
    std::ranges::sort(captures, {}, &Capture::stem);
    for (Capture& capture : captures) read_json(SLO_FIXTURES "/" + capture.stem + ".json", capture.about);
    return captures;
}

/// The rule by which each is refused that isn't valid as it stands.
std::string rule_for(const std::string& stem) {
    static const std::map<std::string, std::string> rules{
        {"sign-on/keycloak/solicited-by-redirect", "query.response"},
        {"sign-on/lasso/logout-request-other-relay-state", "sig.invalid"},
        {"sign-on/lasso/logout-request-sha1", "sig.algorithm"},
        {"sign-on/node-saml/authn-request", "sig.invalid"},
        {"sign-on/pysaml2/logout-request-embedded-only", "sig.missing"},
        {"sign-on/pysaml2/logout-request-empty-relay-state", "accepted"},
        {"sign-on/pysaml2/logout-request-reencoded", "sig.invalid"},
        {"sign-on/pysaml2/logout-request-unsigned", "sig.missing"},
    };
    return rules.at(stem);
}

void check_fields(const Capture& capture, const LogoutRequest& request) {
    BOOST_TEST(request.id.str() == capture.text("attributes/ID"));
    BOOST_TEST(request.destination.value() == capture.destination());
    BOOST_TEST(std::get<NameID>(request.identifier).value == capture.text("name_id/value"));
    const auto indexes = capture.about.get_child("session_index");
    BOOST_TEST_REQUIRE(request.session_indexes.size() == indexes.size());
    for (std::size_t i = 0; const auto& [unused, index] : indexes) {
        BOOST_TEST(request.session_indexes[i++].str() == index.data());
    }
}

std::string judged(const Capture& capture, AlgorithmPolicy::Sha1 sha1 = AlgorithmPolicy::Sha1::refused) {
    auto read = redirect::decode(capture.query());
    if (!read) return rule_of(read);
    const std::vector keys{capture.key()};
    const Expectations expected = capture.expected(sha1);
    if (capture.text("message") == "LogoutRequest") {
        const auto verified = MessageVerifier::verify(UnverifiedLogoutRequest::parse(read->message).value(),
                                                      read->signature, keys, expected);
        if (verified) check_fields(capture, **verified);
        return rule_of(verified);
    }
    if (capture.text("message") == "LogoutResponse") {
        const auto request_id = MessageID::parse(capture.text("attributes/InResponseTo")).value();
        const auto verified = MessageVerifier::verify(UnverifiedLogoutResponse::parse(read->message).value(),
                                                      read->signature, keys, request_id, expected);
        if (verified) BOOST_TEST(((*verified)->status.code == TopLevelStatus::success));
        return rule_of(verified);
    }
    BOOST_TEST((read->message.other_request() == RefusedRequest::authn_request));
    return rule_of(detail::QueryAccess::open(read->signature, keys, expected.algorithms));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(captured_redirects)

BOOST_DATA_TEST_CASE(are_judged_as_their_descriptions_say, boost::unit_test::data::make(all_captures()), capture) {
    const bool is_valid = capture.text("expected") == "valid";
    BOOST_TEST(judged(capture) == (is_valid ? "accepted" : rule_for(capture.stem)));
}

BOOST_AUTO_TEST_CASE(with_sha1_are_believed_where_it_is_dangerously_accepted) {
    Capture capture{"sign-on/lasso/logout-request-sha1"};
    read_json(SLO_FIXTURES "/" + capture.stem + ".json", capture.about);
    BOOST_TEST(judged(capture, AlgorithmPolicy::Sha1::dangerously_accepted) == "accepted");
}

BOOST_AUTO_TEST_CASE(are_all_there) {
    BOOST_TEST(all_captures().size() == 24U);
}

BOOST_AUTO_TEST_SUITE_END()
