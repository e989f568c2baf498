#include "key_watch.hpp"

#include <algorithm>

#include "slo/sp/error.hpp"
#include "slo/sp/key_folder.hpp"

namespace slo::daemon {
namespace {

/// With times: a folder that was begun anew may have the same names.
std::string state_of(const sp::KeyRing& ring) {
    std::string state;
    for (const sp::KeptKey& key : ring.keys) {
        state += key.name;
        state += ' ';
        state += sp::name(key.purpose);
        state += ' ';
        state += sp::name(key.stage);
        state += ' ';
        state += saml::format_instant(key.since);
        state += '\n';
    }
    return state;
}

bool have_common(const std::vector<std::string>& some, const std::vector<std::string>& others) {
    return std::ranges::find_first_of(some, others) != some.end();
}

}  // namespace

KeyWatch::KeyWatch(const sp::Configuration& configuration)
    : configuration_(configuration),
      in_force_(state_of(configuration.key_ring)),
      published_(configuration.keys_in_force.signing) {}

std::unique_ptr<KeyWatch> KeyWatch::of(const sp::Configuration& configuration) {
    if (configuration.key_folder.empty()) return nullptr;
    return std::unique_ptr<KeyWatch>(new KeyWatch(configuration));
}

std::optional<Result<sp::OurKeys>> KeyWatch::look(Instant now) {
    const auto ring = sp::read_key_ring(configuration_.key_folder);
    if (ring && state_of(*ring) == in_force_) {
        last_failure_.clear();
        return std::nullopt;
    }
    auto keys = reload(now);
    if (keys) return keys;
    if (keys.error().detail == last_failure_) return std::nullopt;
    last_failure_ = keys.error().detail;
    return keys;
}

void KeyWatch::taken(const sp::OurKeys& keys) {
    std::string state = state_of(keys.ring);
    published_ = keys.in_force.signing;
    in_force_ = std::move(state);
    last_failure_.clear();
}

Result<sp::OurKeys> KeyWatch::reload(Instant now) const {
    auto keys = sp::reload_keys(configuration_, now);
    if (!keys || have_common(keys->in_force.signing, published_)) return keys;
    return sp::fail(sp::Errc::configuration_invalid,
                    sp::ring_file(configuration_.key_folder).string() +
                        ": names none of the signing keys that we publish; restore it, or start anew if these are to "
                        "be our keys from now on, and give every IdP our metadata");
}

}  // namespace slo::daemon
