// A user of saml-slo at work: a folder, its configuration, and the tool's output.
#pragma once

#include <sys/wait.h>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "slo/saml/keys.hpp"
#include "slo/saml/signed_stream.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/clock.hpp"
#include "temporary_folder.hpp"

namespace slo::test {

namespace fs = std::filesystem;

struct Run {
    int code = -1;
    std::string out;
    std::string err;
};

inline std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A folder with a configuration whose keys roll over, and an IdP's metadata.
class Desk {
public:
    Desk() {
        fs::copy_file(fs::path(SLO_FIXTURES) / "lasso/metadata.xml", folder / "idp.xml");
        configure("keys = \"keys\"");
    }

    void configure(const std::string& keys, std::uint16_t port = 8080, std::uint16_t local_port = 8081) const {
        std::ofstream(folder / "slo.toml")
            << "[sp]\nentity_id = \"https://sp.example.org/saml\"\nslo_url = \"http://127.0.0.1/saml/slo\"\n"
               "acs_url = \"https://sp.example.org/saml/acs\"\n"
            << keys
            << "\n[[idp]]\nmetadata = \"idp.xml\"\n[store]\nengine = \"memory\"\n[server]\nlisten = \"127.0.0.1:"
            << port << "\"\n[local]\nport = " << local_port << "\n";
    }
    /// Arguments are ours alone: words without blanks or quotes.
    [[nodiscard]] Run run(const std::string& arguments) const {
        const std::string command = "cd " + folder.string() + " && " SLO_TOOL " " + arguments + " >out 2>err";
        const int status = std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe): a lock in glibc
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(folder / "out"), content_of(folder / "err")};
    }
    /// What Python's json makes of the last output: the value of `expression` over `it`.
    [[nodiscard]] std::string json(const std::string& expression) const {
        std::ofstream(folder / "look.py") << "import json\nit = json.load(open('out'))\nprint(" << expression << ")\n";
        const std::string command = "cd " + folder.string() + " && /usr/bin/python3 look.py >value 2>&1";
        BOOST_TEST(std::system(command.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe)
        std::string value = content_of(folder / "value");
        return value.substr(0, value.find_last_not_of('\n') + 1);
    }
    void check(const std::string& arguments, int code, std::string_view out, std::string_view err = "") const {
        const Run made = run(arguments);
        BOOST_TEST_CONTEXT(arguments << "\n" << made.out << made.err) {
            BOOST_TEST(made.code == code);
            BOOST_TEST((made.out.find(out) != std::string::npos), out);
            BOOST_TEST((made.err.find(err) != std::string::npos), err);
            if (code >= 2) BOOST_TEST((made.err.starts_with("saml-slo: ") && made.out.empty()));
        }
    }

private:
    TemporaryFolder own_;

public:
    const fs::path folder = own_.path();
};

/// An IdP's metadata with this key and endpoint.
inline std::string idp_document(const std::string& certificate_file, const std::string& more = "") {
    const auto certificate = saml::Certificate::parse(content_of(fs::path(SLO_FIXTURES) / certificate_file));
    return R"(<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_1" )"
           R"(entityID="https://idp.example.org/saml"><md:IDPSSODescriptor )"
           R"(protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">)"
           R"(<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>)" +
           certificate->base64() + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>" + more +
           R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" )"
           R"(Location="https://idp.example.org/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>)";
}

inline std::string signed_by(const std::string& name, const std::string& document) {
    const fs::path base = fs::path(SLO_FIXTURES) / name;
    const auto key =
        saml::SigningKey::parse(content_of(base.string() + ".key.pem"), content_of(base.string() + ".crt.pem"));
    return saml::sign_document(key.value(), document).value();
}

inline const std::string believed_signer = "keys/idp1-first";

inline std::string ending_at(const std::string& end, std::string document) {
    return document.insert(document.find(" entityID="), " validUntil=\"" + end + "\"");
}

/// The tool has the system's clock.
inline std::string in_a_week() {
    return saml::format_instant(sp::SystemClock().now() + std::chrono::days(7));
}

/// Metadata with this key, as a federation publishes it.
inline std::string published(const std::string& key = "keys/idp2", const std::string& signer = believed_signer) {
    return signed_by(signer, ending_at(in_a_week(), idp_document(key + ".crt.pem")));
}

}  // namespace slo::test
