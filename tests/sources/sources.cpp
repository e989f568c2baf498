// Plays episodes of the real code until the time is over. See ./dev sources in ARCHITECTURE.md.
#include <sys/times.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "episode.hpp"

namespace slo::sources {
namespace {

struct Wanted {
    double seconds = 60;
    std::uint64_t episodes = 0;  ///< so many instead; 0: by the clock
    std::optional<std::uint64_t> seed;
    int plant = 0;  ///< this one alone
    bool all_plants = true;
    Kinds kinds = played_kinds();
};

struct Tally {
    std::uint64_t episodes = 0;
    std::uint64_t steps = 0;
};

/// Of this process and its children: a rate by the clock would tell how busy the machine is.
double processor_seconds() {
    struct tms used {};
    ::times(&used);
    const auto ticks = used.tms_utime + used.tms_stime + used.tms_cutime + used.tms_cstime;
    return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void print(const Script& script, const Outcome& outcome) {
    std::cout << "  " << script.steps.size() << " steps\n";
    for (const std::string& line : outcome.trace) std::cout << line << "\n";
}

/// Plays one episode with all that can be told about it. Returns whether it broke a rule.
bool replay(const Cast& cast, std::uint64_t seed, Plant plant) {
    const Script script = make_script(seed, cast.kinds);
    const Outcome outcome = play(cast, script, plant, Tracing::on);
    if (!outcome.violation) {
        print(script, outcome);
        std::cout << "seed " << seed << ": no violation in " << outcome.steps << " steps\n";
        return false;
    }
    std::cout << "seed " << seed << ": " << outcome.violation->rule << ": " << outcome.violation->detail << "\n";
    const Script smaller = shrunk(cast, script, plant, outcome.violation->rule);
    std::cout << "shrunk to " << smaller.steps.size() << " of " << script.steps.size() << " steps:\n";
    const Outcome last = play(cast, smaller, plant, Tracing::on);
    print(smaller, last);
    if (last.violation) std::cout << last.violation->rule << ": " << last.violation->detail << "\n";
    return true;
}

bool replay_with(Cast& cast, std::uint64_t seed, Plant plant) {
    if (plant != Plant::none) cast.kinds.add(kind_of(plant));
    return replay(cast, seed, plant);
}

/// How long to go on.
struct Limit {
    std::chrono::duration<double> time;
    std::uint64_t episodes;  ///< 0: any number
};

/// The seed of the first episode that breaks a rule; nothing where the limit is reached before.
std::optional<std::uint64_t> search(const Cast& cast, Chance& seeds, Plant plant, const Limit& limit, Tally& tally) {
    const auto end = std::chrono::steady_clock::now() + limit.time;
    const auto goes_on = [&] {
        return limit.episodes > 0 ? tally.episodes < limit.episodes : std::chrono::steady_clock::now() < end;
    };
    while (goes_on()) {
        const std::uint64_t seed = seeds.next();
        const Outcome outcome = play(cast, make_script(seed, cast.kinds), plant, Tracing::off);
        ++tally.episodes;
        tally.steps += outcome.steps;
        if (outcome.violation) return seed;
    }
    return std::nullopt;
}

bool finds(Cast& cast, Chance& seeds, int plant, const Wanted& wanted) {
    cast.kinds = wanted.kinds;
    cast.kinds.add(kind_of(static_cast<Plant>(plant)));
    constexpr std::uint64_t enough = 5'000;
    const Limit patience{std::chrono::minutes(1), wanted.episodes > 0 ? enough : 0};
    Tally tally;
    const auto found = search(cast, seeds, static_cast<Plant>(plant), patience, tally);
    std::cout << "planted fault " << plant << ": ";
    if (!found) {
        std::cout << "NOT FOUND in " << tally.episodes << " episodes" << std::endl;
        return false;
    }
    const Outcome outcome = play(cast, make_script(*found, cast.kinds), static_cast<Plant>(plant), Tracing::off);
    std::cout << "found after " << tally.episodes << " episodes, as "
              << (outcome.violation ? outcome.violation->rule : "NOTHING WHEN REPLAYED") << ", seed " << *found
              << std::endl;
    return outcome.violation.has_value();
}

int run(const Wanted& wanted) {
    Cast cast;
    cast.kinds = wanted.kinds;
    const std::uint64_t seed = wanted.seed.value_or(std::random_device()());
    if (wanted.seconds == 0 && wanted.episodes == 0)
        return replay_with(cast, seed, static_cast<Plant>(wanted.plant)) ? 1 : 0;
    Chance seeds(seed);
    if (wanted.plant != 0) return finds(cast, seeds, wanted.plant, wanted) ? 0 : 1;
    bool all_found = true;
    for (int plant = 1; wanted.all_plants && plant <= plant_count; ++plant)
        all_found = finds(cast, seeds, plant, wanted) && all_found;
    cast.kinds = wanted.kinds;
    Tally tally;
    const double before = processor_seconds();
    const Limit limit{std::chrono::duration<double>(wanted.seconds), wanted.episodes};
    const auto found = search(cast, seeds, Plant::none, limit, tally);
    const double taken = processor_seconds() - before;
    std::cout << tally.episodes << " episodes, " << tally.steps << " steps, "
              << static_cast<std::uint64_t>(static_cast<double>(tally.steps) * 60 / taken)
              << " steps a minute of a core, " << (found ? 1 : 0) << " violations, seed " << seed << std::endl;
    if (found) {
        replay(cast, *found, Plant::none);
        std::cout << "to replay it: ./dev sources 0 " << *found << " and the same --only, --with or --without\n";
    }
    return found || !all_found ? 1 : 0;
}

Kind kind_named(const std::string& word) {
    if (const auto kind = Kinds::named(word)) return *kind;
    throw std::invalid_argument(word);
}

Wanted parse(const std::vector<std::string>& words) {
    Wanted wanted;
    std::vector<std::string> numbers;
    bool is_first = true;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--no-plants") {
            wanted.all_plants = false;
        } else if (words[i] == "--all") {
            wanted.kinds = Kinds::all();
        } else if (words[i] == "--with") {
            wanted.kinds.add(kind_named(words.at(++i)));
        } else if (words[i] == "--without") {
            wanted.kinds.leave_out(kind_named(words.at(++i)));
        } else if (words[i] == "--only") {
            if (std::exchange(is_first, false)) wanted.kinds = Kinds::none();
            wanted.kinds.add(kind_named(words.at(++i)));
        } else if (words[i] == "--episodes") {
            wanted.episodes = std::stoull(words.at(++i));
        } else if (words[i] == "--plant") {
            wanted.plant = std::stoi(words.at(++i));
        } else {
            numbers.push_back(words[i]);
        }
    }
    if (!numbers.empty()) wanted.seconds = std::stod(numbers[0]);
    if (numbers.size() > 1) wanted.seed = std::stoull(numbers[1]);
    if (numbers.size() > 2 || wanted.plant < 0 || wanted.plant > plant_count) throw std::invalid_argument("words");
    if (wanted.seconds == 0 && wanted.episodes == 0 && !wanted.seed) throw std::invalid_argument("which episode?");
    return wanted;
}

void print_usage() {
    std::cerr
        << "sources [--plant N | --no-plants] [--episodes N] [--all] [--with KIND | --without KIND | --only KIND]... "
           "[SECONDS [SEED]]\n"
           "SECONDS 0 replays the episode SEED; --episodes makes it so many instead of so many seconds.\n"
           "--all plays also the kinds that aren't mended yet. The kinds:";
    for (const std::string_view kind : kind_names) std::cerr << " " << kind;
    std::cerr << "\n";
}

}  // namespace
}  // namespace slo::sources

int main(int argc, char** argv) {
    slo::sources::Wanted wanted;
    try {
        wanted = slo::sources::parse({argv + 1, argv + argc});
    } catch (const std::exception&) {
        slo::sources::print_usage();
        return 2;
    }
    return slo::sources::run(wanted);
}
