#include "strained_load.hpp"

#include <algorithm>

#include "http_client.hpp"
#include "judge.hpp"

namespace slo::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

StrainedLoad::StrainedLoad(const Site& site, Recorder& recorder, std::uint64_t seed, Strain strain)
    : site_(site),
      recorder_(recorder),
      strain_(strain),
      greed_(strain == Strain::quota ? std::optional<Greed>(std::in_place, site, recorder, seed) : std::nullopt),
      probes_(site, recorder),
      departures_(site, recorder, seed + 1) {
    if (strain != Strain::logs) return;
    for (int i = 0; i < 2; ++i) {
        strangers_.emplace_back([this](const std::stop_token& stop) { be_strange(stop); });
    }
}

void StrainedLoad::be_strange(const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
        static_cast<void>(examples::call(
            site_.doors().logouts,
            {.method = "POST", .path = "/saml/slo/soap", .content_type = "text/xml", .body = "<rubbish/>"}));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

void StrainedLoad::begin_trouble() {
    trouble_ = SteadyClock::now();
    probes_.go_on();
}

void StrainedLoad::settle(const std::function<void()>& pass_time, std::chrono::milliseconds patience) {
    const Moment end = SteadyClock::now() + patience;
    probes_.rest();
    departures_.rest();
    while (!(probes_.is_resting() && departures_.is_resting()) && SteadyClock::now() < end) pass_time();
    if (trouble_) recorder_.add_trouble({.begin = *trouble_, .end = SteadyClock::now()});
    trouble_.reset();
}

void StrainedLoad::end_trouble() {
    departures_.go_on();
}

void StrainedLoad::wind_down(std::chrono::milliseconds patience) {
    strangers_.clear();
    if (greed_) greed_->wind_down(patience);
    departures_.wind_down(patience);
}

bool StrainedLoad::is_working() const noexcept {
    return departures_.is_working() || (greed_ && greed_->is_working());
}

bool StrainedLoad::owes_requests() {
    recorder_.set_given_up(site_.requests_given_up());
    const std::vector<Violation> violations = judge(recorder_.copy());
    return count(violations, Rule::unsent) > 0;
}

bool StrainedLoad::owes_lines() {
    if (strain_ != Strain::logs) return false;
    recorder_.set_lines(site_.lines());
    return count(judge(recorder_.copy()), Rule::line_missing) > 0;
}

void StrainedLoad::ask_for_all() {
    departures_.ask_for_all();
}

}  // namespace slo::test
