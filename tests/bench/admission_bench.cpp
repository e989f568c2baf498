// The cost of a new connection at a full server, by the number of addresses that hold its connections: they all wait
// for one mutex meanwhile.
#include <chrono>
#include <cstdio>
#include <deque>
#include <utility>

#include "admission.hpp"

namespace {

using slo::sp::ConnectionAdmission;

ConnectionAdmission::Address address(unsigned number) {
    ConnectionAdmission::Address octets{};
    for (unsigned i = 0; i < 4; ++i) octets[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return octets;
}

/// Nanoseconds for a newcomer from a new address, and for the end of the one that makes way, with a connection from
/// each of `addresses`.
double cost(unsigned addresses) {
    constexpr unsigned newcomers = 20'000;
    ConnectionAdmission admission(addresses, 16);
    std::deque<ConnectionAdmission::Place> places;
    const auto enter = [&](unsigned number) {
        auto place = admission.enter(address(number));
        place->when_displaced([] {});
        place->waits();
        places.push_back(*std::move(place));
    };
    for (unsigned i = 0; i < addresses; ++i) enter(i);
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < newcomers; ++i) {
        enter(addresses + i);
        places.pop_front();  // the one that waited longest was told to leave
    }
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - begin;
    return passed.count() / newcomers;
}

}  // namespace

int main() {
    const double few = cost(100);
    const double many = cost(10'000);
    std::printf("a newcomer costs %.0f ns at 100 addresses, %.0f ns at 10,000: ratio %.1f\n", few, many, many / few);
}
