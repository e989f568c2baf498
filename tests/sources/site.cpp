#include "site.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "child.hpp"
#include "disk.hpp"

namespace slo::sources {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr uid_t another_user = 65534;

void mend_disk() {
    disk() = {};
}

/// Another process has kept copies by a configuration that isn't this one's: it can't be told from a newer one.
bool is_told_to_start_again(const std::vector<idp_adapter::MetadataEvent>& events) {
    return std::ranges::any_of(events, [](const idp_adapter::MetadataEvent& event) {
        return event.outcome.kind == idp_adapter::RefreshOutcome::Kind::not_kept &&
               event.outcome.why.detail.find("start this one again") != std::string::npos;
    });
}

}  // namespace

Site::Site(const Material& material, const Kinds& kinds, Plant plant, std::uint64_t seed)
    : world_(material, kinds, plant, seed), oracle_(world_), endpoint_(world_, "endpoint"), second_(world_, "second") {
    mend_disk();
    start(endpoint_);
}

void Site::start(Process& process) {
    const Process& other = &process == &endpoint_ ? second_ : endpoint_;
    oracle_.has_ended(process);
    auto failure = process.start();
    if (failure && other.runs() && &process == &endpoint_) {
        // One process may have the cache for itself; then the second one gives way.
        second_.end();
        oracle_.has_ended(second_);
        failure = process.start();
    }
    if (failure) {
        world_.say(process.name() + " doesn't start: " + failure->detail);
        const bool has_reason =
            disk().room == Disk::Room::none || disk().access == Disk::Access::denied || other.runs();
        if (!has_reason) oracle_.blame("it-does-not-start", failure->detail);
        return;
    }
    world_.say(process.name() + " starts");
    oracle_.has_started(process);
    oracle_.check(process, process.conflicts());
}

void Site::ask(Process& process) {
    if (!process.runs()) return;
    const std::size_t first = world_.wire->count;
    if (world_.plant == Plant::last_writer_wins && &process == &second_) save_cache();
    const bool has_trouble = disk().room == Disk::Room::none || disk().access == Disk::Access::denied;
    const auto events = process.refresh();
    needs_start_ = needs_start_ || (&process == &endpoint_ && is_told_to_start_again(events));
    if (has_trouble) oracle_.check_asking(process, first, events);
    oracle_.has_asked(process, first, Oracle::Life::goes_on);
    oracle_.check(process, events);
    if (world_.plant == Plant::last_writer_wins && &process == &second_) restore_cache();
}

void Site::wait() {
    Chance& chance = world_.chance;
    world_.time += chance.one_in(6) ? chance.between(3600s, 30h) : chance.between(1s, 4000s);
    world_.say("it is " + saml::format_instant(world_.time));
    ask(endpoint_);
    if (chance.one_in(2)) ask(second_);
}

void Site::change_mood() {
    Chance& chance = world_.chance;
    Server& server = world_.servers.at(chance.below(server_count));
    std::vector<Mood> moods = {Mood::well, Mood::well, Mood::unchanging};
    if (world_.kinds.has(Kind::hang)) moods.insert(moods.end(), {Mood::hanging, Mood::refusing});
    if (world_.kinds.has(Kind::forgery))
        moods.insert(moods.end(), {Mood::forging, Mood::breaking_off, Mood::talking_nonsense});
    if (world_.kinds.has(Kind::replay)) moods.insert(moods.end(), {Mood::replaying, Mood::replaying});
    server.mood = moods[chance.below(moods.size())];
    world_.say("server " + std::to_string(server.number()) + " is " + std::string(sources::name(server.mood)));
}

bool Site::comes_to_its_end(int dies_at, const std::function<void()>& work) {
    const auto code = in_child(dies_at, [&] {
        work();
        if (!violation()) return 0;
        const std::string text = violation()->rule + ": " + violation()->detail;
        std::strncpy(world_.wire->complaint.data(), text.c_str(), world_.wire->complaint.size() - 1);
        return 0;
    });
    if (const std::string text = world_.wire->complaint.data(); !text.empty())
        oracle_.blame(text.substr(0, text.find(':')), text.substr(text.find(':') + 2) + " (in a child)");
    return code.has_value();
}

