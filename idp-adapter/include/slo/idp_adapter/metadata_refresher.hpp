// All known partners, from all sources of metadata, as one snapshot that is replaced whole.
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

/// SourceOfIdps is a source, and the deviations of its IdPs.
struct SourceOfIdps {
    MetadataSourceOptions source;
    InteropProfile profile;
};

/// SharedKeys says if IdPs of different sources may sign with the same key: its holder speaks for all of them (MET-07).
enum class SharedKeys { refused, accepted };

/// Asking says what waits while a server is asked.
enum class Asking {
    in_turn,   ///< refresh(): one server at each call, the one that has waited longest. For callers without threads.
    in_lanes,  ///< no call: each server has a thread while it's asked, so one that hangs delays its own news alone
};

/// MetadataEvent is news of a source, for audit lines.
struct MetadataEvent {
    std::string source;
    RefreshOutcome outcome;
};

/// MetadataCounters counts the outcomes of each RefreshOutcome::Kind.
using MetadataCounters = std::array<std::uint64_t, 8>;

class Arrivals;

/// MetadataRefresher merges the documents in force of its sources. Not thread-safe; the snapshots are. The destructor
/// stops the requests at work.
///
/// An entityID, or alias, is the first source's that has it, that has had it, or whose configuration names it
/// (MetadataSource::claims), and is refused from later ones (MET-06). It doesn't move to the next source when the first
/// omits it, for that is how a federation revokes, nor before the first has arrived: SourceErrc::entity_withheld
/// says that a later source has it and which one owns it. It moves when an operator says so: with the first source out
/// of the configuration or behind the other. A source that arrives for the first time, and is listed before, takes its
/// entityIDs over; then entity_taken says so of the other, also if that one doesn't have them now. An entity that
/// shares a signing key with one of an earlier source's is refused as well (MET-07). Among sources of one IdP
/// (Holds::one_idp) that comes first whose name was known first.
class MetadataRefresher {
public:
    /// open: `ports` has as many elements as `sources`, or none. A document that isn't believed keeps no other source's
    /// from coming into force: IdpDirectory::absent() has it, and the first refresh() tells it. Errors: those of
    /// MetadataSource::open.
    [[nodiscard]] static Result<MetadataRefresher> open(std::vector<SourceOfIdps> sources, SharedKeys shared_keys,
                                                        Instant now, std::vector<SourcePorts> ports = {},
                                                        Asking asking = Asking::in_turn);
    ~MetadataRefresher();
    MetadataRefresher(MetadataRefresher&&) noexcept;
    MetadataRefresher& operator=(MetadataRefresher&&) noexcept;

    /// refresh asks the sources that are due: every file, and remote ones as Asking says. Call it again while
    /// next_refresh() has passed, and else wait(). In turn it blocks as long as one server does, until `stop` at most;
    /// in lanes it takes the answers that have arrived and never waits. Returns the events; news once it is in
    /// directory(). If a source has more to ask at once, its news is collected, for a second at most. After
    /// std::bad_alloc the next call makes up for the rest: the snapshot is what the sources have in force once a call
    /// returns.
    [[nodiscard]] std::vector<MetadataEvent> refresh(Instant now, const std::stop_token& stop = {});

    /// next_refresh returns when refresh() has something to do, if no answer comes before.
    [[nodiscard]] Instant next_refresh() const noexcept;
    /// wait returns after `most`, as soon as there is an answer for refresh(), or when `stop` is requested.
    void wait(std::chrono::milliseconds most, const std::stop_token& stop = {}) const;
    /// lanes returns how many servers are being asked now; in turn, none.
    [[nodiscard]] std::size_t lanes() const noexcept;
    /// directory returns the present snapshot; another object whenever it changed.
    [[nodiscard]] std::shared_ptr<const IdpDirectory> directory() const noexcept { return directory_; }
    [[nodiscard]] const MetadataCounters& counters() const noexcept { return counters_; }
    /// conflicts returns what the sources can't agree on now.
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
    void rank_newly_named();
    [[nodiscard]] std::vector<AbsentPartner> absent_partners(const std::vector<MetadataEvent>& conflicts) const;
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
