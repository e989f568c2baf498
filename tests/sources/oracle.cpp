#include "oracle.hpp"

#include <algorithm>

namespace slo::sources {
namespace {

using namespace std::chrono_literals;
using idp_adapter::MetadataEvent;

/// The entities that a stream is about.
std::pair<std::size_t, std::size_t> entities_of(const World& world, std::size_t source, std::size_t stream) {
    if (world.trusts.at(source) == Trust::signed_query) return {stream, stream + 1};
    return {0, entity_count};
}

bool is_elsewhere(const Belief& belief, std::size_t source) {
    return std::any_of(belief.begin(), belief.end(),
                       [&](const auto& one) { return one.first.second == 0 && one.first.first != source; });
}

std::set<std::size_t> numbers(const std::vector<std::size_t>& keys) {
    return {keys.begin(), keys.end()};
}

}  // namespace

void Oracle::blame(const std::string& rule, const std::string& detail) {
    if (!violation_) violation_ = Violation{rule, detail};
}

/// Only where nothing gives a reason to refuse it: `floor` is the newest that this process had to believe before, also
/// where that couldn't be kept.
bool Oracle::must_believe(const StreamName& name, const Version& version, const Known& known, std::size_t floor) const {
    const auto ahead = world_.clock_ahead;
    return !version.is_ahead && !known.is_doubtful && ahead <= 60s && ahead >= -60s &&
           world_.clock() + 600s < version.valid_until && version.number >= std::max(known.floor, floor) &&
           world_.is_proven(std::get<0>(name), std::get<1>(name), version);
}

/// One copy is kept under a source's name: what another configuration has vouched for may be gone.
void Oracle::forget_others(const StreamName& name) {
    for (auto& [other, known] : known_) {
        if (std::get<0>(other) != std::get<0>(name) || std::get<1>(other) == std::get<1>(name)) continue;
        known.floor = 0;
        known.is_kept = false;
    }
}

void Oracle::has_asked(const Process& process, std::size_t first, Life life) {
    Living& living = living_[process.name()];
    for (std::size_t i = first; i < world_.wire->count; ++i) {
        const auto& delivery = world_.wire->deliveries.at(i);
        if (delivery.process != process.name().front()) continue;
        const StreamName name{delivery.source, process.bindings().at(delivery.source), delivery.stream};
        Known& known = known_[name];
        if (world_.kinds.has(Kind::two_running) && life == Life::goes_on)
            living.floors[name] = std::max(living.floors[name], known.floor);
        if (delivery.version == 0) continue;
        const Version& version = world_.version(std::get<1>(name), delivery.stream, delivery.version);
        if (!world_.is_proven(delivery.source, std::get<1>(name), version)) continue;
        known.versions.insert(version.number);
        known.is_doubtful = known.is_doubtful || version.is_ahead;
        has_seen_ahead_ = has_seen_ahead_ || version.is_ahead;
        forget_others(name);
        if (life == Life::ended) continue;
        if (!delivery.is_acknowledged && !must_believe(name, version, known, living.floors[name])) continue;
        living.floors[name] = std::max(living.floors[name], version.number);
        living.may_lack[name] = false;
        if (version.number < known.floor) continue;
        known.is_kept = delivery.had_room;
        if (delivery.had_room || world_.kinds.has(Kind::full_disk_start)) known.floor = version.number;
    }
}

void Oracle::check_asking(const Process& process, std::size_t first, const std::vector<MetadataEvent>& events) {
    for (const MetadataEvent& event : events) {
        if (event.outcome.why.code != make_error_code(idp_adapter::SourceErrc::cache_failed)) continue;
        bool has_asked = false;
        for (std::size_t i = first; i < world_.wire->count; ++i) {
            const auto& delivery = world_.wire->deliveries.at(i);
            has_asked = has_asked || (delivery.process == process.name().front() &&
                                      event.source == "source-" + std::to_string(delivery.source));
        }
        if (!has_asked) blame("it-does-not-ask-for-want-of-a-copy", event.source + ": " + event.outcome.why.detail);
    }
}

void Oracle::has_started(const Process& process) {
    Living& living = living_[process.name()] = {};
    living.bindings = process.bindings();
    for (std::size_t source = 0; source < source_count; ++source) {
        const Binding& binding = process.bindings().at(source);
        for (std::size_t stream = 0; stream < world_.servers.at(binding.server).streams(); ++stream) {
            const StreamName name{source, binding, stream};
            const Known& known = known_[name];
            living.floors[name] = known.floor;
            living.may_lack[name] = !known.is_kept || known.floor == 0;
        }
    }
    living.has_just_started = true;
    // Whose an entity is, is kept beside the copies.
    const bool is_kept =
        std::ranges::all_of(known_, [](const auto& one) { return one.second.versions.empty() || one.second.is_kept; });
    if (last_bindings_ == process.bindings() && (is_kept || world_.kinds.has(Kind::full_disk_start)))
        living.owner = last_owner_;
}

/// Whether a source before this one has, has had, or is configured to have the entity that all have: then that doesn't
/// move here by itself, since leaving it out is how it is revoked.
bool Oracle::is_an_earlier_ones(std::size_t source) const {
    for (std::size_t earlier = 0; earlier < source; ++earlier) {
        if (world_.trusts.at(earlier) == Trust::signed_query) return true;
    }
    return std::any_of(known_.begin(), known_.end(), [&](const auto& one) {
        const std::size_t other = std::get<0>(one.first);
        const auto& versions = one.second.versions;
        return other < source && std::any_of(versions.begin(), versions.end(), [&, at = one.first](std::size_t number) {
                   return !world_.version(std::get<1>(at), std::get<2>(at), number).content.at(0).empty();
               });
    });
}

bool Oracle::fits(const Belief& belief, const StreamName& name, const Version& version, const Living& living) const {
    const auto [source, binding, stream] = name;
    const auto [begin, end] = entities_of(world_, source, stream);
    for (std::size_t entity = begin; entity < end; ++entity) {
        const auto found = belief.find({source, entity});
        const auto wanted = numbers(version.content.at(entity));
        if (found == belief.end()) {
            const bool may_lack = entity == 0 && (is_elsewhere(belief, source) ||
                                                  (living.withheld.contains(source) && is_an_earlier_ones(source)));
            if (wanted.empty() || may_lack) continue;
            return false;
        }
        const Believed& one = found->second;
        if (one.server != binding.server || one.keys != wanted || one.valid_until != version.valid_until) return false;
    }
    return true;
}

constexpr std::chrono::seconds clock_skew{180};  // Policy::clock_skew

bool Oracle::lacks_all(const Belief& belief, const StreamName& name) const {
    const auto [begin, end] = entities_of(world_, std::get<0>(name), std::get<2>(name));
    for (std::size_t entity = begin; entity < end; ++entity) {
        const auto found = belief.find({std::get<0>(name), entity});
        if (found == belief.end()) continue;
        // An expired document is refused by the service, whose clock may be behind by the skew.
        const auto& end_of_it = found->second.valid_until;
        if (!end_of_it || *end_of_it + clock_skew > world_.clock()) return false;
    }
    return true;
}

std::string Oracle::words(const Belief& belief, const StreamName& name) const {
    const auto [source, binding, stream] = name;
    const auto [begin, end] = entities_of(world_, source, stream);
    std::string text = "source " + std::to_string(source) + ", stream " + std::to_string(stream) + " believes";
    for (std::size_t entity = begin; entity < end; ++entity) {
        const auto found = belief.find({source, entity});
        text += " e" + std::to_string(entity) + ":";
        if (found == belief.end()) {
            text += "-";
            continue;
        }
        if (found->second.server != binding.server) text += "(server " + std::to_string(found->second.server) + ")";
        for (const std::size_t number : found->second.keys) text += std::to_string(number);
        if (found->second.valid_until) text += "until " + saml::format_instant(*found->second.valid_until);
    }
    return text;
}

/// Which promise it is that doesn't hold.
std::string Oracle::rule_for(const Belief& belief, const StreamName& name, const Known& known,
                             const Living& living) const {
    const auto [source, binding, stream] = name;
    const std::size_t floor = living.floors.at(name);
    const auto [begin, end] = entities_of(world_, source, stream);
    bool has_foreign = false;
    bool has_dropped = false;
    bool has_lost = false;
    const Version* const newest = floor == 0 ? nullptr : &world_.version(binding, stream, floor);
    for (std::size_t entity = begin; entity < end; ++entity) {
        const auto found = belief.find({source, entity});
        const auto wanted = newest == nullptr ? std::set<std::size_t>() : numbers(newest->content.at(entity));
        const auto believed = found == belief.end() ? std::set<std::size_t>() : found->second.keys;
        has_foreign = has_foreign || (found != belief.end() && found->second.server != binding.server);
        has_dropped = has_dropped || (newest != nullptr && !std::ranges::includes(wanted, believed));
        has_lost = has_lost || !std::ranges::includes(believed, wanted);
    }
    if (has_foreign) return "another-server-is-believed";
    if (has_dropped) return "a-dropped-key-is-trusted";
    for (const std::size_t number : known.versions) {
        if (number < floor && fits(belief, name, world_.version(binding, stream, number), living))
            return "an-older-document-counts";
    }
    return has_lost ? "a-key-is-lost" : "what-is-not-proven-is-believed";
}

void Oracle::check_stream(const Belief& belief, const StreamName& name, Living& living) {
    const auto [source, binding, stream] = name;
    const Known& known = known_[name];
    const std::size_t floor = living.floors[name];
    const auto has_expired = [&](std::size_t number) {
        return world_.version(binding, stream, number).valid_until <= living.latest_clock;
    };
    const auto too_early = world_.clock_ahead < -6 * 24h;  // its end is too far away
    bool may_lack = living.may_lack[name] || floor == 0 || too_early;
    for (const std::size_t number : known.versions) {
        // A date in the future counts as the day on which it comes: an older one with such a date is the newer one
        // then.
        if (number < floor && !world_.version(binding, stream, number).is_ahead) continue;
        if (fits(belief, name, world_.version(binding, stream, number), living)) return;
        may_lack = may_lack || has_expired(number);
    }
    if (may_lack && lacks_all(belief, name)) return;
    std::string versions;
    for (const std::size_t number : known.versions) versions += " " + std::to_string(number);
    blame(rule_for(belief, name, known, living),
          words(belief, name) + "; at least version " + std::to_string(floor) + " must be in force, of" + versions);
}

void Oracle::check_owner(const Belief& belief, Living& living, const std::vector<MetadataEvent>& events) {
    std::optional<std::size_t> owner;
    for (std::size_t source = source_count; source-- > 0;) {
        if (belief.contains({source, 0})) owner = source;
    }
    const bool is_told = std::any_of(events.begin(), events.end(), [](const MetadataEvent& event) {
        return event.outcome.entity_id == entity_id(0, 0) && event.outcome.why.code;
    });
    const bool has_moved = owner && living.owner && *owner != *living.owner;
    const Kind kind = living.has_just_started || living.owes_word ? Kind::leaving_out_start : Kind::leaving_out;
    // The findings of a start may be reported by the first refresh.
    const bool may_tell_later = living.has_just_started && has_moved;
    if ((has_moved || living.owes_word) && !is_told && !may_tell_later && world_.kinds.has(kind)) {
        blame("an-entity-moves-silently",
              "from source " + std::to_string(*living.owner) + " to another, and no event names it");
    }
    living.owes_word = may_tell_later && !is_told;
    living.has_just_started = false;
    if (owner) living.owner = owner;
    last_owner_ = living.owner;
    last_bindings_ = living.bindings;
}

void Oracle::check(const Process& process, const std::vector<MetadataEvent>& events) {
    Living& living = living_[process.name()];
    living.latest_clock = std::max(living.latest_clock, world_.clock());
    for (const MetadataEvent& event : events) {
        if (event.outcome.entity_id == entity_id(0, 0) && event.outcome.why.code)
            living.withheld.insert(static_cast<std::size_t>(event.source.back() - '0'));
    }
    std::string stranger;
    const auto belief = process.belief(stranger);
    if (!belief)
        return blame("what-is-not-proven-is-believed", "a key that no server has published speaks for " + stranger);
    for (std::size_t source = 0; source < source_count; ++source) {
        const Binding& binding = process.bindings().at(source);
        for (std::size_t stream = 0; stream < world_.servers.at(binding.server).streams(); ++stream)
            check_stream(*belief, {source, binding, stream}, living);
    }
    check_owner(*belief, living, events);
}

void Oracle::check_the_end(const Process& process) {
    std::string stranger;
    const auto belief = process.belief(stranger);
    if (!belief)
        return blame("what-is-not-proven-is-believed", "a key that no server has published speaks for " + stranger);
    for (std::size_t source = 0; source < source_count; ++source) {
        const Binding& binding = process.bindings().at(source);
        const Server& server = world_.servers.at(binding.server);
        for (std::size_t stream = 0; stream < server.streams(); ++stream) {
            const auto& newest =
                binding.pinned == 0 ? server.stream(stream).back() : server.stream(stream).at(binding.pinned - 1);
            if (newest->valid_until <= world_.clock()) continue;  // a pinned document gets no other end
            if (!fits(*belief, {source, binding, stream}, *newest, living_[process.name()])) {
                blame("it-does-not-become-as-the-servers-say", words(*belief, {source, binding, stream}) +
                                                                   "; version " + std::to_string(newest->number) +
                                                                   " was to be had for long enough");
            }
        }
    }
}

void Oracle::check_cache(std::size_t files) {
    if (!world_.kinds.has(Kind::orphans)) return;
    // A copy and its state for whatever was ever asked for, and a few for a source.
    const std::size_t most = 2 * known_.size() + 4 * source_count;
    if (files > most) {
        blame("files-pile-up-in-the-cache",
              std::to_string(files) + " files, and " + std::to_string(most) + " would do");
    }
}

}  // namespace slo::sources
