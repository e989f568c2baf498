// Notices that our keys have rolled over.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slo/sp/configuration.hpp"

namespace slo::daemon {

/// KeyWatch reads the key folder's state again and again; it's small, and reading it tells more than its date would. It
/// also checks the identity of the keys' files, as another key may have the same name, and the same second.
/// It begins with the state that `configuration` was loaded with: a step between loading and watching isn't missed.
/// Keys that have none in common with those in force are another identity, which isn't taken over by a lost file.
/// Not thread-safe.
class KeyWatch {
public:
    /// of returns null if the configuration has no key folder. `configuration` must outlive it.
    [[nodiscard]] static std::unique_ptr<KeyWatch> of(const sp::Configuration& configuration);

    /// look returns std::nullopt if all is as before; else the keys to use from now on, or why they can't be read: that
    /// once, while it tries again each time.
    [[nodiscard]] std::optional<Result<sp::OurKeys>> look(Instant now);
    /// taken: these are in force; until then look() returns them again, in case a later step has failed.
    void taken(const sp::OurKeys& keys);

private:
    explicit KeyWatch(const sp::Configuration& configuration);
    [[nodiscard]] Result<sp::OurKeys> reload(Instant now) const;

    const sp::Configuration& configuration_;
    std::string in_force_;
    std::string files_;                   ///< of the keys in force
    std::string found_;                   ///< by the last look
    std::vector<std::string> published_;  ///< signing certificates' SHA-256
    std::string last_failure_;
};

}  // namespace slo::daemon
