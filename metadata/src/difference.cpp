#include "slo/metadata/difference.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "slo/metadata/printable.hpp"

namespace slo::metadata {
namespace {

using Trust = Change::Trust;
using What = Change::What;

/// One key of an entity, in any number of KeyDescriptors.
struct KeyUses {
    bool signs = false;
    bool encrypts = false;
    std::vector<std::string> certificates;  ///< fingerprints, sorted
};
using KeysByFingerprint = std::map<std::string, KeyUses>;

KeysByFingerprint keys_of(const EntityDescriptor& entity) {
    KeysByFingerprint keys;
    if (!entity.idp) return keys;
    for (const KeyDescriptor& key : entity.idp->keys) {
        KeyUses& uses = keys[key.key.fingerprint()];
        uses.signs = uses.signs || key.use != KeyUse::encryption;
        uses.encrypts = uses.encrypts || key.use != KeyUse::signing;
        if (key.certificate) uses.certificates.push_back(key.certificate->fingerprint());
    }
    for (auto& [fingerprint, uses] : keys) {
        auto& names = uses.certificates;
        std::ranges::sort(names);
        names.erase(std::unique(names.begin(), names.end()), names.end());
    }
    return keys;
}

std::string use_text(bool signs, bool encrypts) {
    return signs && encrypts ? "signing and encryption" : signs ? "signing" : "encryption";
}

std::string key_text(const std::string& fingerprint, const KeyUses& uses) {
    std::string text = " key, SHA-256 of the public key " + fingerprint;
    for (const std::string& certificate : uses.certificates) text += ", of the certificate " + certificate;
    return text;
}

/// Comparison collects the changes of one entity.
class Comparison {
public:
    Comparison(const EntityDescriptor& before, const EntityDescriptor& after) : before_(before), after_(after) {}

    std::vector<Change> all() && {
        keys();
        endpoints();
        sign_on_endpoints();
        algorithms();
        return std::move(changes_);
    }

private:
    void add(What what, Trust trust, std::string text) {
        changes_.push_back({what, trust, after_.entity_id, std::move(text)});
    }

    void keys() {
        const KeysByFingerprint before = keys_of(before_);
        const KeysByFingerprint after = keys_of(after_);
        const auto of = [](const KeysByFingerprint& keys, const std::string& fingerprint) {
            const auto found = keys.find(fingerprint);
            return found == keys.end() ? KeyUses{} : found->second;
        };
        for (const auto& [fingerprint, now] : after) {
            const KeyUses was = of(before, fingerprint);
            const bool signs = now.signs && !was.signs;
            const bool encrypts = now.encrypts && !was.encrypts;
            if (signs || encrypts) {
                add(What::key_added, Trust::adds, "new " + use_text(signs, encrypts) + key_text(fingerprint, now));
            } else if (was.certificates != now.certificates) {
                add(What::certificate_changed, Trust::neither,
                    "other certificates for the" + key_text(fingerprint, now));
            }
        }
        for (const auto& [fingerprint, was] : before) {
            const KeyUses now = of(after, fingerprint);
            const bool signed_before = was.signs && !now.signs;
            const bool encrypted_before = was.encrypts && !now.encrypts;
            if (signed_before || encrypted_before) {
                add(What::key_removed, Trust::takes_away,
                    "no longer a " + use_text(signed_before, encrypted_before) + key_text(fingerprint, was));
            }
        }
    }

    static const Endpoint* find(const EntityDescriptor& entity, const Endpoint& like) {
        if (!entity.idp) return nullptr;
        for (const Endpoint& endpoint : entity.idp->single_logout_services) {
            if (endpoint.binding == like.binding && endpoint.location == like.location) return &endpoint;
        }
        return nullptr;
    }
    static std::string text_of(const Endpoint& endpoint) {
        std::string text =
            metadata::quoted(endpoint.location.str()) + " with binding " + metadata::quoted(endpoint.binding);
        if (endpoint.response_location) text += ", answers to " + metadata::quoted(endpoint.response_location->str());
        return text;
    }

    void endpoints() {
        if (after_.idp) {
            for (const Endpoint& now : after_.idp->single_logout_services) compare(find(before_, now), now);
        }
        if (!before_.idp) return;
        for (const Endpoint& was : before_.idp->single_logout_services) {
            if (find(after_, was) != nullptr) continue;
            add(What::endpoint_removed, Trust::takes_away, "logouts no longer go to " + text_of(was));
        }
    }

    static std::vector<SignOnEndpoint> sign_on_of(const EntityDescriptor& entity) {
        return entity.idp ? entity.idp->sign_on.endpoints : std::vector<SignOnEndpoint>{};
    }
    static std::string text_of(const SignOnEndpoint& endpoint) {
        return metadata::quoted(endpoint.location.str()) + " by " + std::string(name(endpoint.binding));
    }

