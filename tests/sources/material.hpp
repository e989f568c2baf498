// Names, keys and documents that are made up.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/time.hpp"

namespace slo::sources {

/// Two servers belong to each source: the one at its URL, and the one to which that may move.
inline constexpr std::size_t source_count = 3;
inline constexpr std::size_t server_count = 2 * source_count;
inline constexpr std::size_t entity_count = 4;  ///< of a source; the first is in all of them
inline constexpr std::size_t key_count = 4;     ///< that an entity has at a server, one after the other
inline constexpr std::size_t generation_count = 2;

/// When every episode begins.
[[nodiscard]] Instant beginning();

/// An IdP's key at a server: each server has keys of its own, so a key that is believed tells where it came from.
struct KeyName {
    std::size_t server = 0;
    std::size_t entity = 0;
    std::size_t number = 0;
    friend auto operator<=>(const KeyName&, const KeyName&) = default;
};

/// Material is made once; every episode uses it.
class Material {
public:
    Material();
    /// The signer of `server`'s documents; a server has a second key for later.
    [[nodiscard]] const saml::SigningKey& signer(std::size_t server, std::size_t generation) const {
        return signers_.at(server * generation_count + generation);
    }
    [[nodiscard]] const saml::SigningKey& stranger() const { return signers_.back(); }
    /// In base64, as metadata carries it.
    [[nodiscard]] const std::string& certificate(const KeyName& key) const { return certificates_.at(key); }
    [[nodiscard]] std::optional<KeyName> owner(const std::string& fingerprint) const;

private:
    std::vector<saml::SigningKey> signers_;
    std::map<KeyName, std::string> certificates_;
    std::map<std::string, KeyName> owners_;
};

[[nodiscard]] saml::EntityID entity_id(std::size_t source, std::size_t entity);
/// SHA-256, lower-case hex.
[[nodiscard]] std::string sha256(std::string_view octets);

/// The keys of an entity, by number; none: it isn't in the document.
using Content = std::array<std::vector<std::size_t>, entity_count>;

struct DocumentText {
    std::size_t server = 0;
    Content content;
    std::optional<std::size_t> alone;  ///< this entity is the document
    Instant valid_until;
    std::optional<Instant> published;
};
/// Not signed yet.
[[nodiscard]] std::string text_of(const Material& material, const DocumentText& document);

}  // namespace slo::sources
