// Questions that must be answered during a trouble that doesn't concern them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "history.hpp"
#include "site.hpp"

namespace slo::test {

/// Probes ask each node whether a session lives, and let it register one, and send orders of the usual IdP to any; one
/// after the other, each with more patience than any machine needs. At rest until go_on(). `site` must outlive them and
/// stay where it is.
class Probes {
public:
    Probes(const Site& site, Recorder& recorder);
    ~Probes();
    Probes(const Probes&) = delete;
    Probes& operator=(const Probes&) = delete;

    /// Nothing new is asked: is_resting() tells when all answers are here.
    void rest() noexcept { resting_ = true; }
    void go_on() noexcept { resting_ = false; }
    [[nodiscard]] bool is_resting() const noexcept { return asking_ == 0; }

private:
    void add_thread(std::size_t door, std::function<bool(std::uint64_t number)> ask);
    [[nodiscard]] bool ask_node(std::size_t node, std::uint64_t number) const;
    [[nodiscard]] bool order(std::uint64_t number) const;

    const Site& site_;
    Recorder& recorder_;
    std::atomic<bool> resting_ = true;
    std::atomic<int> asking_ = 0;
    std::vector<std::jthread> threads_;
};

}  // namespace slo::test