void Site::crash_while_asking() {
    if (!endpoint_.runs()) return;
    const int dies_at = 1 + static_cast<int>(world_.chance.below(world_.chance.one_in(2) ? 24 : 80));
    const std::size_t first = world_.wire->count;
    const bool is_over = comes_to_its_end(dies_at, [&] { static_cast<void>(endpoint_.refresh()); });
    world_.say(is_over ? "the endpoint asks, and is killed then"
                       : "the endpoint is killed before operation " + std::to_string(dies_at));
    oracle_.has_asked(endpoint_, first, is_over ? Oracle::Life::goes_on : Oracle::Life::ended);
    endpoint_.end();
    start(endpoint_);
}

void Site::crash_at_start() {
    endpoint_.end();
    const int dies_at = 1 + static_cast<int>(world_.chance.below(8));
    world_.say("the endpoint is killed while it starts, before operation " + std::to_string(dies_at));
    static_cast<void>(comes_to_its_end(dies_at, [&] { static_cast<void>(endpoint_.start()); }));
    start(endpoint_);
}

void Site::use_second() {
    if (!second_.runs()) return start(second_);
    if (world_.chance.one_in(4)) {
        world_.say("second ends");
        oracle_.has_ended(second_);
        return second_.end();
    }
    ask(second_);
}

void Site::meet_meanwhile() {
    if (!second_.runs()) start(second_);
    if (!second_.runs() || !endpoint_.runs()) return;
    world_.meanwhile = [this] {
        world_.say("meanwhile");
        ask(second_);
    };
    world_.time += 3600s;
    ask(endpoint_);
    world_.meanwhile = {};
}

void Site::use_tool() {
    const int dies_at =
        world_.chance.one_in(2) && world_.kinds.has(Kind::crash) ? 1 + static_cast<int>(world_.chance.below(60)) : 0;
    Process tool(world_, "tool");
    const std::size_t first = world_.wire->count;
    const bool is_over = comes_to_its_end(dies_at, [&] {
        start(tool);
        ask(tool);
    });
    world_.say(is_over ? "the tool has asked" : "the tool is killed before operation " + std::to_string(dies_at));
    // Its bindings are those that are configured, whether or not it got so far.
    tool.follow_configuration();
    oracle_.has_asked(tool, first, is_over ? Oracle::Life::goes_on : Oracle::Life::ended);
    oracle_.has_ended(tool);
}

void Site::step_clock() {
    Chance& chance = world_.chance;
    const auto most = chance.one_in(2) ? std::chrono::seconds(5 * 24h) : std::chrono::seconds(2h);
    world_.clock_ahead = chance.one_in(3) ? 0s : chance.between(0s, 2 * most) - most;
    world_.say("the clock is ahead by " + std::to_string(world_.clock_ahead.count()) + " s");
    ask(endpoint_);
}

void Site::change_disk(Deed deed) {
    world_.say(std::string(sources::name(deed)));
    mend_disk();
    if (deed == Deed::fill_disk) {
        disk().room = Disk::Room::none;
        disk().full_after = static_cast<int>(world_.chance.below(8));
    }
    if (deed == Deed::deny_folder) disk().access = Disk::Access::denied;
}

void Site::move() {
    Chance& chance = world_.chance;
    const std::size_t source = chance.below(source_count);
    Binding& binding = world_.configured.at(source);
    if (world_.trusts.at(source) == Trust::pinned_hash) {
        if (chance.one_in(2)) binding.server ^= 1U;
        binding.pinned = 1 + chance.below(world_.servers.at(binding.server).stream(0).size());
    } else if (chance.one_in(3) && world_.trusts.at(source) == Trust::signed_aggregate) {
        Server& server = world_.servers.at(binding.server);
        server.change_key();
        server.publish_again(world_.time += 1s);
        binding.generation = server.generation();
    } else {
        binding.server ^= 1U;
        binding.generation = world_.servers.at(binding.server).generation();
    }
    world_.say("source " + std::to_string(source) + " is configured: server " + std::to_string(binding.server) +
               ", its key " + std::to_string(binding.generation) + ", pinned version " +
               std::to_string(binding.pinned));
    if (chance.one_in(4)) return;  // for later
    endpoint_.end();
    start(endpoint_);
}

void Site::give_away() {
    const fs::path folder = chance_folder();
    if (!fs::exists(folder)) return;
    world_.say("the cache is another user's at the start");
    if (::chown(folder.c_str(), another_user, another_user) != 0) return;
    endpoint_.end();
    oracle_.has_ended(endpoint_);
    if (!endpoint_.start()) oracle_.blame("another-users-cache-is-believed", folder.filename().string());
    endpoint_.end();
    if (::chown(folder.c_str(), 0, 0) != 0) throw std::runtime_error("the cache stays another user's");
    start(endpoint_);
}

