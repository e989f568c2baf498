// Lets sslscan, which knows TLS without our help, look at a real server, and holds its report against what we mean to
// offer: nothing more, nothing less. Ends with status 77, which ctest shows as skipped, where there is no sslscan.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "tls_client.hpp"

using namespace slo;
using namespace slo::test;

namespace {

constexpr const char* three_suites_of_tls_1_3 =
    "TLSv1.3 TLS_AES_128_GCM_SHA256\n"
    "TLSv1.3 TLS_AES_256_GCM_SHA384\n"
    "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256\n";

std::string output_of(const std::string& command) {
    const std::unique_ptr<std::FILE, FreedBy<::pclose>> pipe(::popen(command.c_str(), "r"));
    if (!pipe) throw std::runtime_error("no shell");
    std::string output;
    std::array<char, 4096> octets;
    for (std::size_t size = 0; (size = std::fread(octets.data(), 1, octets.size(), pipe.get())) > 0;) {
        output.append(octets.data(), size);
    }
    return output;
}

std::string attribute(const std::string& line, const std::string& name) {
    const auto begin = line.find(' ' + name + "=\"");
    if (begin == std::string::npos) return {};
    const auto value = begin + name.size() + 3;
    return line.substr(value, line.find('"', value) - value);
}

/// sslscan's report, an element a line.
class Scan {
public:
    explicit Scan(const TlsServer& running) {
        std::istringstream report(
            output_of("sslscan --no-colour --xml=- 127.0.0.1:" + std::to_string(running.server.port())));
        for (std::string line; std::getline(report, line);) lines_.push_back(line);
    }

    /// The named attributes of each `element`, an element a line, sorted.
    [[nodiscard]] std::string all(const std::string& element, const std::vector<std::string>& names) const {
        std::vector<std::string> found;
        for (const auto& line : lines_) {
            if (line.find('<' + element + ' ') == std::string::npos) continue;
            std::string text;
            for (const auto& name : names) text += (text.empty() ? "" : " ") + attribute(line, name);
            found.push_back(text + '\n');
        }
        std::sort(found.begin(), found.end());
        std::string text;
        for (const auto& one : found) text += one;
        return text;
    }

private:
    std::vector<std::string> lines_;
};

/// The results that don't depend on the server's certificate.
void expect_nothing_old(const Scan& scan) {
    BOOST_TEST(scan.all("protocol", {"type", "version", "enabled"}) ==
               "ssl 2 0\nssl 3 0\ntls 1.0 0\ntls 1.1 0\ntls 1.2 1\ntls 1.3 1\n");
    BOOST_TEST(scan.all("renegotiation", {"supported"}) == "0\n");
    BOOST_TEST(scan.all("heartbleed", {"sslversion", "vulnerable"}) == "TLSv1.2 0\nTLSv1.3 0\n");
    // It says nothing of compression where its OpenSSL can't compress, as Debian's can't; nor can ours then.
    BOOST_TEST(scan.all("compression", {"supported"}).find('1') == std::string::npos);
}

struct ScanTools {
    ScanTools() {
        if (!output_of("command -v sslscan").empty()) return;
        std::puts("skipped: sslscan isn't installed");
        std::fflush(stdout);
        ::_exit(77);
    }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(ScanTools);

BOOST_AUTO_TEST_SUITE(tls_scan)

BOOST_AUTO_TEST_CASE(sslscan_finds_the_intended_offer_with_an_ec_key) {
    const TlsServer running;
    const Scan scan(running);
    expect_nothing_old(scan);
    BOOST_TEST(scan.all("cipher", {"sslversion", "cipher"}) ==
               "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256\n"
               "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384\n"
               "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305\n" +
                   std::string(three_suites_of_tls_1_3));
    BOOST_TEST(scan.all("group", {"sslversion", "name"}) ==
               "TLSv1.2 secp256r1 (NIST P-256)\n"  // that of the key; it may stand for the others there
               "TLSv1.3 secp256r1 (NIST P-256)\nTLSv1.3 secp384r1 (NIST P-384)\nTLSv1.3 x25519\n");
    BOOST_TEST(scan.all("pk", {"type", "curve_name"}) == "EC prime256v1\n");
}

BOOST_AUTO_TEST_CASE(sslscan_finds_the_intended_offer_with_an_rsa_key) {
    const auto key = std::string(SLO_FIXTURES) + "/sp/sp.key.pem";
    const auto certificate = std::string(SLO_FIXTURES) + "/sp/sp.crt.pem";
    const TlsServer running({.tls = sp::TlsOptions{.certificate_chain_file = certificate, .private_key_file = key}});
    const Scan scan(running);
    expect_nothing_old(scan);
    BOOST_TEST(scan.all("cipher", {"sslversion", "cipher"}) ==
               "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256\n"
               "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384\n"
               "TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305\n" +
                   std::string(three_suites_of_tls_1_3));
    BOOST_TEST(scan.all("group", {"sslversion", "name"}) ==
               "TLSv1.2 secp256r1 (NIST P-256)\nTLSv1.2 secp384r1 (NIST P-384)\nTLSv1.2 x25519\n"
               "TLSv1.3 secp256r1 (NIST P-256)\nTLSv1.3 secp384r1 (NIST P-384)\nTLSv1.3 x25519\n");
    BOOST_TEST(scan.all("pk", {"type", "bits"}) == "RSA 2048\n");
}

BOOST_AUTO_TEST_SUITE_END()
