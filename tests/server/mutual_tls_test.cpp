// Ways around a listener that asks for client certificates, and what they cost it.
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tls_client.hpp"

using namespace slo;
using namespace slo::test;

namespace {

using enum sp::ClientCertificates;

/// A CA of our own, and a listener that requires its certificates.
struct GuardedServer {
    Identity ca = certified(authority("the CA"));
    CertificateFile file{ca};
    TlsServer running{required, std::chrono::seconds(5), file.path()};

    [[nodiscard]] bool admits(const Identity& identity, const std::vector<const Identity*>& chain = {}) const {
        bool admitted[] = {false, false};
        for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
            admitted[version == TLS1_3_VERSION] =
                running.answers({.version = version, .identity = &identity, .chain = chain});
        }
        BOOST_TEST(admitted[0] == admitted[1]);
        return admitted[0] || admitted[1];
    }
};

/// `count` CAs, each of them certified by the one before it, the first one by `ca`.
std::vector<Identity> chain_below(const Identity& ca, int count, const CertificateText& text) {
    std::vector<Identity> chain;
    for (int i = 0; i < count; ++i) {
        auto link = text;
        link.common_name += std::to_string(i);
        chain.push_back(certified(link, chain.empty() ? &ca : &chain.back()));
    }
    return chain;
}

std::vector<const Identity*> pointers_to(const std::vector<Identity>& chain) {
    std::vector<const Identity*> pointers;
    for (const auto& identity : chain) pointers.push_back(&identity);
    return pointers;
}

using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

Identity rsa_identity(int bits, const char* exponent_hex) {
    BIGNUM* exponent = nullptr;
    BN_hex2bn(&exponent, exponent_hex);
    const std::unique_ptr<BIGNUM, FreedBy<BN_free>> owner(exponent);
    const std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_keygen_init(context.get());
    EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits);
    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent);
    BOOST_TEST_REQUIRE(EVP_PKEY_generate(context.get(), &key) == 1);
    return certified_by(Key(key));
}

/// SHA-256 of the SubjectPublicKeyInfo, lower-case hex.
std::string key_hash_of(X509* certificate) {
    std::array<unsigned char, 32> digest{};
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(X509_get0_pubkey(certificate), &der);
    EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    std::string hex;
    for (const unsigned octet : digest) {
        hex += "0123456789abcdef"[octet >> 4U];
        hex += "0123456789abcdef"[octet & 0xFU];
    }
    return hex;
}
std::string key_hash_in(const std::string& pem_file) {
    const std::unique_ptr<BIO, FreedBy<BIO_free_all>> file(BIO_new_file(pem_file.c_str(), "r"));
    const std::unique_ptr<X509, FreedBy<X509_free>> certificate(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
    return key_hash_of(certificate.get());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_mutual_tls)

BOOST_AUTO_TEST_CASE(admits_a_certificate_of_its_ca_and_no_other) {
    GuardedServer guarded;
    const CertificateText client{.common_name = "an IdP"};
    BOOST_TEST(guarded.admits(certified(client, &guarded.ca)));

    const auto namesake = certified(authority("the CA"));
    BOOST_TEST(!guarded.admits(certified(client)));
    BOOST_TEST(!guarded.admits(certified(client, &namesake)));
    BOOST_TEST(!guarded.admits(certified(client, &namesake), {&namesake}));
    BOOST_TEST(!guarded.admits(namesake));
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION})
        BOOST_TEST(!guarded.running.answers({.version = version}));
    BOOST_TEST(guarded.running.handler.requests().size() == 2u);
}

// The key in the certificate must be the client's: otherwise a client could present one that an IdP once showed.
BOOST_AUTO_TEST_CASE(refuses_a_certificate_that_the_client_has_no_key_for) {
    GuardedServer guarded;
    const auto real = certified({.common_name = "an IdP"}, &guarded.ca);
    Context context(SSL_CTX_new(TLS_client_method()));
    BOOST_TEST(SSL_CTX_use_certificate(context.get(), real.certificate.get()) == 1);
    BOOST_TEST(SSL_CTX_use_PrivateKey(context.get(), certified({.common_name = "a thief"}).key.get()) == 0);
    ERR_clear_error();

    // OpenSSL won't send such a pair. So: the genuine names and dates around the thief's own key, and the CA's name.
    auto forged = certified({.common_name = "an IdP"});
    X509_set_issuer_name(forged.certificate.get(), X509_get_subject_name(guarded.ca.certificate.get()));
    X509_sign(forged.certificate.get(), forged.key.get(), EVP_sha256());
    BOOST_TEST(!guarded.admits(forged));
}

