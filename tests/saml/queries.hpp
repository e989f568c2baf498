// Queries put together octet by octet, so that exactly one thing in them can be wrong.
#pragma once

#include <cstdio>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "deflate.hpp"
#include "signed_messages.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/redirect.hpp"

namespace slo::saml::test {

/// Everything escaped but letters and digits, with upper-case digits or as .NET has them.
inline std::string escaped(std::string_view text, const char* format = "%%%02X") {
    std::string out;
    for (const char c : text) {
        char octet[4];
        std::snprintf(octet, sizeof octet, format, static_cast<unsigned>(static_cast<unsigned char>(c)));
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        out += is_plain ? std::string(1, c) : octet;
    }
    return out;
}

inline std::string in_base64(std::string_view octets) {
    return escaped(encode_base64(octets));
}

/// A message without its signature, as the signer writes it.
template <class Message>
std::string unsigned_xml(const Message& message) {
    std::string xml = MessageSigner(ec_key().signing).sign(message).value().xml();
    const auto begin = xml.find("<ds:Signature");
    return xml.erase(begin, xml.find("</ds:Signature>") + 15 - begin);
}

/// The raw parameters of a query that is signed as the standard says; each can be changed before or after signing.
struct Query {
    std::string message = "SAMLRequest=" + in_base64(deflated(unsigned_xml(logout_request())));
    std::string relay_state = "RelayState=a%20b";
    std::string sig_alg = "SigAlg=" + escaped(uri(SignatureAlgorithm::ecdsa_sha256));
    std::string signature = {};

    [[nodiscard]] std::string to_be_signed() const {
        return relay_state.empty() ? message + "&" + sig_alg : message + "&" + relay_state + "&" + sig_alg;
    }
    [[nodiscard]] Query signed_by(const TestKey& key) const {
        Query query = *this;
        query.signature = "Signature=" + in_base64(key.signing.sign(to_be_signed()).value());
        return query;
    }
    [[nodiscard]] std::string str() const { return to_be_signed() + "&" + signature; }
};

/// A query with this message and a good signature.
inline std::string as(std::string_view parameter, const std::string& message) {
    Query query;
    query.message = std::string(parameter) + "=" + in_base64(deflated(message));
    return query.signed_by(ec_key()).str();
}
inline std::string message_xml() {
    static const std::string text = unsigned_xml(logout_request());
    return text;
}
inline std::string good() {
    static const std::string query = Query{}.signed_by(ec_key()).str();
    return query;
}

/// A query that is refused.
struct Row {
    const char* what;
    std::string query;
    Errc rule;
    friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.what; }
};

/// A query all the way to a verified request.
inline Result<Verified<LogoutRequest>> verify_query(std::string_view query, const std::vector<VerificationKey>& keys,
                                                    const Expectations& expected) {
    auto read = redirect::decode(query);
    if (!read) return read.error();
    const auto request = UnverifiedLogoutRequest::parse(read->message);
    if (!request) return request.error();
    return MessageVerifier::verify(*request, read->signature, keys, expected);
}
inline Result<Verified<LogoutRequest>> verify_query(std::string_view query) {
    return verify_query(query, {ec_key().verification}, expectations());
}

}  // namespace slo::saml::test
