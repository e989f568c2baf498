// How many connections there may be, in all and from one address, and which of them is closed for a new one.
//
// A connection costs an attacker nothing, and each may take seconds over its request. If a full server refused new
// ones, an attacker that had filled it would keep every honest peer out. So a new one gets the place of the connection
// that has waited longest: a flood then has to bring a whole server of connections within the milliseconds that an
// honest request takes to arrive. It costs the address that holds the most, so peers with few are spared.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace slo::sp {

/// ConnectionAdmission hands out places and takes them back, each in a time that grows with the logarithm of their
/// number: all new connections share its mutex. Thread-safe; must outlive every Place.
class ConnectionAdmission {
public:
    /// An IPv6 address; an IPv4 address is mapped into it.
    using Address = std::array<std::uint8_t, 16>;

    ConnectionAdmission(std::size_t max_in_all, std::size_t max_per_address) noexcept
        : max_in_all_(max_in_all), max_per_address_(max_per_address) {}

    class Place;

    /// enter returns std::nullopt if a cap is reached and all are at work, or enough of them are leaving already.
    [[nodiscard]] std::optional<Place> enter(const Address& address);
    /// make_room closes one connection without admitting another. False: all are at work, or enough leave already.
    [[nodiscard]] bool make_room();
    /// is_unsettled says whether a connection was told to leave and is still there, or has a place and doesn't wait
    /// yet: there may be room in a moment, though there is none now.
    [[nodiscard]] bool is_unsettled() {
        const std::lock_guard lock(mutex_);
        return leaving_ > 0 || arriving_ > 0;
    }
    /// displaced returns how often a connection was told to leave.
    [[nodiscard]] std::uint64_t displaced() const noexcept { return displaced_; }

private:
    enum class State { arriving, at_work, waiting, leaving };

    struct Seat {
        State state = State::arriving;
        std::uint64_t since = 0;  ///< counts up with each connection that starts to wait
        std::function<void()> leave = {};
    };
    using Seats = std::list<Seat>;

    struct Peer;
    /// The first to be displaced is the first in order. A peer's node is made with it, so ranking takes no memory.
    struct Rank {
        std::size_t present = 0;
        std::uint64_t since = 0;  ///< of the connection that has waited longest; no two have the same
        Peer* peer = nullptr;

        friend bool operator<(const Rank& a, const Rank& b) noexcept {
            return a.present != b.present ? a.present > b.present : a.since < b.since;
        }
    };
    using Ranking = std::set<Rank>;

    struct Peer {
        Seats waiting = {};  ///< the one that started to wait first is first
        Seats others = {};
        std::size_t leaving = 0;
        Ranking::iterator rank = {};       ///< while a connection of it waits
        Ranking::node_type unranked = {};  ///< while none does

        [[nodiscard]] std::size_t present() const noexcept { return waiting.size() + others.size() - leaving; }
        [[nodiscard]] bool is_empty() const noexcept { return waiting.empty() && others.empty(); }
    };
    using Peers = std::map<Address, Peer>;

    [[nodiscard]] static Peers new_peer(const Address& address);
    void change(Peer& peer, Seats::iterator seat, State state) noexcept;
    void rank(Peer& peer) noexcept;
    [[nodiscard]] bool displace_in(Peer& peer);
    [[nodiscard]] bool displace_anybody();
    void leave(Peers::iterator peer, Seats::iterator seat) noexcept;

    /// Those told to leave still have their sockets until their thread gets to them; no more of them than this.
    static constexpr std::size_t max_leaving = 16;

    std::mutex mutex_;
    std::size_t max_in_all_;
    std::size_t max_per_address_;
    std::size_t in_all_ = 0;  ///< with those that are leaving
    std::size_t leaving_ = 0;
    std::size_t arriving_ = 0;
    std::uint64_t turn_ = 0;
    std::atomic<std::uint64_t> displaced_ = 0;
    Peers peers_;
    Ranking ranking_;  ///< of the peers of which a connection waits
};

/// A connection's place, for as long as the connection lives. At first the connection is arriving, and isn't displaced.
class ConnectionAdmission::Place {
public:
    Place(Place&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), peer_(other.peer_), seat_(other.seat_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
        if (admission_) admission_->leave(peer_, seat_);
    }