BOOST_AUTO_TEST_CASE(refuses_certificates_out_of_their_time) {
    GuardedServer guarded;
    BOOST_TEST(!guarded.admits(certified({.common_name = "an IdP", .days_before = 3, .days_left = -1}, &guarded.ca)));
    BOOST_TEST(!guarded.admits(certified({.common_name = "an IdP", .days_before = -1, .days_left = 2}, &guarded.ca)));
}

BOOST_AUTO_TEST_CASE(refuses_certificates_for_another_purpose) {
    GuardedServer guarded;
    const auto with = [&](int nid, const char* value) {
        return certified({.common_name = "an IdP", .extensions = {{nid, value}}}, &guarded.ca);
    };
    BOOST_TEST(guarded.admits(with(NID_ext_key_usage, "clientAuth")));
    BOOST_TEST(!guarded.admits(with(NID_ext_key_usage, "serverAuth")));
    BOOST_TEST(!guarded.admits(with(NID_ext_key_usage, "codeSigning")));
    BOOST_TEST(!guarded.admits(with(NID_key_usage, "critical,keyCertSign")));
}

BOOST_AUTO_TEST_CASE(refuses_a_client_that_plays_the_ca) {
    GuardedServer guarded;
    const auto client = certified({.common_name = "an IdP"}, &guarded.ca);
    BOOST_TEST(!guarded.admits(certified({.common_name = "an IdP"}, &client), {&client}));
    const auto no_ca =
        certified({.common_name = "an IdP", .extensions = {{NID_basic_constraints, "critical,CA:FALSE"}}}, &guarded.ca);
    BOOST_TEST(!guarded.admits(certified({.common_name = "an IdP"}, &no_ca), {&no_ca}));
}

BOOST_AUTO_TEST_CASE(refuses_deep_and_oversized_chains) {
    GuardedServer guarded;
    const auto below = [&](int count, const CertificateText& text) {
        const auto chain = chain_below(guarded.ca, count, text);
        return guarded.admits(certified({.common_name = "an IdP"}, &chain.back()), pointers_to(chain));
    };
    BOOST_TEST(below(3, authority("link")));
    BOOST_TEST(!below(5, authority("link")));
    BOOST_TEST(!below(100, authority("link")));

    auto heavy = authority("heavy link");
    heavy.extensions.emplace_back(NID_netscape_comment, std::string(50'000, 'a'));
    BOOST_TEST(!below(1, heavy));
    BOOST_TEST(!below(2, heavy));  // 100 KB
    BOOST_TEST(guarded.admits(certified({.common_name = "an IdP"}, &guarded.ca)));
    guarded.running.stop();
    BOOST_TEST(guarded.running.server.counters().failures == 0u);
}

// OpenSSL doesn't look at a certificate again when a session is resumed, so there is nothing to resume here.
BOOST_AUTO_TEST_CASE(resumes_no_session_where_certificates_are_asked_for) {
    for (const auto certificates : {required, optional}) {
        TlsServer running(certificates);
        for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
            for (const auto tickets : {Tickets::welcome, Tickets::declined}) {
                auto client = running.connect_tls({.version = version, .certificate = "client", .tickets = tickets});
                BOOST_TEST(client.ask(get("/a")).starts_with("HTTP/1.1 200 "));
                const auto session = client.session();
                auto again = running.connect_tls(
                    {.version = version, .certificate = "client", .tickets = tickets, .resume = session.get()});
                BOOST_TEST(again.ask(get("/b")).starts_with("HTTP/1.1 200 "));
                BOOST_TEST(SSL_session_reused(again.native()) == 0);
                if (certificates == optional) continue;
                BOOST_TEST(!running.answers({.version = version, .tickets = tickets, .resume = session.get()}));
            }
        }
    }
}

// CVE-2025-23048 is of this kind.
BOOST_AUTO_TEST_CASE(takes_no_session_of_another_listener_for_a_certificate) {
    TlsServer open_to_all;
    TlsServer another_ca(required, std::chrono::seconds(5), "other-ca.pem");
    TlsServer guarded(required);
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        for (const auto tickets : {Tickets::welcome, Tickets::declined}) {
            const auto try_session_of = [&](const TlsServer& server, const char* certificate) {
                auto client = server.connect_tls({.version = version, .certificate = certificate, .tickets = tickets});
                BOOST_TEST(client.ask(get("/elsewhere")).starts_with("HTTP/1.1 200 "));
                const auto session = client.session();
                BOOST_TEST(!guarded.answers({.version = version, .tickets = tickets, .resume = session.get()}));
            };
            try_session_of(open_to_all, "");
            try_session_of(another_ca, "stranger");
        }
    }
    BOOST_TEST(guarded.handler.requests().empty());
}

