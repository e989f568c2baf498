// What EncryptedID and EncryptedAssertion have in common: the search for a key that opens them (SAML
// Core 2.2.4, 2.3.4).
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// open_content shows `takes` each plaintext until it takes one: with CBC, one wrong key in sixteen leaves padding that
/// looks right. `wanted` names in a detail what the plaintext should be. Errors: Errc::decryption_failed.
[[nodiscard]] Result<void> open_content(const EncryptedID& encrypted, std::span<const DecryptionKey> keys,
                                        const EntityID& our_entity_id, const AlgorithmPolicy& policy,
                                        std::string_view wanted,
                                        const std::function<bool(std::string_view plaintext)>& takes);

/// open_name_id is the public one for an EncryptedID anywhere in a verified message.
[[nodiscard]] Result<NameID> open_name_id(const EncryptedID& encrypted, std::span<const DecryptionKey> keys,
                                          const EntityID& our_entity_id, const AlgorithmPolicy& policy,
                                          const MessageForms& forms);

/// is_cbc says whether its content is encrypted with an algorithm that authenticates nothing.
[[nodiscard]] bool is_cbc(const EncryptedID& encrypted) noexcept;

}  // namespace slo::saml
