// cluster_trial: does "a signed Success means gone" hold on many nodes while they, their store and their network fail?
//
//   cluster_trial --endpoint PROGRAM [--host PROGRAM] [--seconds N] [--seed N] [--apart MS] [--deaths N]
//                 WHAT...
//
// WHAT is, for N seconds each: single; cluster; sentinel (a primary and one replica); sentinel2 (and two); sqlite (one
// node and its folder); gap (two replicas, but one acknowledgement or none is enough, which isn't safe: shows what is
// lost, and isn't judged). With "hosts-" in front of one of them the nodes are cluster_host, not saml-slod: they
// have an application outside that is slow and fails, and clocks that differ by MS altogether. With "+" and a strain
// behind it (strain.hpp) another trouble is added that must not delay others nor keep a session alive: single+quota.
// Or plant (deliberate faults: the trial must see each), plant+quota (those that only that strain shows). Or smoke
// (single and hosts-single with one node killed and one paused, a strain, and the first plant). --deaths N is for
// sqlite+memory: N times the node gets no more memory until it dies, however long that takes.
//
// Exit codes: 0 as promised; 1 the promise was broken, or a planted fault wasn't seen; 2 it couldn't be tried.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "trial.hpp"

namespace {

using namespace slo::test;
using namespace std::chrono_literals;

constexpr int as_promised = 0;
constexpr int broken = 1;
constexpr int not_tried = 2;
constexpr std::uint64_t smoke_seed = 1;

struct Arguments {
    TrialOptions options;
    std::vector<std::string_view> what;
};

std::optional<Arguments> read_arguments(int count, char** words) {
    Arguments arguments;
    arguments.options.seed = std::random_device()();
    arguments.options.host_program = std::filesystem::path(words[0]).replace_filename("cluster_host");
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (!word.starts_with("--")) {
            arguments.what.push_back(word);
            continue;
        }
        if (++i == count) return std::nullopt;
        const std::string_view value = words[i];
        std::uint64_t number = 0;
        std::from_chars(value.data(), value.data() + value.size(), number);
        if (word == "--endpoint") {
            arguments.options.endpoint_program = value;
        } else if (word == "--host") {
            arguments.options.host_program = value;
        } else if (word == "--apart") {
            arguments.options.clocks_apart = std::chrono::milliseconds(number);
        } else if (word == "--seconds") {
            arguments.options.duration = std::chrono::seconds(number);
        } else if (word == "--deaths") {
            arguments.options.deaths = number;
            // As long as that many take at most.
            if (number > 0) arguments.options.duration = std::chrono::seconds(2 * number + 4);
        } else if (word == "--seed") {
            arguments.options.seed = number;
        } else {
            return std::nullopt;
        }
    }
    if (arguments.options.endpoint_program.empty() || arguments.what.empty()) return std::nullopt;
    return arguments;
}

/// Where no network of its own is allowed, no disk of its own is allowed either, and no other one can be full.
bool lacks_a_disk(const Network& network, const TrialOptions& options) {
    if (options.strain != Strain::disk || options.topology != Topology::sqlite || network.has_namespaces())
        return false;
    std::printf("  not tried, as it takes root: SQLite's disk is full\n");
    return true;
}

int try_out(Network& network, const TrialOptions& options) {
    if (lacks_a_disk(network, options)) return as_promised;
    std::printf("  trying %s\n", describe(options).c_str());
    const TrialReport report = run_trial(network, options);
    print(options, report);
    return report.violations.empty() && report.logouts > 0 && report.is_strained ? as_promised : broken;
}

/// A planted fault, and the rule by which it must be seen.
struct Planted {
    Plant plant;
    NodeKind nodes;
    Rule seen_as;
    const char* text;
    Strain strain = Strain::none;
};

const std::vector<Planted>& all_planted() {
    static const std::vector<Planted> all{
        {Plant::own_store, NodeKind::endpoints, Rule::survivor, "one node has a store of its own"},
        {Plant::alias_apart, NodeKind::endpoints, Rule::survivor, "to one node the IdP's alias is another IdP"},
        {Plant::loose_names, NodeKind::endpoints, Rule::near_miss, "the nodes end what a logout nearly names"},
        {Plant::refused_repeats, NodeKind::endpoints, Rule::unfinished, "a repeat is refused whose answer was lost"},
        {Plant::lying_application, NodeKind::hosts, Rule::unended, "the application says gone, and then fails"},
        {Plant::wrong_clock, NodeKind::hosts, Rule::at_work, "the nodes' clocks are minutes apart"},
        {Plant::hasty_store, NodeKind::bare_hosts, Rule::survivor, "what finds no room in the quota counts as done",
         Strain::quota},
        {Plant::hasty_store, NodeKind::bare_hosts, Rule::survivor, "what finds no room on the disk counts as done",
         Strain::disk},
        {Plant::one_lane, NodeKind::bare_hosts, Rule::waited, "checks wait behind logouts", Strain::hanging},
        {Plant::rash_link, NodeKind::bare_hosts, Rule::unproven, "whatever an IdP answers is a Success",
         Strain::hanging},
        {Plant::hasty_store, NodeKind::bare_hosts, Rule::survivor, "what finds no memory counts as done",
         Strain::allocations},
        {Plant::slow_log, NodeKind::bare_hosts, Rule::waited, "who makes a line waits for its reader", Strain::logs},
        {Plant::lost_lines, NodeKind::bare_hosts, Rule::line_missing, "some lines are never written", Strain::logs},
        {Plant::forgetful_store, NodeKind::bare_hosts, Rule::unsent, "kept requests are thrown away", Strain::hanging},
    };
    return all;
}

