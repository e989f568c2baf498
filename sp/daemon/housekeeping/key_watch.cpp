#include "key_watch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "slo/sp/configuration_error.hpp"
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

/// The files' identities and the times of their writing, to the nanosecond: within a second, a key may be replaced by
/// another of the same name, in an emergency.
std::string files_of(const std::filesystem::path& folder, const sp::KeyRing& ring) {
    std::string files;
    for (const sp::KeptKey& key : ring.keys) {
        struct stat status {};
        const auto certificate = folder / (key.name + ".crt.pem");
        if (::stat(certificate.c_str(), &status) != 0) continue;
        files += std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
                 std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + "\n";
    }
    return files;
}

bool have_common(const std::vector<std::string>& some, const std::vector<std::string>& others) {
    return std::ranges::find_first_of(some, others) != some.end();
}

}  // namespace

KeyWatch::KeyWatch(const sp::Configuration& configuration)
    : configuration_(configuration),
      in_force_(state_of(configuration.key_ring)),
      files_(files_of(configuration.key_folder, configuration.key_ring)),
      published_(configuration.keys_in_force.signing) {}

std::unique_ptr<KeyWatch> KeyWatch::of(const sp::Configuration& configuration) {
    if (configuration.key_folder.empty()) return nullptr;
    return std::unique_ptr<KeyWatch>(new KeyWatch(configuration));
}

std::optional<Result<sp::OurKeys>> KeyWatch::look(Instant now) {
    const auto ring = sp::read_key_ring(configuration_.key_folder);
    std::string files = ring ? files_of(configuration_.key_folder, *ring) : std::string();
    if (ring && state_of(*ring) == in_force_ && files == files_) {
        last_failure_.clear();
        return std::nullopt;
    }
    found_ = std::move(files);  // before they are read: what changes meanwhile is found the next time
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
    files_ = found_;
    last_failure_.clear();
}

Result<sp::OurKeys> KeyWatch::reload(Instant now) const {
    auto keys = sp::reload_keys(configuration_, now);
    if (!keys || have_common(keys->in_force.signing, published_)) return keys;
    return sp::fail(sp::ConfigurationErrc::configuration_invalid,
                    sp::ring_file(configuration_.key_folder).string() +
                        ": names none of the signing keys that we publish; restore it, or start anew if these are to "
                        "be our keys from now on, and give every IdP our metadata");
}

}  // namespace slo::daemon
