// Tells the publication record what this endpoint publishes.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "slo/sp/configuration.hpp"
#include "slo/sp/publication_record.hpp"

namespace slo::daemon {

/// PublishedKeys holds the record of one endpoint open. Without one it serves all the same: then saml-slo keys rotate
/// refuses what it can't be sure of. Not thread-safe.
class PublishedKeys {
public:
    /// Open it before files can't be made any more.
    explicit PublishedKeys(const sp::Configuration& configuration);

    /// From now on `keys` are published, each copy for as long as was `promised`.
    void publish(sp::KeysInForce keys, std::chrono::seconds promised);
    /// Writes what isn't written yet. Why it can't be, once, while it tries again each time.
    [[nodiscard]] std::optional<Failure> keep(Instant now);

private:
    Result<sp::PublicationRecord> record_;
    sp::KeysInForce keys_;
    std::chrono::seconds promised_;
    std::string last_failure_;
};

}  // namespace slo::daemon
