// The Responses of an identity provider for demonstrations and tests.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"

namespace slo::examples {

/// WantedSignOn is what an assertion says, and to whom. Its times are around `now`, as Keycloak's.
struct WantedSignOn {
    saml::EndpointUrl assertion_consumer_service;
    saml::EntityID audience;
    std::optional<saml::MessageID> in_response_to = {};
    saml::NameID name_id;
    std::string session_index = "_s1";
    std::optional<Instant> authn_instant = {};  ///< none: now
    std::optional<Instant> session_not_on_or_after = {};
    std::vector<std::pair<std::string, std::string>> attributes = {};
    std::string assertion_id = {};         ///< empty: a random one
    std::string second_level_status = {};  ///< its URI: then the answer is Responder, without assertion
    bool signs_response = true;
    bool signs_assertion = false;
};

/// response_of makes a Response of `idp`. Errors: those of the library that signs.
[[nodiscard]] Result<std::string> response_of(const saml::EntityID& idp, const saml::SigningKey& key,
                                              const WantedSignOn& wanted, Instant now);

/// posted is the form that a browser brings: SAMLResponse and RelayState.
[[nodiscard]] std::string posted(const std::string& response, const std::string& relay_state);

}  // namespace slo::examples
