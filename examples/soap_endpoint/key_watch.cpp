#include "key_watch.hpp"

#include "slo/sp/key_folder.hpp"

namespace slo::examples {
namespace {

/// What the folder's state is, in a text; a folder that can't be read is a state too.
std::string state_of(const sp::Configuration& configuration) {
    const auto ring = sp::read_key_ring(configuration.key_folder);
    if (!ring) return ring.error().detail;
    std::string state;
    for (const sp::KeptKey& key : ring->keys) {
        state += key.name;
        state += ' ';
        state += sp::name(key.purpose);
        state += ' ';
        state += sp::name(key.stage);
        state += '\n';
    }
    return state;
}

}  // namespace

KeyWatch::KeyWatch(const sp::Configuration& configuration)
    : configuration_(configuration), in_force_(state_of(configuration)) {}

std::unique_ptr<KeyWatch> KeyWatch::of(const sp::Configuration& configuration) {
    if (configuration.key_folder.empty()) return nullptr;
    return std::unique_ptr<KeyWatch>(new KeyWatch(configuration));
}

std::optional<Result<sp::OurKeys>> KeyWatch::look(Instant now) {
    std::string state = state_of(configuration_);
    if (state == in_force_) return std::nullopt;
    auto keys = sp::reload_keys(configuration_, now);
    if (keys) {
        in_force_ = std::move(state);
        last_failure_.clear();
        return keys;
    }
    if (keys.error().detail == last_failure_) return std::nullopt;
    last_failure_ = keys.error().detail;
    return keys;
}

}  // namespace slo::examples