fs::path Site::chance_folder() {
    const auto source = world_.chance.below(source_count + 1);
    return source == source_count ? world_.cache() : world_.cache() / ("source-" + std::to_string(source));
}

void Site::save_cache() {
    const fs::path saved = world_.cache().string() + ".saved";
    fs::remove_all(saved);
    fs::copy(world_.cache(), saved, fs::copy_options::recursive);
}

void Site::restore_cache() {
    const fs::path saved = world_.cache().string() + ".saved";
    for (const auto& entry : fs::recursive_directory_iterator(saved)) {
        if (!entry.is_regular_file()) continue;
        const auto place = world_.cache() / fs::relative(entry.path(), saved);
        fs::copy_file(entry.path(), place, fs::copy_options::overwrite_existing);
    }
}

std::size_t Site::files_in_cache() const {
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(world_.cache())) files += entry.is_regular_file();
    return files;
}

void Site::play(const Step& step) {
    world_.wire->count = 0;
    world_.wire->complaint.fill('\0');
    world_.chance = Chance(step.seed);
    world_.say("-- " + std::string(sources::name(step.deed)));
    if (!endpoint_.runs() && step.deed != Deed::mend_disk) start(endpoint_);
    switch (step.deed) {
        case Deed::wait:
            return wait();
        case Deed::publish: {
            Server& server = world_.servers.at(world_.chance.below(server_count));
            server.publish(world_.time += 1s, world_.chance);
            return world_.say("server " + std::to_string(server.number()) + " publishes");
        }
        case Deed::change_mood:
            return change_mood();
        case Deed::ask:
            return ask(endpoint_);
        case Deed::restart:
            endpoint_.end();
            return start(endpoint_);
        case Deed::crash:
            return crash_while_asking();
        case Deed::crash_start:
            return crash_at_start();
        case Deed::second:
            return use_second();
        case Deed::meanwhile:
            return meet_meanwhile();
        case Deed::tool:
            return use_tool();
        case Deed::step_clock:
            return step_clock();
        case Deed::fill_disk:
        case Deed::deny_folder:
        case Deed::mend_disk:
            return change_disk(step.deed);
        case Deed::move:
            return move();
        case Deed::give_away:
            return give_away();
        default:
            throw std::logic_error("a deed for keys");
    }
}

/// All faults stop. Where a document of the future has come, its own end may have to pass before others count.
void Site::come_to_the_end() {
    world_.wire->count = 0;
    world_.say("-- all faults stop");
    mend_disk();
    world_.clock_ahead = 0s;
    second_.end();
    oracle_.has_ended(second_);
    for (Server& server : world_.servers) server.mood = Mood::well;
    const auto publish_all = [&] {
        for (Server& server : world_.servers) server.publish_again(world_.time);
    };
    world_.time += 1s;
    publish_all();
    const bool needs_start = !endpoint_.runs() || !(endpoint_.bindings() == world_.configured) ||
                             std::any_of(world_.configured.begin(), world_.configured.end(),
                                         [](const Binding& binding) { return binding.pinned != 0; });
    for (Binding& binding : world_.configured) {
        if (binding.pinned != 0) binding.pinned = world_.servers.at(binding.server).stream(0).size();
    }
    if (needs_start) start(endpoint_);
    const bool is_long = oracle_.has_seen_ahead();
    const auto end = world_.time + (is_long ? std::chrono::seconds(16 * 24h) : std::chrono::seconds(3h));
    auto next_day = world_.time + 24h;
    while (world_.time < end && !violation()) {
        world_.wire->count = 0;
        world_.time += is_long && world_.time + 4h < end ? 3600s : 120s;
        ask(endpoint_);
        if (std::exchange(needs_start_, false)) {  // an operator does as they are told
            endpoint_.end();
            start(endpoint_);
        }
        if (world_.time < next_day) continue;
        publish_all();
        next_day = world_.time + 24h > end - 4h && world_.time + 4h < end ? end - 4h : world_.time + 24h;
    }
    if (violation() || !endpoint_.runs()) return;
    oracle_.check_the_end(endpoint_);
    for (Server& server : world_.servers) server.mood = Mood::refusing;
    endpoint_.end();
    start(endpoint_);
    if (endpoint_.runs()) oracle_.check_the_end(endpoint_);
    oracle_.check_cache(files_in_cache());
}

}  // namespace slo::sources