/// A busy machine does less in the same time: it is tried again, for longer.
int try_planted(Network& network, TrialOptions options, const Planted& planted) {
    constexpr auto longest = 80s;
    options.plant = planted.plant;
    options.nodes = planted.nodes;
    options.topology = planted.strain == Strain::none ? Topology::single : Topology::sqlite;
    options.strain = planted.strain;
    if (lacks_a_disk(network, options)) return as_promised;
    std::size_t seen = 0;
    options.duration = planted.nodes == NodeKind::endpoints ? 3s : 10s;
    for (; seen == 0 && options.duration <= longest; options.duration *= 2, ++options.seed) {
        const TrialReport report = run_trial(network, options);
        seen = count(report.violations, planted.seen_as);
        std::printf("  planted: %s; %zu logouts, %zu times \"%s\"%s\n", planted.text, report.logouts, seen,
                    std::string(name_of(planted.seen_as)).c_str(), seen > 0 ? ": the judge sees it" : "");
        std::fflush(stdout);
    }
    if (seen == 0) std::printf("  NOT SEEN\n");
    return seen > 0 ? as_promised : broken;
}

/// All, or those that only this strain shows.
int try_all_planted(Network& network, const TrialOptions& options, std::optional<Strain> only = {}) {
    int worst = as_promised;
    for (const Planted& planted : all_planted()) {
        if (!only || planted.strain == *only) worst = std::max(worst, try_planted(network, options, planted));
    }
    return worst;
}

int try_smoke(Network& network, TrialOptions options) {
    options.topology = Topology::single;
    options.duration = 6s;
    options.store_faults = false;
    options.seed = smoke_seed;
    options.node_faults =
        FaultMix{.kinds = {FaultKind::node_kill, FaultKind::node_pause}, .hold = {300ms, 800ms}, .gap = {500ms, 900ms}};
    int worst = try_out(network, options);
    // Without kills: a dead node's claims would have to be outlasted.
    options.nodes = NodeKind::hosts;
    options.node_faults->kinds = {FaultKind::node_pause};
    worst = std::max(worst, try_out(network, options));
    TrialOptions strained = options;
    strained.nodes = NodeKind::endpoints;
    strained.topology = Topology::sqlite;
    strained.strain = Strain::quota;
    strained.duration = 4s;
    worst = std::max(worst, try_out(network, strained));
    return std::max(worst, try_planted(network, options, all_planted().front()));
}

/// Fewer acknowledgements than there are replicas to promote: losses are shown, as there was no promise.
int show_gap(Network& network, TrialOptions options) {
    options.topology = Topology::sentinel;
    options.is_promised = false;
    for (const unsigned required : {1U, 0U}) {
        options.replication = {.replicas = 2, .required = required};
        static_cast<void>(try_out(network, options));
    }
    return as_promised;
}

int run_one(Network& network, TrialOptions options, std::string_view what) {
    if (what == "plant") return try_all_planted(network, options);
    if (what == "smoke") return try_smoke(network, options);
    if (what == "gap") return show_gap(network, options);
    constexpr std::string_view hosts = "hosts-";
    if (what.starts_with(hosts)) {
        options.nodes = NodeKind::hosts;
        what.remove_prefix(hosts.size());
    }
    if (const auto plus = what.find('+'); plus != std::string_view::npos) {
        const auto strain = strain_named(what.substr(plus + 1));
        if (!strain) return not_tried;
        if (what.starts_with("plant+")) return try_all_planted(network, options, strain);
        options.strain = *strain;
        what = what.substr(0, plus);
        if (*strain == Strain::allocations) options.nodes = NodeKind::bare_hosts;
    }
    if (what == "sqlite") {
        options.topology = Topology::sqlite;
    } else if (what == "single") {
        options.topology = Topology::single;
    } else if (what == "cluster") {
        options.topology = Topology::cluster;
    } else if (what == "sentinel" || what == "sentinel2") {
        options.topology = Topology::sentinel;
        const unsigned replicas = what == "sentinel" ? 1 : 2;
        options.replication = {.replicas = replicas, .required = replicas};
    } else {
        return not_tried;
    }
    return try_out(network, options);
}

int run(Network& network, const Arguments& arguments) {
    std::printf("cut off by %s\n",
                network.has_namespaces() ? "network namespaces" : "nothing: namespaces aren't allowed, so only paused");
    int worst = as_promised;
    for (const std::string_view what : arguments.what) {
        worst = std::max(worst, run_one(network, arguments.options, what));
    }
    return worst;
}

}  // namespace

int main(int count, char** words) {
    const auto arguments = read_arguments(count, words);
    if (!arguments) {
        std::fputs(
            "write: cluster_trial --endpoint PROGRAM [--host PROGRAM] [--seconds N] [--seed N] [--apart MS] "
            "[--deaths N] WHAT...\n",
            stderr);
        return not_tried;
    }
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, [](int) { interrupt(); });
    try {
        Network network;
        return run(network, *arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cluster_trial: %s\n", error.what());
        return not_tried;
    }
}
