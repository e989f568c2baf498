// Writes this endpoint's published keys to the publication record.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "slo/sp/configuration.hpp"
#include "slo/sp/publication_record.hpp"

namespace slo::daemon {

/// PublishedKeys holds the record of one endpoint open. Without one it serves all the same: then saml-slo keys rotate
/// refuses steps without a proof. Not thread-safe.
class PublishedKeys {
public:
    /// Construct it before files can't be made any more.
    explicit PublishedKeys(const sp::Configuration& configuration);

    /// publish: from now on `keys` are published, each copy for as long as was `promised`.
    void publish(sp::KeysInForce keys, std::chrono::seconds promised);
    /// keep writes what isn't written yet. Returns why it can't be, once, while it tries again each time.
    [[nodiscard]] std::optional<Failure> keep(Instant now);

private:
    Result<sp::PublicationRecord> record_;
    sp::KeysInForce keys_;
    std::chrono::seconds promised_;
    std::string last_failure_;
};

}  // namespace slo::daemon
