#include "slo/saml/record_cipher.hpp"

#include <openssl/hmac.h>

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

#include "failure_check.hpp"

namespace {

using namespace slo::saml;
using slo::saml::test::rule;
using slo::saml::test::rule_of;

const std::string index_key(32, 'i');
const std::string old_key(32, 'o');
const std::string new_key(32, 'n');

RecordCipher cipher_with(const std::vector<std::string>& sealing_keys) {
    return RecordCipher::with_keys({index_key, sealing_keys}).value();
}

// HMAC-SHA-256 (RFC 2104) of length-prefixed parts, by OpenSSL's other interface.
std::string reference_name(const std::vector<std::string>& parts) {
    std::string octets;
    for (const std::string& part : parts) {
        octets += static_cast<char>(part.size());
        octets += std::string(7, '\0') + part;
    }
    std::string digest(32, '\0');
    unsigned length = 0;
    HMAC(EVP_sha256(), index_key.data(), static_cast<int>(index_key.size()),
         reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
         reinterpret_cast<unsigned char*>(digest.data()), &length);
    return digest.substr(0, 16);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(record_cipher)

BOOST_AUTO_TEST_CASE(a_name_is_the_front_of_hmac_sha_256) {
    BOOST_TEST(cipher_with({old_key}).name({"principal", "N1"}) == reference_name({"principal", "N1"}));
}

BOOST_AUTO_TEST_CASE(the_parts_of_a_name_never_run_together) {
    const RecordCipher cipher = cipher_with({old_key});
    const std::set<std::string> names{cipher.name({"a", "bc"}), cipher.name({"ab", "c"}), cipher.name({"abc"}),
                                      cipher.name({"abc", ""}), cipher.name({})};
    BOOST_TEST(names.size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_name_stays_when_the_sealing_keys_are_rotated) {
    BOOST_TEST(cipher_with({old_key}).name({"N1"}) == cipher_with({new_key, old_key}).name({"N1"}));
}

BOOST_AUTO_TEST_CASE(a_sealed_record_opens_with_its_context_and_shows_nothing) {
    const RecordCipher cipher = cipher_with({old_key});
    const std::string plain = "user@example.org";
    const std::string sealed = cipher.seal(plain, "here").value();
    BOOST_TEST(cipher.open(sealed, "here").value() == plain);
    BOOST_TEST(sealed.find("user") == std::string::npos);
    BOOST_TEST(cipher.seal(plain, "here").value() != sealed);
    BOOST_TEST(rule_of(cipher.open(sealed, "there")) == rule(KeyErrc::crypto_failure));
}

BOOST_AUTO_TEST_CASE(no_changed_or_shortened_record_opens) {
    const RecordCipher cipher = cipher_with({old_key});
    const std::string sealed = cipher.seal("plain", "c").value();
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(rule_of(cipher.open(changed, "c")) == rule(KeyErrc::crypto_failure));
        BOOST_TEST(rule_of(cipher.open(sealed.substr(0, i), "c")) == rule(KeyErrc::crypto_failure));
    }
}

BOOST_AUTO_TEST_CASE(a_rotated_key_opens_its_records_and_seals_no_more) {
    const std::string before = cipher_with({old_key}).seal("plain", "c").value();
    const RecordCipher both = cipher_with({new_key, old_key});
    BOOST_TEST(both.open(before, "c").value() == "plain");
    const std::string after = both.seal("plain", "c").value();
    BOOST_TEST(cipher_with({new_key}).open(after, "c").value() == "plain");
    BOOST_TEST(rule_of(cipher_with({old_key}).open(after, "c")) == rule(KeyErrc::crypto_failure));
}

BOOST_AUTO_TEST_CASE(refuses_keys_of_another_length_none_and_the_same_twice) {
    const auto rule_for = [](const std::string& index, const std::vector<std::string>& sealing) {
        return rule_of(RecordCipher::with_keys({index, sealing}));
    };
    BOOST_TEST(rule_for(index_key.substr(1), {old_key}) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_for(index_key, {old_key + "x"}) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_for(index_key, {}) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_for(index_key, {old_key, old_key}) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_for(index_key, {index_key}) == rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
