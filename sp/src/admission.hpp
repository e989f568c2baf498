// How many connections there may be, in all and from one address.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace slo::sp {

/// Admission hands out places and takes them back. Thread-safe; must outlive every Place.
class Admission {
public:
    Admission(std::size_t max_in_all, std::size_t max_per_address) noexcept
        : max_in_all_(max_in_all), max_per_address_(max_per_address) {}

    class Place {
    public:
        Place(Place&& other) noexcept : admission_(std::exchange(other.admission_, nullptr)), peer_(other.peer_) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (admission_) admission_->leave(peer_);
        }

    private:
        friend class Admission;
        using Peer = std::map<boost::asio::ip::address, std::size_t>::iterator;
        Place(Admission& admission, Peer peer) noexcept : admission_(&admission), peer_(peer) {}

        Admission* admission_;
        Peer peer_;
    };

    /// Nothing where a cap is reached.
    [[nodiscard]] std::optional<Place> enter(const boost::asio::ip::address& address) {
        const std::lock_guard lock(mutex_);
        if (in_all_ >= max_in_all_) return std::nullopt;
        const auto peer = peers_.try_emplace(network(address), 0).first;
        if (peer->second >= max_per_address_) return std::nullopt;
        ++peer->second;
        ++in_all_;
        return Place(*this, peer);
    }

private:
    void leave(Place::Peer peer) noexcept {
        const std::lock_guard lock(mutex_);
        --in_all_;
        if (--peer->second == 0) peers_.erase(peer);
    }

    /// One IPv6 customer has a /64 at least: its addresses count as one.
    static boost::asio::ip::address network(const boost::asio::ip::address& address) {
        if (!address.is_v6()) return address;
        const auto v6 = address.to_v6();
        if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6);
        auto octets = v6.to_bytes();
        for (std::size_t i = 8; i < octets.size(); ++i) octets[i] = 0;
        return boost::asio::ip::address_v6(octets);
    }

    std::mutex mutex_;
    std::size_t max_in_all_;
    std::size_t max_per_address_;
    std::size_t in_all_ = 0;
    std::map<boost::asio::ip::address, std::size_t> peers_;
};

}  // namespace slo::sp
