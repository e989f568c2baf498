#include "slo/saml/keyed_digest.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>
#include <string>
#include <thread>
#include <vector>

#include "failure_check.hpp"

namespace {

using namespace slo::saml;
using slo::saml::test::rule;
using slo::saml::test::rule_of;

std::string counting_octets(std::size_t count) {
    std::string octets;
    for (std::size_t i = 0; i < count; ++i) octets += static_cast<char>(i);
    return octets;
}

/// SipHash-2-4-128 straight from its paper, so that OpenSSL isn't its own judge.
class ReferenceSipHash {
public:
    explicit ReferenceSipHash(std::string_view key)
        : v_{0x736f6d6570736575 ^ word(key), 0x646f72616e646f6d ^ word(key.substr(8)) ^ 0xee,
             0x6c7967656e657261 ^ word(key), 0x7465646279746573 ^ word(key.substr(8))} {}

    std::string hex(std::string_view octets) {
        const std::uint64_t length = octets.size();
        for (; octets.size() >= 8; octets.remove_prefix(8)) absorb(word(octets));
        std::string last(octets);
        last.resize(7, '\0');
        absorb(word(last + static_cast<char>(length)));
        v_[2] ^= 0xee;
        for (int i = 0; i < 4; ++i) round();
        std::string text = hex_of(v_[0] ^ v_[1] ^ v_[2] ^ v_[3]);
        v_[1] ^= 0xdd;
        for (int i = 0; i < 4; ++i) round();
        return text + hex_of(v_[0] ^ v_[1] ^ v_[2] ^ v_[3]);
    }

private:
    static std::uint64_t word(std::string_view octets) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{static_cast<unsigned char>(octets[i])} << (8 * i);
        return value;
    }
    static std::string hex_of(std::uint64_t value) {
        std::string text;
        for (int i = 0; i < 8; ++i, value >>= 8) {
            text += "0123456789abcdef"[value >> 4 & 15];
            text += "0123456789abcdef"[value & 15];
        }
        return text;
    }
    void absorb(std::uint64_t block) {
        v_[3] ^= block;
        round();
        round();
        v_[0] ^= block;
    }
    void round() {
        v_[0] += v_[1];
        v_[1] = std::rotl(v_[1], 13) ^ v_[0];
        v_[0] = std::rotl(v_[0], 32);
        v_[2] += v_[3];
        v_[3] = std::rotl(v_[3], 16) ^ v_[2];
        v_[0] += v_[3];
        v_[3] = std::rotl(v_[3], 21) ^ v_[0];
        v_[2] += v_[1];
        v_[1] = std::rotl(v_[1], 17) ^ v_[2];
        v_[2] = std::rotl(v_[2], 32);
    }
    std::array<std::uint64_t, 4> v_;
};

std::string prefixed(std::string_view part) {
    std::string octets;
    for (std::size_t i = 0; i < 8; ++i) octets += static_cast<char>(part.size() >> (8 * i) & 0xFF);
    return octets.append(part);
}

const KeyedDigest digest = *KeyedDigest::with_key(counting_octets(16));

BOOST_AUTO_TEST_SUITE(unit)

// vectors_sip128 of the reference implementation (github.com/veorq/SipHash): lengths 0 and 15.
BOOST_AUTO_TEST_CASE(agrees_with_the_published_vectors) {
    BOOST_TEST(digest.hex({}) == "a3817f04ba25a8e66df67214c7550293");
    BOOST_TEST(ReferenceSipHash(counting_octets(16)).hex("") == "a3817f04ba25a8e66df67214c7550293");
    BOOST_TEST(ReferenceSipHash(counting_octets(16)).hex(counting_octets(15)) == "5493e99933b0a8117e08ec0f97cfc3d9");
}

BOOST_AUTO_TEST_CASE(is_siphash_over_length_prefixed_parts) {
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 63U, 300U, 70'000U}) {
        const std::string part(size, 'x');
        BOOST_TEST(digest.hex({part}) == ReferenceSipHash(counting_octets(16)).hex(prefixed(part)), size);
        BOOST_TEST(
            digest.hex({"idp", part}) == ReferenceSipHash(counting_octets(16)).hex(prefixed("idp") + prefixed(part)),
            size);
    }
}

BOOST_AUTO_TEST_CASE(hex_is_the_number_with_its_high_half_first) {
    const Digest128 number = digest({});
    BOOST_TEST(number.high == 0xa3817f04ba25a8e6U);
    BOOST_TEST(number.low == 0x6df67214c7550293U);
}

BOOST_AUTO_TEST_CASE(where_one_part_ends_matters) {
    BOOST_TEST((digest({"a", "bc"}) != digest({"ab", "c"})));
    BOOST_TEST((digest({"abc"}) != digest({"abc", ""})));
    BOOST_TEST((digest({}) != digest({""})));
    BOOST_TEST((digest({"a", "bc"}) == digest({"a", "bc"})));
}

BOOST_AUTO_TEST_CASE(another_key_gives_another_digest) {
    const auto one = KeyedDigest::with_random_key();
    const auto two = KeyedDigest::with_random_key();
    BOOST_TEST_REQUIRE((one.has_value() && two.has_value()));
    BOOST_TEST(((*one)({"alice"}) != (*two)({"alice"})));
    const KeyedDigest copy = *one;
    BOOST_TEST((copy({"alice"}) == (*one)({"alice"})));
    // Interleaved use of two keys in one thread must not mix them up.
    const Digest128 first = (*one)({"alice"});
    (void)(*two)({"bob"});
    BOOST_TEST(((*one)({"alice"}) == first));
}

BOOST_AUTO_TEST_CASE(refuses_a_key_of_another_length) {
    for (const std::size_t size : {0U, 15U, 17U, 32U}) {
        BOOST_TEST(rule_of(KeyedDigest::with_key(std::string(size, 'k'))) == rule(KeyErrc::crypto_failure), size);
    }
}

BOOST_AUTO_TEST_CASE(threads_agree) {
    const std::string expected = digest.hex({"idp", "alice"});
    std::vector<int> agreed(4);
    std::vector<std::thread> threads;
    for (int& count : agreed) {
        threads.emplace_back([&count, &expected] {
            for (int i = 0; i < 1000; ++i) count += digest.hex({"idp", "alice"}) == expected ? 1 : 0;
        });
    }
    for (auto& thread : threads) thread.join();
    for (const int count : agreed) BOOST_TEST(count == 1000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
