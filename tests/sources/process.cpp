#include "process.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "disk.hpp"
#include "slo/metadata/sp_metadata.hpp"

namespace slo::sources {
namespace {

using namespace std::chrono_literals;
using namespace slo::idp_adapter;
using Outcome = RefreshOutcome::Kind;

std::string source_name(std::size_t source) {
    return "source-" + std::to_string(source);
}

template <class T>
T taken(Result<T> result) {
    if (!result) throw std::logic_error(result.error().code.message() + ": " + result.error().detail);
    return *std::move(result);
}

metadata::MetadataTrust trust_of(const World& world, std::size_t source, const Binding& binding) {
    const auto key = [&](const saml::SigningKey& signer) {
        return taken(saml::VerificationKey::from(signer.certificate()));
    };
    switch (world.trusts.at(source)) {
        case Trust::signed_aggregate:
        case Trust::signed_query: {
            metadata::SignedBy trust{.keys = {key(world.material.signer(binding.server, binding.generation))},
                                     .algorithms = {}};
            if (world.plant == Plant::stranger_believed) trust.keys.push_back(key(world.material.stranger()));
            return trust;
        }
        case Trust::pinned_server:
            return metadata::TrustedPlace{};
        case Trust::pinned_hash:
            return metadata::PinnedHash{world.version(binding, 0, binding.pinned).sha256};
    }
    return metadata::TrustedPlace{};
}

/// A query's URL ends with its entity's number.
std::size_t stream_of(const World& world, std::size_t source, const HttpCall& call) {
    if (world.trusts.at(source) != Trust::signed_query) return 0;
    return static_cast<std::size_t>(call.url.str().back() - '0');
}

std::optional<std::string> header_of(const HttpCall& call, std::string_view field) {
    for (const auto& [key, value] : call.headers) {
        if (key == field) return value;
    }
    return std::nullopt;
}

}  // namespace

SourceOfIdps Process::options(std::size_t source, const Binding& binding) const {
    HttpClientOptions http;
    const Trust trust = world_.trusts.at(source);
    if (trust == Trust::pinned_server) {
        const auto& pin = world_.material.signer(binding.server, binding.generation).certificate();
        http.peer = PinnedPublicKeys{{taken(saml::VerificationKey::from(pin)).fingerprint()}};
    }
    const auto url =
        taken(saml::EndpointUrl::parse("https://md" + std::to_string(binding.server) + ".example.org/metadata"));
    MetadataSourceOptions made{
        .name = source_name(source),
        .place = MetadataUrl{.url = url, .http = http},
        .rules = {.trust = trust_of(world_, source, binding), .longest_validity = std::chrono::days(14)},
        .cache = world_.cache(),
        .shortest_refresh = 300s,
        .longest_refresh = 3600s,
        .warn_before_expiry = 3600s};
    if (trust == Trust::signed_query) {
        made.place = MetadataQuery{.base = url, .http = http};
        for (std::size_t entity = 0; entity < entity_count; ++entity)
            made.rules.wanted.push_back(entity_id(source, entity));
    }
    return {.source = std::move(made), .profile = {}};
}

std::optional<Failure> Process::start() {
    refresher_.reset();
    if (world_.plant != Plant::move_unnoticed || bindings_ == Bindings{}) bindings_ = world_.configured;
    if (world_.plant == Plant::copies_lost) std::filesystem::remove_all(world_.cache());
    std::vector<SourceOfIdps> sources;
    std::vector<SourcePorts> ports;
    for (std::size_t source = 0; source < source_count; ++source) {
        sources.push_back(options(source, bindings_.at(source)));
        ports.push_back({.exchange = [this, source](const HttpCall& call, const BodySink& sink,
                                                    const std::stop_token&) { return exchange(source, call, sink); },
                         .chance = [this] { return world_.chance.part(); }});
    }
    const Trying trying;
    auto opened = MetadataRefresher::open(std::move(sources), SharedKeys::refused, world_.clock(), std::move(ports));
    if (!opened) return opened.error();
    refresher_.emplace(*std::move(opened));
    bindings_ = world_.configured;
    earliest_ = world_.clock();
    return std::nullopt;
}

/// The octets that arrive instead of the answer's; none if the connection is refused.
std::optional<std::string> Process::spoilt(std::size_t source, const Server::Answer& answer) {
    const Binding& binding = bindings_.at(source);
    const Server& server = world_.servers.at(binding.server);
    const bool is_pinned = world_.trusts.at(source) == Trust::pinned_server;
    // Nothing on the way can write into it, and another key isn't spoken to.
    if (is_pinned && (server.mood == Mood::forging || server.generation() != binding.generation)) return std::nullopt;
    return answer.octets;
}

Result<HttpHead> Process::exchange(std::size_t source, const HttpCall& call, const BodySink& sink) {
    const bool was_tried = std::exchange(disk().is_tried, false);
    const std::size_t stream = stream_of(world_, source, call);
    const Binding& binding = bindings_.at(source);
    Server& server = world_.servers.at(binding.server);
    if (const auto work = std::exchange(world_.meanwhile, {})) work();
    auto answer = server.answer(stream, header_of(call, "If-None-Match"), binding.pinned, world_.chance);
    if (world_.plant == Plant::older_believed && server.mood == Mood::replaying && binding.pinned == 0) {
        answer.octets = server.as_if_new(stream, *answer.version, world_.time);
        answer.version.reset();
    }
    const auto octets = spoilt(source, answer);
    disk().is_tried = was_tried;
    world_.say(name_ + " asks for " + std::to_string(source) + "." + std::to_string(stream) + ": " +
               std::string(sources::name(server.mood)) +
               (answer.version ? ", version " + std::to_string(answer.version->number) : std::string()));
    // It has come, also where the disk is full in the middle.
    const bool arrives = server.mood != Mood::hanging && octets && answer.version;
    world_.deliver({name_.front(), source, stream, arrives ? answer.version->number : 0, false, true});
    if (server.mood == Mood::hanging) {
        world_.time += 30s;
        return Failure{make_error_code(HttpErrc::timed_out), "it hangs"};
    }
    if (!octets) return Failure{make_error_code(HttpErrc::tls_failed), "another key"};
    if (answer.status == 200) {
        if (auto taken_over = sink(*octets); !taken_over) return taken_over.error();
    }
    if (world_.plant == Plant::no_room_no_news && disk().room == Disk::Room::none)
        return Failure{make_error_code(SourceErrc::cache_failed), "no room"};
    HttpHead head{.status = answer.status, .headers = {{"Content-Type", std::string(metadata::media_type)}}};
    if (!answer.entity_tag.empty()) head.headers.emplace_back("ETag", answer.entity_tag);
    return head;
}

void Process::acknowledge(std::size_t first, const std::vector<MetadataEvent>& events) {
    for (std::size_t i = first; i < world_.wire->count; ++i) {
        auto& delivery = world_.wire->deliveries.at(i);
        const auto is_alone = [&](std::size_t number) {
            for (std::size_t other = first; other < world_.wire->count; ++other) {
                const auto& one = world_.wire->deliveries.at(other);
                if (other != number && one.process == delivery.process && one.source == delivery.source &&
                    one.stream == delivery.stream && one.version != 0)
                    return false;
            }
            return true;
        };
        for (const MetadataEvent& event : events) {
            if (event.source != source_name(delivery.source) || delivery.process != name_.front()) continue;
            const auto& outcome = event.outcome;
            if (outcome.why.code == make_error_code(SourceErrc::cache_failed)) delivery.had_room = false;
            const bool is_it = !outcome.entity_id || world_.trusts.at(delivery.source) != Trust::signed_query ||
                               *outcome.entity_id == entity_id(delivery.source, delivery.stream);
            // Of two documents, the words don't say which they are about.
            if (is_it && is_alone(i) && (outcome.kind == Outcome::updated || outcome.kind == Outcome::unchanged))
                delivery.is_acknowledged = true;
        }
    }
}

/// As the endpoint's loop does: again while there is something to ask. News may be put together until then.
std::vector<MetadataEvent> Process::ask_all_that_is_due() {
    constexpr int most = 40;
    const Trying trying;
    std::vector<MetadataEvent> events;
    for (int i = 0; i < most; ++i) {
        for (MetadataEvent& event : refresher_->refresh(world_.clock())) events.push_back(std::move(event));
        if (refresher_->next_refresh() > world_.clock()) break;
    }
    return events;
}

std::vector<MetadataEvent> Process::refresh() {
    const std::size_t first = world_.wire->count;
    const Instant now = world_.clock();
    if (world_.plant == Plant::clock_back_unnoticed && now < earliest_) return {};
    auto events = ask_all_that_is_due();
    acknowledge(first, events);
    if (world_.plant == Plant::clock_back_unnoticed && first != world_.wire->count)
        earliest_ = std::max(earliest_, now + 300s);
    if (world_.plant == Plant::silent_moves)
        std::erase_if(events, [](const MetadataEvent& event) { return event.outcome.entity_id.has_value(); });
    if (world_.plant == Plant::orphans_left && first != world_.wire->count) {
        std::ofstream(world_.cache() / source_name(world_.wire->deliveries.at(first).source) /
                      ("left-" + std::to_string(world_.chance.next())))
            << "x";
    }
    for (const MetadataEvent& event : events) {
        world_.say(name_ + ": " + event.source + " " + std::string(idp_adapter::name(event.outcome.kind)) +
                   (event.outcome.entity_id ? " " + event.outcome.entity_id->str() : std::string()) +
                   (event.outcome.why.code ? ", " + event.outcome.why.code.message() : std::string()) +
                   (event.outcome.why.detail.empty() ? "" : ": " + event.outcome.why.detail));
    }
    return events;
}

std::optional<Belief> Process::belief(std::string& stranger) const {
    Belief belief;
    for (const auto& idp : refresher_->directory()->all()) {
        for (const auto& key : idp->keys) {
            const auto owner = world_.material.owner(key.fingerprint());
            if (!owner || entity_id(owner->server / 2, owner->entity) != idp->entity_id) {
                stranger = idp->entity_id.str();
                return std::nullopt;
            }
            Believed& one = belief[{owner->server / 2, owner->entity}];
            if (!one.keys.empty() && one.server != owner->server) {
                stranger = idp->entity_id.str() + ", of two servers";
                return std::nullopt;
            }
            one.server = owner->server;
            one.keys.insert(owner->number);
            one.valid_until = idp->valid_until;
        }
    }
    return belief;
}

}  // namespace slo::sources
