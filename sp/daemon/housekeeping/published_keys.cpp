#include "published_keys.hpp"

#include <utility>

namespace slo::daemon {

PublishedKeys::PublishedKeys(const sp::Configuration& configuration)
    : record_(sp::PublicationRecord::open(configuration.publication_record)),
      keys_(configuration.keys_in_force),
      promised_(sp::promise_of(configuration.publication)) {}

void PublishedKeys::publish(sp::KeysInForce keys, std::chrono::seconds promised) {
    keys_ = std::move(keys);
    promised_ = promised;
}

std::optional<Failure> PublishedKeys::keep(Instant now) {
    const auto kept = record_ ? record_->keep(keys_, promised_, now) : Result<void>(record_.error());
    if (kept) {
        last_failure_.clear();
        return std::nullopt;
    }
    if (kept.error().detail == last_failure_) return std::nullopt;
    last_failure_ = kept.error().detail;
    return kept.error();
}

}  // namespace slo::daemon
