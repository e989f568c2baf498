// Answers the SOAP request on standard input as the service provider of the tests would, for a judge that isn't ours.
// Output: one line with the sessions that the application was told to end, then the answer.
#include <iostream>
#include <iterator>
#include <string>

#include "fixtures.hpp"
#include "service_provider.hpp"
#include "xml_reading.hpp"

int main() {
    using namespace slo::test;
    const std::string body{std::istreambuf_iterator<char>(std::cin), {}};
    const auto message = read_xml(body);
    const auto* request = message.find(samlp_ns, "LogoutRequest");
    const auto* issuer = message.find(saml_ns, "Issuer");
    if (!request || !issuer) return 1;

    ServiceProviderOptions options;
    options.now = at(request->attributes.at("IssueInstant"));
    options.idps = {idp_from(fixture("lasso/metadata.xml"))};
    ServiceProvider provider(options);
    for (const auto* index : {"i1", "i2", "i3"}) {
        auto made = session("S" + std::string(index + 1), issuer->text, transient("N1"), {index});
        made.authn_instant = options.now - std::chrono::hours(1);
        made.expires = options.now + std::chrono::hours(1);
        provider.admit(made);
    }
    const auto reply = provider.post(body);
    std::cout << provider.told() << "\n" << reply.body;
    return 0;
}