    void sign_on_endpoints() {
        const auto before = sign_on_of(before_);
        const auto after = sign_on_of(after_);
        for (const SignOnEndpoint& now : after) {
            if (std::ranges::find(before, now) != before.end()) continue;
            add(What::endpoint_added, Trust::adds, "sign-ons may go to " + text_of(now));
        }
        for (const SignOnEndpoint& was : before) {
            if (std::ranges::find(after, was) != after.end()) continue;
            add(What::endpoint_removed, Trust::takes_away, "sign-ons no longer go to " + text_of(was));
        }
    }

    void compare(const Endpoint* was, const Endpoint& now) {
        if (was == nullptr) return add(What::endpoint_added, Trust::adds, "logouts may go to " + text_of(now));
        if (was->response_location != now.response_location) {
            add(What::endpoint_changed, now.response_location ? Trust::adds : Trust::takes_away,
                "answers go elsewhere: " + text_of(now));
        } else if (was->supports_asynchronous != now.supports_asynchronous) {
            add(What::endpoint_changed, Trust::neither, "asynchronous logout differs at " + text_of(now));
        }
    }

    void algorithms() {
        const AlgorithmSupport was = before_.idp ? before_.idp->algorithms : AlgorithmSupport{};
        const AlgorithmSupport now = after_.idp ? after_.idp->algorithms : AlgorithmSupport{};
        if (was == now) return;
        std::string text = "signature algorithms that it takes:";
        for (const SigningMethod& method : now.signing) text += " " + metadata::quoted(method.algorithm);
        add(What::algorithms_changed, Trust::neither, now.signing.empty() ? "no signature algorithms declared" : text);
    }

    const EntityDescriptor& before_;
    const EntityDescriptor& after_;
    std::vector<Change> changes_;
};

std::string end_text(const std::optional<Instant>& end) {
    return end ? saml::format_instant(*end) : "no end";
}

/// A later end comes with every refresh, and needs no check; the loss of it does.
void compare_validity(const std::optional<Instant>& before, const std::optional<Instant>& after,
                      const std::optional<saml::EntityID>& entity_id, std::vector<Change>& changes) {
    if (before == after) return;
    const Trust trust = !after             ? Trust::adds
                        : !before          ? Trust::takes_away
                        : *after < *before ? Trust::takes_away
                                           : Trust::neither;
    changes.push_back(
        {What::validity_changed, trust, entity_id, "valid until " + end_text(after) + ", before: " + end_text(before)});
}

using ById = std::map<std::string_view, const EntityDescriptor*>;

ById by_id(const MetadataDocument& document) {
    ById entities;
    for (const EntityDescriptor& entity : document.idps) entities.emplace(entity.entity_id.str(), &entity);
    return entities;
}

/// The entity's trust, and the destinations of logouts.
std::string trust_text(const EntityDescriptor& entity) {
    std::string text;
    for (const auto& [fingerprint, uses] : keys_of(entity)) {
        text += "; " + use_text(uses.signs, uses.encrypts) + key_text(fingerprint, uses);
    }
    if (!entity.idp) return text;
    for (const Endpoint& endpoint : entity.idp->single_logout_services) {
        text += "; logouts may go to " + metadata::quoted(endpoint.location.str());
    }
    return text;
}

void append(std::vector<Change>& to, std::vector<Change> from) {
    std::ranges::move(from, std::back_inserter(to));
}

}  // namespace

std::vector<Change> difference(const EntityDescriptor& before, const EntityDescriptor& after) {
    std::vector<Change> changes = Comparison(before, after).all();
    compare_validity(before.valid_until, after.valid_until, after.entity_id, changes);
    return changes;
}

std::vector<Change> difference(const MetadataDocument& before, const MetadataDocument& after) {
    std::vector<Change> changes;
    compare_validity(before.valid_until, after.valid_until, std::nullopt, changes);
    const ById was = by_id(before);
    const ById now = by_id(after);
    for (const auto& [id, entity] : was) {
        if (now.contains(id)) continue;
        changes.push_back({What::entity_removed, Trust::takes_away, entity->entity_id,
                           "the IdP is no longer believed" + trust_text(*entity)});
    }
    for (const auto& [id, entity] : now) {
        const auto old = was.find(id);
        if (old == was.end()) {
            changes.push_back(
                {What::entity_added, Trust::adds, entity->entity_id, "a new IdP is believed" + trust_text(*entity)});
            continue;
        }
        append(changes, Comparison(*old->second, *entity).all());
        // A change of the document's own end has been reported already.
        if (old->second->valid_until == before.valid_until && entity->valid_until == after.valid_until) continue;
        compare_validity(old->second->valid_until, entity->valid_until, entity->entity_id, changes);
    }
    std::ranges::stable_sort(changes, {}, &Change::entity_id);
    return changes;
}

}  // namespace slo::metadata
