// All partners that we know, from all places that tell us of them, as one snapshot that is replaced whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/idp_adapter/interop_profile.hpp"
#include "slo/idp_adapter/metadata_source.hpp"

namespace slo::idp_adapter {

/// A source, and how its IdPs deviate.
struct SourceOfIdps {
    MetadataSourceOptions source;
    InteropProfile profile;
};

/// Whether IdPs of different sources may sign with the same key: whoever holds it speaks for all of them (MET-07).
enum class SharedKeys { refused, accepted };

/// What became of a source, for audit lines.
struct MetadataEvent {
    std::string source;
    RefreshOutcome outcome;
};

/// How many outcomes of each kind there were, by RefreshOutcome::Kind.
using MetadataCounters = std::array<std::uint64_t, 6>;

/// MetadataRefresher merges what its sources have in force. An earlier source wins: an entityID that it has is refused
/// from later ones (MET-06), and so is an entity that shares a signing key with one of its entities. Not thread-safe;
/// the snapshots are.
class MetadataRefresher {
public:
    /// `ports` has as many elements as `sources`, or none. Errors: those of MetadataSource::open.
    [[nodiscard]] static Result<MetadataRefresher> open(std::vector<SourceOfIdps> sources, SharedKeys shared_keys,
                                                        Instant now, std::vector<SourcePorts> ports = {});

    /// Asks what is due: every file, but of what is remote only the one that has waited longest, so that a place that
    /// doesn't answer can't keep news back. Call it again while next_refresh() has passed. Blocks as long as one place
    /// does. Says what happened.
    [[nodiscard]] std::vector<MetadataEvent> refresh(Instant now, const std::stop_token& stop = {});

    [[nodiscard]] Instant next_refresh() const noexcept;
    /// What is in force now; another object whenever it changed.
    [[nodiscard]] std::shared_ptr<const IdpDirectory> directory() const noexcept { return directory_; }
    [[nodiscard]] const MetadataCounters& counters() const noexcept { return counters_; }
    /// What the sources couldn't agree on when they were opened.
    [[nodiscard]] const std::vector<MetadataEvent>& conflicts() const noexcept { return conflicts_; }

private:
    struct Member {
        MetadataSource source;
        InteropProfile profile;
        bool is_remote;
    };
    explicit MetadataRefresher(SharedKeys shared_keys) noexcept : shared_keys_(shared_keys) {}
    void rebuild();
    void report_new_conflicts(const std::vector<MetadataEvent>& known, std::vector<MetadataEvent>& events) const;

    SharedKeys shared_keys_;
    std::vector<Member> members_;
    std::shared_ptr<const IdpDirectory> directory_;
    std::vector<MetadataEvent> conflicts_;
    MetadataCounters counters_{};
};

}  // namespace slo::idp_adapter