    /// when_displaced sets the call that ends the connection soon, unless it is at work by then. It is called from any
    /// thread, never after this Place has ended, and mustn't call back.
    void when_displaced(std::function<void()> leave) {
        const std::lock_guard lock(admission_->mutex_);
        seat_->leave = std::move(leave);
    }
    /// waits: the connection waits for its peer from now on, and may be told to leave.
    void waits() noexcept {
        const std::lock_guard lock(admission_->mutex_);
        admission_->change(peer_->second, seat_, State::waiting);
    }
    /// works: the connection has a request that is being answered, and isn't displaced.
    void works() noexcept {
        const std::lock_guard lock(admission_->mutex_);
        admission_->change(peer_->second, seat_, State::at_work);
    }

private:
    friend class ConnectionAdmission;
    Place(ConnectionAdmission& admission, Peers::iterator peer, Seats::iterator seat) noexcept
        : admission_(&admission), peer_(peer), seat_(seat) {}

    ConnectionAdmission* admission_;
    Peers::iterator peer_;
    Seats::iterator seat_;
};

inline ConnectionAdmission::Peers ConnectionAdmission::new_peer(const Address& address) {
    Peers peers;
    Ranking ranking;
    peers[address].unranked = ranking.extract(ranking.insert(Rank{}).first);
    return peers;
}

/// Memory comes first: no connection is displaced for a new one without memory.
inline std::optional<ConnectionAdmission::Place> ConnectionAdmission::enter(const Address& address) {
    const std::lock_guard lock(mutex_);
    auto peer = peers_.find(address);
    const bool is_known = peer != peers_.end();
    Peers stranger = is_known ? Peers() : new_peer(address);
    Seats arriving(1);

    if (is_known && peer->second.present() >= max_per_address_ && !displace_in(peer->second)) return std::nullopt;
    if (in_all_ - leaving_ >= max_in_all_ && !displace_anybody()) return std::nullopt;
    if (!is_known) peer = peers_.insert(stranger.extract(stranger.begin())).position;
    const auto seat = arriving.begin();
    peer->second.others.splice(peer->second.others.end(), arriving);
    rank(peer->second);
    ++in_all_;
    ++arriving_;
    return Place(*this, peer, seat);
}

inline bool ConnectionAdmission::make_room() {
    const std::lock_guard lock(mutex_);
    return displace_anybody();
}

inline void ConnectionAdmission::change(Peer& peer, Seats::iterator seat, State state) noexcept {
    if (seat->state == State::arriving) --arriving_;
    if (seat->state == State::leaving) {
        --peer.leaving;
        --leaving_;
    }
    if (state == State::leaving) {
        ++peer.leaving;
        ++leaving_;
    }
    Seats& from = seat->state == State::waiting ? peer.waiting : peer.others;
    Seats& to = state == State::waiting ? peer.waiting : peer.others;
    to.splice(to.end(), from, seat);
    if (state == State::waiting) seat->since = ++turn_;
    seat->state = state;
    rank(peer);
}

/// After each change of its connections: in the time of the logarithm of the number of peers.
inline void ConnectionAdmission::rank(Peer& peer) noexcept {
    if (peer.unranked.empty()) peer.unranked = ranking_.extract(peer.rank);
    if (peer.waiting.empty()) return;
    peer.unranked.value() = {.present = peer.present(), .since = peer.waiting.front().since, .peer = &peer};
    peer.rank = ranking_.insert(std::move(peer.unranked)).position;
}

inline bool ConnectionAdmission::displace_in(Peer& peer) {
    if (peer.waiting.empty() || leaving_ >= max_leaving) return false;
    const auto seat = peer.waiting.begin();
    seat->leave();
    change(peer, seat, State::leaving);
    ++displaced_;
    return true;
}

/// The address with the most connections loses one; of equals, the one with the longest waiting connection.
inline bool ConnectionAdmission::displace_anybody() {
    return !ranking_.empty() && displace_in(*ranking_.begin()->peer);
}

inline void ConnectionAdmission::leave(Peers::iterator peer, Seats::iterator seat) noexcept {
    const std::lock_guard lock(mutex_);
    change(peer->second, seat, State::at_work);
    peer->second.others.erase(seat);
    --in_all_;
    rank(peer->second);
    if (peer->second.is_empty()) peers_.erase(peer);
}

}  // namespace slo::sp
