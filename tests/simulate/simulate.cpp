// Plays episodes of the real code until the time is over. See ./dev simulate in ARCHITECTURE.md.
#include <chrono>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "episode.hpp"

namespace slo::simulate {
namespace {

struct Wanted {
    double seconds = 60;
    std::uint64_t episodes = 0;  ///< so many instead; 0: by the clock
    std::optional<std::uint64_t> seed;
    int plant = 0;  ///< this one alone
    bool all_plants = true;
};

struct Tally {
    std::uint64_t episodes = 0;
    std::uint64_t steps = 0;
};

void print(const Script& script, const Outcome& outcome) {
    std::cout << "  " << script.nodes << " nodes, engine "
              << (script.engine == Script::Engine::sqlite ? "sqlite" : "memory") << "\n";
    for (const Operation& one : script.operations) std::cout << "  " << describe(script, one) << "\n";
    for (const std::string& line : outcome.trace) std::cout << line << "\n";
}

/// Plays one episode with its whole trace. Returns whether it broke a rule.
bool replay(const Cast& cast, std::uint64_t seed, Plant plant) {
    const Script script = make_script(seed);
    const Outcome outcome = play(cast, script, plant, Tracing::on);
    if (!outcome.violation) {
        print(script, outcome);
        std::cout << "seed " << seed << ": no violation in " << outcome.steps << " steps\n";
        return false;
    }
    std::cout << "seed " << seed << ": " << outcome.violation->rule << ": " << outcome.violation->detail << "\n";
    const Script smaller = shrunk(cast, script, plant, outcome.violation->rule);
    std::cout << "shrunk to " << smaller.operations.size() << " of " << script.operations.size() << " operations:\n";
    print(smaller, play(cast, smaller, plant, Tracing::on));
    return true;
}

/// How long to go on.
struct Limit {
    std::chrono::duration<double> time;
    std::uint64_t episodes;  ///< 0: any number
};

/// The seed of the first episode that breaks a rule; std::nullopt if the limit is reached before.
std::optional<std::uint64_t> search(const Cast& cast, Chance& seeds, Plant plant, const Limit& limit, Tally& tally) {
    const auto end = std::chrono::steady_clock::now() + limit.time;
    const auto goes_on = [&] {
        return limit.episodes > 0 ? tally.episodes < limit.episodes : std::chrono::steady_clock::now() < end;
    };
    while (goes_on()) {
        const std::uint64_t seed = seeds.next();
        const Outcome outcome = play(cast, make_script(seed), plant, Tracing::off);
        ++tally.episodes;
        tally.steps += outcome.steps;
        if (outcome.violation) return seed;
    }
    return std::nullopt;
}

bool finds(const Cast& cast, Chance& seeds, int plant, const Wanted& wanted) {
    // The rarest is met about once in a thousand episodes.
    constexpr std::uint64_t enough = 20'000;
    const Limit patience{std::chrono::minutes(1), wanted.episodes > 0 ? enough : 0};
    Tally tally;
    const auto found = search(cast, seeds, static_cast<Plant>(plant), patience, tally);
    std::cout << "planted fault " << plant << ": ";
    if (!found) {
        std::cout << "NOT FOUND in " << tally.episodes << " episodes\n";
        return false;
    }
    const Outcome outcome = play(cast, make_script(*found), static_cast<Plant>(plant), Tracing::off);
    std::cout << "found after " << tally.episodes << " episodes, as "
              << (outcome.violation ? outcome.violation->rule : "NOTHING WHEN REPLAYED") << ", seed " << *found << "\n";
    return outcome.violation.has_value();
}

int run(const Wanted& wanted) {
    const Cast cast;
    const std::uint64_t seed = wanted.seed.value_or(std::random_device()());
    if (wanted.seconds == 0 && wanted.episodes == 0)
        return replay(cast, seed, static_cast<Plant>(wanted.plant)) ? 1 : 0;
    Chance seeds(seed);
    if (wanted.plant != 0) return finds(cast, seeds, wanted.plant, wanted) ? 0 : 1;
    bool all_found = true;
    for (int plant = 1; wanted.all_plants && plant <= plant_count; ++plant) {
        all_found = finds(cast, seeds, plant, wanted) && all_found;
    }
    Tally tally;
    const auto begun = std::chrono::steady_clock::now();
    const Limit limit{std::chrono::duration<double>(wanted.seconds), wanted.episodes};
    const auto found = search(cast, seeds, Plant::none, limit, tally);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    std::cout << tally.episodes << " episodes, " << tally.steps << " steps, "
              << static_cast<std::uint64_t>(static_cast<double>(tally.steps) * 60 / taken.count())
              << " steps a minute, " << (found ? 1 : 0) << " violations, seed " << seed << std::endl;
    if (found) {
        replay(cast, *found, Plant::none);
        std::cout << "to replay it: ./dev simulate 0 " << *found << "\n";
    }
    return found || !all_found ? 1 : 0;
}

Wanted parse(const std::vector<std::string>& words) {
    Wanted wanted;
    std::vector<std::string> numbers;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--no-plants") {
            wanted.all_plants = false;
        } else if (words[i] == "--episodes" && i + 1 < words.size()) {
            wanted.episodes = std::stoull(words[++i]);
        } else if (words[i] == "--plant" && i + 1 < words.size()) {
            wanted.plant = std::stoi(words[++i]);
        } else {
            numbers.push_back(words[i]);
        }
    }
    if (!numbers.empty()) wanted.seconds = std::stod(numbers[0]);
    if (numbers.size() > 1) wanted.seed = std::stoull(numbers[1]);
    if (numbers.size() > 2 || wanted.plant < 0 || wanted.plant > plant_count) throw std::invalid_argument("words");
    if (wanted.seconds == 0 && !wanted.seed) throw std::invalid_argument("which episode?");
    return wanted;
}

}  // namespace
}  // namespace slo::simulate

int main(int argc, char** argv) {
    slo::simulate::Wanted wanted;
    try {
        wanted = slo::simulate::parse({argv + 1, argv + argc});
    } catch (const std::exception&) {
        std::cerr << "simulate [--plant N | --no-plants] [--episodes N] [SECONDS [SEED]]\n"
                     "SECONDS 0 replays the episode SEED; --episodes makes it so many instead of so many seconds.\n";
        return 2;
    }
    return slo::simulate::run(wanted);
}
