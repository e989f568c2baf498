// All partners that we know, from all places that tell us of them, as one snapshot that is replaced whole.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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

/// Who waits while a server is asked.
enum class Asking {
    in_turn,   ///< refresh(): one server at each call, the one that has waited longest. For what has no threads.
    in_lanes,  ///< nobody: each server has a thread while it's asked, so one that hangs keeps back its own news alone
};

/// What became of a source, for audit lines.
struct MetadataEvent {
    std::string source;
    RefreshOutcome outcome;
};

/// How many outcomes of each kind there were, by RefreshOutcome::Kind.
using MetadataCounters = std::array<std::uint64_t, 8>;

class Arrivals;

/// MetadataRefresher merges what its sources have in force. Not thread-safe; the snapshots are. The destructor
/// stops what is being asked.
///
/// An entityID, or alias, is the first source's that has it, that has had it, or whose configuration names it
/// (MetadataSource::claims), and is refused from later ones (MET-06). It doesn't move to the next source when the first
/// leaves it out, for that is how a federation revokes, nor while the first hasn't come: SourceErrc::entity_withheld
/// says that a later source has it and to whom it belongs. It moves when an operator says so: with the first source out
/// of the configuration or behind the other. A source that comes later for the first time, and stands before, takes its
/// entityIDs over; then entity_taken says so of the other, also where that one doesn't have them now. An entity that
/// shares a signing key with one of an earlier source's is refused as well (MET-07).
class MetadataRefresher {
public:
    /// `ports` has as many elements as `sources`, or none. Errors: those of MetadataSource::open.
    [[nodiscard]] static Result<MetadataRefresher> open(std::vector<SourceOfIdps> sources, SharedKeys shared_keys,
                                                        Instant now, std::vector<SourcePorts> ports = {},
                                                        Asking asking = Asking::in_turn);
    ~MetadataRefresher();
    MetadataRefresher(MetadataRefresher&&) noexcept;
    MetadataRefresher& operator=(MetadataRefresher&&) noexcept;

    /// Asks what is due: every file, and as Asking says of what is remote. Call it again while next_refresh() has
    /// passed, and else wait(). In turn it blocks as long as one server does, until `stop` at most; in lanes it takes
    /// the answers that have come and never waits. Says what happened: of news, once they are in directory(). Where a
    /// source has more to ask at once, its news are put together, for a second at most.
    /// After std::bad_alloc the next call makes up for what is missing: the snapshot is what the sources have in force
    /// once a call returns.
    [[nodiscard]] std::vector<MetadataEvent> refresh(Instant now, const std::stop_token& stop = {});

    /// When refresh() has something to do, as far as no answer comes before.
    [[nodiscard]] Instant next_refresh() const noexcept;
    /// Returns after `most`, as soon as an answer has come for refresh() to take, or when `stop` is requested.
    void wait(std::chrono::milliseconds most, const std::stop_token& stop = {}) const;
    /// How many servers are being asked now; in turn, none.
    [[nodiscard]] std::size_t lanes() const noexcept;
    /// What is in force now; another object whenever it changed.
    [[nodiscard]] std::shared_ptr<const IdpDirectory> directory() const noexcept { return directory_; }
    [[nodiscard]] const MetadataCounters& counters() const noexcept { return counters_; }
    /// What the sources can't agree on now.
    [[nodiscard]] const std::vector<MetadataEvent>& conflicts() const noexcept { return conflicts_; }

private:
    struct Member;
    struct Claims;
    MetadataRefresher(SharedKeys shared_keys, Asking asking);
    void ask_in_turn(Instant now, const std::stop_token& stop);
    void ask_in_lanes(Instant now);
    void start_lane(Member& member, Instant now);
    template <class Work>
    void or_put_off(Member& member, Instant now, const Work& work);
    void take(const Member& member, std::vector<RefreshOutcome> outcomes);
    [[nodiscard]] Member* longest_waiting(Instant now);
    [[nodiscard]] bool is_free(const Member& member) const noexcept;
    [[nodiscard]] bool has_unmerged() const noexcept;
    [[nodiscard]] bool has_more_coming(Instant now);
    void rebuild();
    void report(const std::vector<MetadataEvent>& conflicts, std::vector<MetadataEvent> moved);

    SharedKeys shared_keys_;
    Asking asking_;
    std::shared_ptr<Arrivals> arrivals_;
    std::vector<Member> members_;
    std::unique_ptr<Claims> claims_;  ///< that directory_ was made with
    std::shared_ptr<const IdpDirectory> directory_;
    std::vector<MetadataEvent> events_;           ///< not told yet
    std::optional<Instant> unmerged_since_ = {};  ///< while news are put together
    std::vector<MetadataEvent> conflicts_;
    MetadataCounters counters_{};
};

}  // namespace slo::idp_adapter
