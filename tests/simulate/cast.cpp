#include "cast.hpp"

#include <algorithm>

#include "fixtures.hpp"
#include "ports.hpp"
#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/soap.hpp"
#include "values.hpp"

namespace slo::simulate {
namespace {

using test::parsed;
using test::taken;

const std::string key_of_idps = "keys/idp2-p256";
const std::string key_of_ours = "keys/sp-p256";

saml::MessageSigner signer(const std::string& key) {
    return saml::MessageSigner(
        taken(saml::SigningKey::parse(test::fixture(key + ".key.pem"), test::fixture(key + ".crt.pem"))));
}

idp_adapter::Idp make_idp(const saml::EntityID& name, std::vector<saml::EntityID> aliases) {
    idp_adapter::InteropProfile profile;
    profile.issuer_aliases = std::move(aliases);
    profile.outgoing.http.deadline = std::chrono::seconds(5);
    const auto certificate = taken(saml::Certificate::parse(test::fixture(key_of_idps + ".crt.pem")));
    return {.entity_id = name,
            .keys = {taken(saml::VerificationKey::from(certificate))},
            .single_logout_services = {{.binding = std::string(metadata::soap_binding),
                                        .location = parsed<saml::EndpointUrl>("https://idp.example.org/slo"),
                                        .response_location = {},
                                        .supports_asynchronous = false}},
            .valid_until = {},
            .profile = std::move(profile),
            .algorithms = {}};
}

}  // namespace

Instant instant_of(Milliseconds time) {
    static const Instant start = test::at("2030-01-15T10:00:00Z");
    return start + time;
}

Cast::Cast()
    : us(parsed<saml::EntityID>("https://sp.example.com/saml")),
      our_old_name(parsed<saml::EntityID>("https://old-sp.example.com/saml")),
      idps{parsed<saml::EntityID>("https://idp0.example.org"), parsed<saml::EntityID>("https://idp1.example.org")},
      alias(parsed<saml::EntityID>("https://old-idp0.example.org")),
      destination(parsed<saml::EndpointUrl>("https://sp.example.com/saml/slo")),
      directory(std::make_shared<const idp_adapter::IdpDirectory>(
          taken(idp_adapter::IdpDirectory::of({make_idp(idps[0], {alias}), make_idp(idps[1], {})})))),
      our_signer(signer(key_of_ours)),
      idp_signer_(signer(key_of_idps)) {}

saml::NameID Cast::name_id(unsigned principal, Spelling spelling) const {
    saml::NameID name{.value = "P" + std::to_string(principal) + "@example.org",
                      .format = {},
                      .name_qualifier = {},
                      .sp_name_qualifier = {},
                      .sp_provided_id = {}};
    switch (spelling) {
        case Spelling::plain:
            break;
        case Spelling::idp_qualified:
            name.sp_name_qualifier = us.str();
            break;
        case Spelling::old_names:
            name.sp_name_qualifier = our_old_name.str();
            break;
        case Spelling::other_format:
            name.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
            break;
        case Spelling::other_case:
            name.value.front() = 'p';
            break;
        case Spelling::other_provided_id:
            name.sp_provided_id = "another";
            break;
    }
    return name;
}

saml::SessionIndex Cast::index(const Script& script, std::size_t visit) const {
    const std::string short_index = "v" + std::to_string(visit);
    return parsed<saml::SessionIndex>(script.visits[visit].has_long_index ? short_index + "-of-a-long-index"
                                                                          : short_index);
}

sp::LocalSessionID Cast::session_id(const Operation& login) const {
    return parsed<sp::LocalSessionID>("s" + std::to_string(login.number));
}

sp::Session Cast::session(const Script& script, const Operation& login) const {
    const Visit& visit = script.visits[login.subject];
    const bool by_alias = login.uses_alias && visit.idp == 0;
    sp::Session session{.id = session_id(login),
                        .idp = by_alias ? alias : idps[visit.idp],
                        .sp = login.uses_old_name ? our_old_name : us,
                        .name_id = name_id(visit.principal, login.spelling),
                        .session_indexes = {},
                        .authn_instant = instant_of(visit.authn + login.authn_ahead),
                        .expires = instant_of(login.at + login.lifetime)};
    // A session admitted under the names of that time has them throughout.
    const bool is_qualified = login.spelling == Spelling::idp_qualified || login.spelling == Spelling::old_names;
    if (is_qualified) {
        session.name_id.name_qualifier =
            by_alias || (!login.is_from_before && visit.idp == 0 && login.spelling == Spelling::old_names)
                ? alias.str()
                : idps[visit.idp].str();
        if (login.is_from_before) session.name_id.sp_name_qualifier = session.sp.str();
    }
    if (visit.has_index) session.session_indexes.push_back(index(script, login.subject));
    return session;
}

std::string Cast::request(const Script& script, std::size_t number) const {
    const Order& order = script.orders[number];
    const bool by_alias = order.uses_alias && order.idp == 0;
    saml::LogoutRequest request{.id = parsed<saml::MessageID>("_r" + std::to_string(number)),
                                .version = {},
                                .issue_instant = instant_of(order.issued),
                                .destination = destination.str(),
                                .consent = {},
                                .issuer = by_alias ? alias : idps[order.idp],
                                .asynchronous = false,
                                .identifier = name_id(order.principal, order.spelling),
                                .session_indexes = {},
                                .not_on_or_after = instant_of(order.issued) + std::chrono::hours(1),
                                .reason = {}};
    auto& name = std::get<saml::NameID>(request.identifier);
    const bool has_old_names = order.spelling == Spelling::old_names && order.idp == 0;
    if (has_old_names) name.name_qualifier = alias.str();
    if (order.spelling == Spelling::idp_qualified) name.name_qualifier = idps[order.idp].str();
    for (const std::size_t visit : order.visits) request.session_indexes.push_back(index(script, visit));
    return saml::soap::encode(taken(idp_signer_.sign(request)));
}

}  // namespace slo::simulate
