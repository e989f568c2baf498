#include "c_errors.hpp"

#include <libxml/parser.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <boost/test/unit_test.hpp>

#include <string_view>

#include "slo/saml/xml.hpp"

namespace {

using namespace slo::saml;

void count_error(void* context, xmlErrorPtr) {
    ++*static_cast<int*>(context);
}

void count_text(void* context, const char* /*format*/, ...) {  // NOLINT(cert-dcl50-cpp): libxml2's signature
    ++*static_cast<int*>(context);
}

void let_libxml2_fail() {
    constexpr std::string_view broken = "<a";
    xmlFreeDoc(xmlReadMemory(broken.data(), static_cast<int>(broken.size()), nullptr, nullptr, XML_PARSE_NONET));
}

void let_openssl_fail() {
    ERR_raise(ERR_LIB_EVP, EVP_R_UNSUPPORTED_ALGORITHM);
}

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(openssls_reasons_are_taken_once) {
    let_openssl_fail();
    let_openssl_fail();
    BOOST_TEST(take_openssl_errors() == "unsupported algorithm; unsupported algorithm");
    BOOST_TEST(take_openssl_errors().empty());
}

BOOST_AUTO_TEST_CASE(a_scope_keeps_the_hosts_handler_out_and_puts_it_back) {
    int heard = 0;
    xmlSetStructuredErrorFunc(&heard, count_error);
    {
        const CErrorScope quiet;
        let_libxml2_fail();
        BOOST_TEST(heard == 0);
    }
    BOOST_TEST(xmlGetLastError() == nullptr);
    let_libxml2_fail();
    BOOST_TEST(heard > 0);
    xmlSetStructuredErrorFunc(nullptr, nullptr);
    xmlResetLastError();
}

// libxml2's lists print straight to it when memory runs out.
BOOST_AUTO_TEST_CASE(a_scope_keeps_text_from_the_hosts_generic_handler_and_puts_it_back) {
    int heard = 0;
    xmlSetGenericErrorFunc(&heard, count_text);
    {
        const CErrorScope quiet;
        xmlGenericError(xmlGenericErrorContext, "%s", "out of memory");
        BOOST_TEST(heard == 0);
    }
    BOOST_TEST((xmlGenericError == count_text));
    BOOST_TEST(xmlGenericErrorContext == &heard);
    xmlSetGenericErrorFunc(nullptr, nullptr);
}

BOOST_AUTO_TEST_CASE(a_scope_leaves_openssls_queue_empty) {
    {
        const CErrorScope quiet;
        let_openssl_fail();
    }
    BOOST_TEST(ERR_peek_error() == 0U);
}

BOOST_AUTO_TEST_CASE(the_hosts_handler_survives_our_parser) {
    int heard = 0;
    xmlSetStructuredErrorFunc(&heard, count_error);
    (void)xml::Document::parse("<a").has_value();
    BOOST_TEST(heard == 0);
    BOOST_TEST((xmlStructuredError == count_error));
    BOOST_TEST(xmlStructuredErrorContext == &heard);
    xmlSetStructuredErrorFunc(nullptr, nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
