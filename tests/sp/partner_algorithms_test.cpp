// The signature for a partner whose metadata lists the algorithms that it can verify (rows ALG-02 to ALG-04).
#include <boost/test/unit_test.hpp>

#include "service_under_test.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {
namespace {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

struct Fixture : ServiceUnderTest {
    SoapReply answer_to_idp_with(metadata::AlgorithmSupport algorithms,
                                 saml::AlgorithmPolicy::RsaPss rsa_pss = saml::AlgorithmPolicy::RsaPss::refused) {
        idp_adapter::Idp idp = idp_with_first_key();
        idp.profile.algorithms.rsa_pss = rsa_pss;
        idp.algorithms = std::move(algorithms);
        parts.idps = directory_of({idp});
        store.begun = BegunLogout(FreshLogout{});
        return handle(signed_body(baseline_request()));
    }
};

metadata::AlgorithmSupport only(std::string_view method) {
    return {.digests = {}, .signing = {{.algorithm = std::string(method), .min_key_size = {}, .max_key_size = {}}}};
}

bool signed_with(const SoapReply& reply, std::string_view method) {
    return reply.body.find("<ds:SignatureMethod Algorithm=\"" + std::string(method) + "\"") != std::string::npos;
}

constexpr std::string_view rsa_sha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
constexpr std::string_view rsa_sha512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
constexpr std::string_view pss_sha256 = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
constexpr std::string_view pss_sha512 = "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1";
constexpr std::string_view ecdsa_sha256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
constexpr std::string_view rsa_sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(partner_algorithms, Fixture)

BOOST_AUTO_TEST_CASE(a_partner_that_lists_nothing_gets_our_keys_usual_algorithm) {
    BOOST_TEST(signed_with(answer_to_idp_with({}), rsa_sha256));
}

BOOST_AUTO_TEST_CASE(a_partner_gets_an_algorithm_that_it_lists) {
    BOOST_TEST(signed_with(answer_to_idp_with(only(rsa_sha512)), rsa_sha512));
}

BOOST_AUTO_TEST_CASE(an_idp_of_rsa_pss_gets_rsa_pss_alone) {
    constexpr auto accepted = saml::AlgorithmPolicy::RsaPss::accepted;
    constexpr auto used = saml::AlgorithmPolicy::RsaPss::accepted_and_used;
    BOOST_TEST(signed_with(answer_to_idp_with({}, used), pss_sha256));
    end_service();
    BOOST_TEST(signed_with(answer_to_idp_with(only(pss_sha512), used), pss_sha512));
    end_service();
    BOOST_TEST(signed_with(answer_to_idp_with({}, accepted), rsa_sha256), "accepted is not used");
    end_service();
    for (const auto& [method, rsa_pss] : {std::pair(rsa_sha256, used), std::pair(pss_sha256, accepted)}) {
        BOOST_TEST(answer_to_idp_with(only(method), rsa_pss).http_status == 500, method);
        BOOST_TEST(audit.last().rule == "meta.no_common_algorithm", method);
        end_service();
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_a_partner_could_not_verify_is_not_sent) {
    for (const std::string_view method : {ecdsa_sha256, rsa_sha1}) {
        const SoapReply reply = answer_to_idp_with(only(method));
        BOOST_TEST(reply.http_status == 500);
        BOOST_TEST(audit.last().status == "Fault/Server");
        BOOST_TEST(audit.last().rule == "meta.no_common_algorithm");
        end_service();
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
