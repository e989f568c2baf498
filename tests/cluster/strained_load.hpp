// The activity beside the steady load if a strain is on the site.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "departures.hpp"
#include "greed.hpp"
#include "probes.hpp"

namespace slo::test {

/// StrainedLoad runs from its construction until wind_down(). `site` must outlive it and stay where it is.
class StrainedLoad {
public:
    StrainedLoad(const Site& site, Recorder& recorder, std::uint64_t seed, Strain strain);

    /// From now on there is a trouble for whose end no request may wait.
    void begin_trouble();
    /// Lets all requests made meanwhile get their answers, calling `pass_time` in between, for `patience` at most; then
    /// the trouble may be mended, and it's over.
    void settle(const std::function<void()>& pass_time, std::chrono::milliseconds patience);
    void end_trouble();

    void wind_down(std::chrono::milliseconds patience);
    [[nodiscard]] bool is_working() const noexcept;
    /// Whether requests are kept that have neither reached their IdP nor been given up.
    [[nodiscard]] bool owes_requests();
    /// Whether lines are missing still.
    [[nodiscard]] bool owes_lines();
    void ask_for_all();
    /// Null where no IdP is greedy.
    [[nodiscard]] const Greed* greed() const noexcept { return greed_ ? &*greed_ : nullptr; }

private:
    /// Sends requests that prove nothing, as fast as they're answered.
    void be_strange(const std::stop_token& stop) const;

    const Site& site_;
    Recorder& recorder_;
    Strain strain_;
    std::optional<Moment> trouble_;
    std::optional<Greed> greed_;  // first: the others begin when its quota is full
    Probes probes_;
    Departures departures_;
    std::vector<std::jthread> strangers_;
};

}  // namespace slo::test
