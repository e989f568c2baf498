// The signed metadata of a federation, as large as wanted.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "slo/saml/keys.hpp"
#include "slo/saml/time.hpp"

namespace slo::bench {

/// An md:EntitiesDescriptor as federations publish it: 4 of 10 entities are IdPs, each with a key of
/// its own for signing and encryption, registration info, names and a logo in several languages; the others are SPs.
/// The logos fill up to `octets_each`. Valid for ten days from `now`.
[[nodiscard]] std::string aggregate(std::size_t entities, std::size_t octets_each, Instant now);

/// The entityID of the IdP with that number, from 0.
[[nodiscard]] std::string idp_entity_id(std::size_t number);

/// A key pair for it, generated.
struct Federation {
    saml::SigningKey key;
    std::string certificate_pem;
};
[[nodiscard]] Federation make_federation(Instant now);

/// Writes aggregate(), signed.
void write_signed_aggregate(const std::filesystem::path& file, std::size_t entities, std::size_t octets_each,
                            const Federation& federation, Instant now);

}  // namespace slo::bench
