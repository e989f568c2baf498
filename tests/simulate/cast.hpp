// The IdPs, us and the users of every episode, as values of the library.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "script.hpp"
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::simulate {

/// The instant that all clocks showed when the episode began, except for their errors.
[[nodiscard]] Instant instant_of(Milliseconds time);

/// Cast is made once for all episodes. The IdPs and we sign with P-256: cheaper than RSA, and just as real.
class Cast {
public:
    Cast();

    saml::EntityID us;
    saml::EntityID our_old_name;
    std::vector<saml::EntityID> idps;
    saml::EntityID alias;  ///< of the first
    saml::EndpointUrl destination;
    std::shared_ptr<const idp_adapter::IdpDirectory> directory;
    saml::MessageSigner our_signer;

    [[nodiscard]] saml::NameID name_id(unsigned principal, Spelling spelling) const;
    [[nodiscard]] saml::SessionIndex index(const Script& script, std::size_t visit) const;
    [[nodiscard]] sp::Session session(const Script& script, const Operation& login) const;
    [[nodiscard]] sp::LocalSessionID session_id(const Operation& login) const;
    /// The octets of the order's LogoutRequest.
    [[nodiscard]] std::string request(const Script& script, std::size_t order) const;

private:
    saml::MessageSigner idp_signer_;
};

}  // namespace slo::simulate
