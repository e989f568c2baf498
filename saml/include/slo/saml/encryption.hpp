// EncryptedID: encrypted for a partner, decrypted only in a message that is proven to be the partner's.
#pragma once

#include <span>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/verified.hpp"

namespace slo::saml {

/// open_name_id returns the request's NameID, or its EncryptedID decrypted with the first of `keys` that can do so.
/// At most eight of them are tried.
/// Algorithms: aes128-gcm and aes256-gcm (CBC only if `policy` says so), rsa-oaep-mgf1p and xmlenc11 rsa-oaep.
/// Errors: Errc::base_id_unsupported; Errc::decryption_failed for all other failures, always with the same text.
/// Spec: Core 2.2.4 (errata E43, E93), XML Encryption 1.1. Thread-safe.
[[nodiscard]] Result<NameID> open_name_id(const Verified<LogoutRequest>& request, std::span<const DecryptionKey> keys,
                                          const EntityID& our_entity_id, const AlgorithmPolicy& policy,
                                          const MessageForms& forms = {});

/// close_name_id encrypts `name_id` for the owner of `certificate` (an RSA key) with rsa-oaep-mgf1p in its default
/// form, which every peer can decrypt (SHA-1 there needs no collision resistance), and a fresh key and IV. Errors:
/// KeyErrc::key_not_allowed, crypto_failure; Errc::name_id_malformed or uri_malformed for a NameID that the schema
/// doesn't allow.
[[nodiscard]] Result<EncryptedID> close_name_id(const NameID& name_id, const Certificate& certificate,
                                                const EntityID& recipient, ContentEncryption algorithm);

}  // namespace slo::saml
