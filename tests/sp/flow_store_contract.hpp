// What every engine of the FlowStore has to keep: one suite, run against each of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ports.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/flow_store.hpp"
#include "values.hpp"

namespace slo::test {

/// How a case wants its store.
struct FlowSettings {
    std::size_t max_flows = 10'000;
    std::size_t max_claims = 10'000;
};

/// Makes an empty store that asks `clock` for the time; the clock outlives it.
using MakeFlowStore = std::unique_ptr<sp::FlowStore> (*)(const sp::Clock& clock, const FlowSettings& settings);

struct FlowCase {
    const char* name;
    void (*check)(MakeFlowStore make_store);
};
[[nodiscard]] std::vector<FlowCase> flow_contract();
/// For engines that count what is there, and not what was kept.
[[nodiscard]] std::vector<FlowCase> flow_room_contract();

/// FlowContract adds cases to the suite that is being built: make one at namespace scope, between
/// BOOST_AUTO_TEST_SUITE(unit) and its end. They show as unit/<engine>/<case>.
struct FlowContract {
    FlowContract(const char* engine, MakeFlowStore make_store, const std::vector<std::vector<FlowCase>>& parts);
};

inline const Instant flow_noon = at("2026-03-01T12:00:00Z");

/// The handle that ends with `number`.
[[nodiscard]] sp::FlowHandle handle(unsigned number);
[[nodiscard]] inline saml::MessageID assertion_id(std::string_view text) {
    return parsed<saml::MessageID>(text);
}

/// FlowTrial is a store at noon and its clock. Its functions throw std::logic_error where the store fails.
class FlowTrial {
public:
    explicit FlowTrial(MakeFlowStore make_store, const FlowSettings& settings = {})
        : clock(flow_noon), store(make_store(clock, settings)) {}

    void keep(unsigned number, std::string_view record, Instant until);
    /// The record, or "-".
    [[nodiscard]] std::string peek(unsigned number);
    [[nodiscard]] std::string take(unsigned number);
    /// "first" or "seen".
    [[nodiscard]] std::string claim(std::string_view assertion, Instant until);
    /// Drops all that may be dropped.
    void forget_all_expired();

    FixedClock clock;
    std::unique_ptr<sp::FlowStore> store;
};

}  // namespace slo::test
