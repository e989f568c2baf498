// Responses made by other people's software, each judged at its own clock: tests/fixtures/sign-on.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

#include "failure_check.hpp"
#include "sign_on_messages.hpp"

using namespace slo;
using namespace slo::saml;
using namespace slo::saml::test;

namespace {

/// The file, and the first broken rule where its IdP may also use SHA-1 and AES-CBC.
struct CapturedRow {
    std::string file;
    std::string rule;
    friend std::ostream& operator<<(std::ostream& out, const CapturedRow& row) { return out << row.file; }
};

const std::vector<CapturedRow> rows{
    {"keycloak/error-no-passive", "response.status"},
    {"keycloak/solicited-assertion-signed", "accepted"},
    {"keycloak/solicited-both-signed", "accepted"},
    {"keycloak/solicited-encrypted", "accepted"},
    {"keycloak/solicited-imported-client", "accepted"},
    {"keycloak/solicited-transient", "accepted"},
    {"keycloak/unsolicited", "accepted"},
    {"lasso/error-no-passive", "response.status"},
    {"lasso/solicited-other-in-response-to", "sig.invalid"},
    {"lasso/solicited-tampered-name-id", "sig.invalid"},
    {"lasso/solicited-transient", "accepted"},
    {"lasso/solicited-unsigned", "sig.missing"},
    {"lasso/unsolicited-email", "accepted"},
    {"lasso/unsolicited-encrypted", "accepted"},
    {"lasso/unsolicited-session-limit", "accepted"},
    {"lasso/unsolicited-transient", "accepted"},
    {"pysaml2/error-no-passive", "response.status"},
    {"pysaml2/solicited-assertion-signed", "accepted"},
    {"pysaml2/solicited-both-signed", "accepted"},
    {"pysaml2/solicited-encrypted-signed-inside", "id.decryption"},
    {"pysaml2/solicited-encrypted-signed-response", "id.decryption"},
    {"pysaml2/solicited-late", "confirmation.time"},
    {"pysaml2/solicited-persistent", "accepted"},
    {"pysaml2/solicited-response-signed", "accepted"},
    {"pysaml2/solicited-unsigned", "sig.missing"},
    {"pysaml2/solicited-wrong-recipient", "confirmation.recipient"},
    {"pysaml2/unsolicited-assertion-signed", "accepted"},
    {"pysaml2/unsolicited-wrapped-in-response-to", "confirmation.in_response_to"},
    {"samlify/solicited-assertion-signed", "saml.schema"},
    {"samlify/solicited-both-signed", "saml.schema"},
    {"samlify/solicited-encrypted-then-signed", "saml.schema"},
    {"samlp/solicited-assertion-signed", "accepted"},
    {"samlp/solicited-encrypted", "accepted"},
    {"samlp/solicited-response-signed", "accepted"},
    {"samlp/unsolicited-assertion-signed", "accepted"},
    {"simplesamlphp/error-no-passive", "response.status"},
    {"simplesamlphp/solicited-encrypted", "accepted"},
    {"simplesamlphp/solicited-transient", "accepted"},
    {"simplesamlphp/unsolicited-transient", "accepted"},
    {"wrapping/xsw-35-original-in-signature", "response.structure"},
    {"wrapping/xsw-36-original-before-signature", "response.structure"},
    {"wrapping/xsw-36-original-in-extensions-same-id", "xml.duplicate_id"},
    {"wrapping/xsw-37-forged-first", "response.structure"},
    {"wrapping/xsw-37-forged-last", "response.structure"},
    {"wrapping/xsw-38-signed-in-forged", "response.structure"},
    {"wrapping/xsw-39-signature-in-forged", "response.structure"},
    {"wrapping/xsw-40-original-in-signature", "response.structure"},
    {"wrapping/xsw-41-original-in-extensions-same-id", "xml.duplicate_id"},
    {"wrapping/xsw-41-original-in-extensions", "response.structure"},
    {"wrapping/xsw-42-original-in-object", "xml.duplicate_id"},
    {"wrapping/xsw-43-original-in-status-detail", "response.structure"},
    {"wrapping/xsw-44-original-in-advice", "response.structure"},
    {"wrapping/xsw-44-original-in-attribute-value", "response.structure"},
    {"wrapping/xsw-44-original-in-confirmation-data", "response.structure"},
    {"wrapping/xsw-45-original-in-encrypted-assertion", "response.structure"},
    {"wrapping/xsw-50-response-in-response", "response.structure"},
    {"wrapping/xsw-51-signed-error-as-carrier", "response.structure"},
    {"wrapping/xsw-51-signed-error-in-extensions", "response.structure"},
    {"wrapping/xsw-51-strong-error-in-extensions", "response.structure"},
    {"wrapping/xsw-51-strong-error-in-object", "response.structure"},
    {"wrapping/xsw-51-strong-error-in-status-detail", "response.structure"},
    {"wrapping/xsw-51-strong-error-with-assertion", "sig.invalid"},
    {"wrapping/xsw-51-strong-forged-in-second-signature", "response.structure"},
    {"wrapping/xsw-53-two-signatures", "sig.count"},
    {"wrapping/xsw-54-signature-last", "sig.position"},
    {"wrapping/xsw-55-signature-under-response", "sig.reference"},
    {"wrapping/xsw-61-doctype", "xml.doctype"},
    {"wrapping/xsw-62-comment-in-name-id", "xml.comment"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sign_on_fixtures)

BOOST_DATA_TEST_CASE(a_response_of_other_software_is_admitted_or_breaks_this_rule, boost::unit_test::data::make(rows),
                     row) {
    const auto principal = CapturedResponse(row.file).judged();
    BOOST_TEST(rule_of(principal) == row.rule, row.file << ": " << (principal ? "" : principal.error().detail));
}

BOOST_AUTO_TEST_SUITE_END()
