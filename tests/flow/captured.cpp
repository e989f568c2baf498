#include "captured.hpp"

#include <sstream>
#include <stdexcept>

#include "fixtures.hpp"
#include "slo/saml/soap.hpp"
#include "xml_reading.hpp"

namespace slo::test {
namespace {

template <class T>
T must(Result<T> result, std::string_view what) {
    if (!result) throw std::logic_error(std::string(what) + ": " + result.error().code.message());
    return *std::move(result);
}

std::string rule_of(const Failure& failure) {
    return failure.code.message();
}

}  // namespace

CapturedHttp captured_http(std::string_view file) {
    const auto octets = fixture(file);
    const auto end = octets.find("\r\n\r\n");
    if (end == std::string::npos) throw std::runtime_error("no HTTP message: " + std::string(file));
    CapturedHttp message;
    message.body = octets.substr(end + 4);
    std::istringstream head(octets.substr(0, end + 2));
    for (std::string line; std::getline(head, line);) {
        line.pop_back();
        if (message.first_line.empty()) {
            message.first_line = line;
            continue;
        }
        const auto colon = line.find(": ");
        message.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    return message;
}

sp::HttpRequest CapturedHttp::request() const {
    std::istringstream line(first_line);
    sp::HttpRequest request;
    line >> request.method >> request.target;
    request.headers = headers;
    request.body = body;
    return request;
}

saml::VerificationKey key_of_certificate(std::string_view file) {
    const auto certificate = must(saml::Certificate::parse(fixture(file)), file);
    return must(saml::VerificationKey::from(certificate), file);
}

saml::VerificationKey first_key_of_metadata(std::string_view file) {
    const auto metadata = read_xml(fixture(file));
    const auto* element = metadata.find(ds_ns, "X509Certificate");
    if (!element) throw std::runtime_error("no certificate in " + std::string(file));
    const auto certificate = must(saml::Certificate::from_base64(element->text), file);
    return must(saml::VerificationKey::from(certificate), file);
}

saml::Expectations expectations(std::string_view issuer, std::string_view destination, Instant now,
                                saml::AlgorithmPolicy algorithms) {
    saml::Expectations expected{.issuer = must(saml::EntityID::parse(issuer), issuer),
                                .destinations = {},
                                .destination_rule = saml::DestinationRule::required,
                                .now = now,
                                .algorithms = algorithms};
    if (destination.empty()) {
        expected.destination_rule = saml::DestinationRule::optional;
    } else {
        expected.destinations.push_back(must(saml::EndpointUrl::parse(destination), destination));
    }
    return expected;
}

Verdict<saml::LogoutRequest> judge_request(std::string_view soap, const saml::VerificationKey& key,
                                           const saml::Expectations& expected) {
    auto received = saml::soap::decode(soap);
    if (!received) return {rule_of(received.error()), {}};
    const auto unverified = saml::UnverifiedLogoutRequest::parse(*received);
    if (!unverified) return {rule_of(unverified.error()), {}};
    const auto verified = saml::MessageVerifier::verify(*unverified, {&key, 1}, expected);
    if (!verified) return {rule_of(verified.error()), {}};
    return {"", **verified};
}

Verdict<saml::LogoutResponse> judge_response(std::string_view soap, const saml::VerificationKey& key,
                                             std::string_view request_id, const saml::Expectations& expected) {
    auto received = saml::soap::decode_response(soap);
    if (!received) return {rule_of(received.error()), {}};
    const auto unverified = saml::UnverifiedLogoutResponse::parse(*received);
    if (!unverified) return {rule_of(unverified.error()), {}};
    const auto id = must(saml::MessageID::parse(request_id), request_id);
    const auto verified = saml::MessageVerifier::verify(*unverified, {&key, 1}, id, expected);
    if (!verified) return {rule_of(verified.error()), {}};
    return {"", **verified};
}

std::vector<std::string> status_uris(const saml::Status& status) {
    std::vector<std::string> uris{std::string(saml::uri(status.code))};
    uris.insert(uris.end(), status.nested.begin(), status.nested.end());
    return uris;
}

}  // namespace slo::test
