// Answers the SOAP request on standard input as the service provider of the tests would, for a judge that isn't ours.
// Arguments: the IdP's metadata below tests/fixtures and the preset of its profile; Lasso's where absent.
// Output: one line with the sessions that the application was told to end, then the answer.
#include <iostream>
#include <iterator>
#include <string>

#include "fixtures.hpp"
#include "service_provider.hpp"
#include "xml_reading.hpp"

int main(int argc, char** argv) {
    using namespace slo::test;
    const std::string body{std::istreambuf_iterator<char>(std::cin), {}};
    const auto message = read_xml(body);
    const auto* request = message.find(samlp_ns, "LogoutRequest");
    const auto* issuer = message.find(saml_ns, "Issuer");
    if (!request || !issuer) return 1;

    ServiceProviderOptions options;
    options.now = at(request->attributes.at("IssueInstant"));
    const bool has_arguments = argc == 3;
    const auto profile = slo::idp_adapter::preset(has_arguments ? argv[2] : "lasso");
    if (!profile) return 1;
    options.idps = {idp_from(fixture(has_arguments ? argv[1] : "lasso/metadata.xml"), *profile)};
    ServiceProvider provider(options);
    for (const auto* index : {"i1", "i2", "i3"}) {
        auto made = session("S" + std::string(index + 1), issuer->text, transient("N1"), {index});
        made.authn_instant = options.now - std::chrono::hours(1);
        made.expires = options.now + std::chrono::hours(1);
        provider.admit(made);
    }
    const auto type = profile->extra_content_types.empty() ? "text/xml" : profile->extra_content_types.front();
    const auto reply = provider.post(body, {{"Content-Type", type}});
    std::cout << provider.told() << "\n" << reply.body;
    return 0;
}
