// How long a master's answers are valid, so that no node ever again answers "alive" after a failover.
//
// The danger: a master is cut off from its replicas, one of them is promoted, a logout succeeds there, and the old
// master, which doesn't have it, still tells some node that the session is alive. Two times prevent this:
//
// 1. A master's answers count under a lease only. INFO shows for each replica the `lag`: the whole seconds since the
//    replica last acknowledged. A lag of 0 or 1 means that it did so less than 2 s before INFO was answered. Such an
//    answer gives a lease of 1 s from the moment when INFO was *sent*, which is before it was answered. So a lease ends
//    less than 3 s after an acknowledgement by each of the replicas that it is built on.
// 2. A replica that was promoted acknowledges no more to its old master. So 3 s after its promotion every lease that
//    was built on it is over. A logout at the new master is not answered before 3 s after we first saw it be master,
//    which is later than its promotion. Each promotion gives a master a new replication ID: by it we know that it is
//    still the same promotion, across connections too, and for each logout the ID is read again behind it.
//
// A lease takes `replicas` of them, as a logout does. Those of both sides can't be different ones if `replicas` is
// the number of all replicas. With fewer (one of two), a replica that goes over to the new master after that has
// settled may still hold up the old one's lease: tests/model/failover.pml plays it. Octets that a cut line held back
// and delivers late could show a replica as fresh that isn't: the closing of the replica's connection, which follows
// directly, ends that, too.
//
// This concerns answers. Whether an acknowledged logout outlives a promotion is another question: any replica may be
// promoted, so only a logout that all of them have is sure to be there.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "event_loop.hpp"

namespace slo::sp::redis {

inline constexpr std::chrono::milliseconds lease_term{1000};
inline constexpr std::chrono::milliseconds settling_time{3000};
inline constexpr std::chrono::milliseconds lease_poll{250};
/// In seconds, as INFO counts: with more, lease_term and settling_time would no longer fit together.
inline constexpr unsigned freshest_lag = 1;

class Lease {
public:
    /// `asked` is when INFO was sent that showed enough fresh replicas.
    void renew(Moment asked) noexcept { until_ = asked + lease_term; }
    void end() noexcept { until_ = Moment::min(); }
    [[nodiscard]] bool stands(Moment now) const noexcept { return now < until_; }

private:
    Moment until_ = Moment::min();
};

/// Reign is the time since a promotion, as far as we have seen it.
class Reign {
public:
    /// observe returns whether it is the known one; otherwise a new one begins.
    bool observe(std::string_view replication_id, Moment now) {
        if (replication_id == id_) return true;
        id_ = replication_id;
        seen_since_ = now;
        return false;
    }
    [[nodiscard]] bool is_settled(Moment now) const noexcept { return now >= settles(); }
    [[nodiscard]] Moment settles() const noexcept { return seen_since_ + settling_time; }

private:
    std::string id_;
    Moment seen_since_{};
};

/// ReplicationInfo is the content of `INFO replication`.
struct ReplicationInfo {
    bool is_master = false;
    std::string replication_id;
    unsigned fresh_replicas = 0;  ///< online, and lagging by `freshest_lag` at most
};
/// parse_replication_info returns std::nullopt if the role or the replication ID is missing.
[[nodiscard]] std::optional<ReplicationInfo> parse_replication_info(std::string_view text);

}  // namespace slo::sp::redis