// The handler decides what the key proves: an IdP's metadata names its own.
BOOST_AUTO_TEST_CASE(passes_on_the_key_of_an_unjudged_certificate) {
    const TlsServer running(any);
    const auto identity = certified({.common_name = "self-made", .days_before = 9, .days_left = -3});
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        BOOST_TEST(running.answers({.version = version, .certificate = "stranger"}));
        BOOST_TEST(running.answers({.version = version, .identity = &identity}));
        BOOST_TEST(running.answers({.version = version}));
    }
    const auto requests = running.handler.requests();
    BOOST_TEST_REQUIRE(requests.size() == 6U);
    for (const std::size_t first : {0U, 3U}) {
        BOOST_TEST(requests[first].tls_key == key_hash_in(tls_folder + "stranger.pem"));
        BOOST_TEST(requests[first + 1].tls_key == key_hash_of(identity.certificate.get()));
        BOOST_TEST(requests[first + 2].tls_key == "");
    }
}

// With such keys, the proof that the client has the private one would be ours to pay.
BOOST_AUTO_TEST_CASE(lets_in_no_key_that_no_idp_could_sign_with) {
    const TlsServer running(any);
    const auto lets_in = [&](const Identity& identity) { return running.answers({.identity = &identity}); };
    BOOST_TEST(lets_in(rsa_identity(2048, "10001")));
    BOOST_TEST(!lets_in(rsa_identity(2048, "10000000000000000000000001")));
    BOOST_TEST(!lets_in(rsa_identity(2048, "3")));
    BOOST_TEST(!lets_in(rsa_identity(1536, "10001")));
    BOOST_TEST(!lets_in(certified_by(Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")))));
    BOOST_TEST(running.handler.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(hands_on_the_key_of_a_certificate_of_its_ca) {
    const TlsServer running(optional);
    BOOST_TEST(running.answers({.certificate = "client"}));
    BOOST_TEST(running.answers());
    const auto requests = running.handler.requests();
    BOOST_TEST_REQUIRE(requests.size() == 2U);
    BOOST_TEST(requests[0].tls_key == key_hash_in(tls_folder + "client.pem"));
    BOOST_TEST(requests[1].tls_key == "");
}

// A session would bring the key back without its private half being shown again.
BOOST_AUTO_TEST_CASE(resumes_nothing_where_keys_are_handed_on) {
    const TlsServer running(any);
    auto first = running.connect_tls({.version = TLS1_2_VERSION, .certificate = "stranger"});
    BOOST_TEST_REQUIRE(first.connected());
    const auto session = first.session();
    auto second = running.connect_tls({.version = TLS1_2_VERSION, .resume = session.get()});
    BOOST_TEST_REQUIRE(second.connected());
    BOOST_TEST(SSL_session_reused(second.native()) == 0);
    BOOST_TEST(!second.ask(get("/a")).empty());
    BOOST_TEST(running.handler.requests().back().tls_key == "");
}

BOOST_AUTO_TEST_SUITE_END()
