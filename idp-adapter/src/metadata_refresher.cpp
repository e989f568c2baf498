#include "slo/idp_adapter/metadata_refresher.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "document_file.hpp"

namespace slo::idp_adapter {
namespace {

/// Merge puts entities together, source by source, and says which of them can't stand beside the others.
class Merge {
public:
    explicit Merge(SharedKeys shared_keys) : shared_keys_(shared_keys) {}

    void add(std::size_t source, const std::string& name, const metadata::EntityDescriptor& entity,
             const InteropProfile& profile) {
        auto idp = make_idp(entity, profile);
        if (!idp) return refuse(name, entity.entity_id, idp.error());
        if (has_taken_name(*idp)) {
            return refuse(name, entity.entity_id,
                          source_failure(SourceErrc::entity_taken,
                                         "another source, or entity, had this entityID, or one of its aliases, before; "
                                         "it stays its own"));
        }
        if (shared_keys_ == SharedKeys::refused && shares_a_key(source, *idp)) {
            return refuse(name, entity.entity_id,
                          source_failure(SourceErrc::key_shared,
                                         "an entity of another source signs with the same key; write allow_shared_keys "
                                         "= true if that is meant"));
        }
        names_.insert(idp->entity_id);
        names_.insert(idp->profile.issuer_aliases.begin(), idp->profile.issuer_aliases.end());
        idps_.push_back(*std::move(idp));
    }

    [[nodiscard]] std::vector<Idp> take_idps() { return std::move(idps_); }
    [[nodiscard]] std::vector<MetadataEvent> take_conflicts() { return std::move(conflicts_); }

private:
    [[nodiscard]] bool has_taken_name(const Idp& idp) const {
        const auto& aliases = idp.profile.issuer_aliases;
        return names_.contains(idp.entity_id) || std::any_of(aliases.begin(), aliases.end(), [this](const auto& alias) {
                   return names_.contains(alias);
               });
    }

    /// Remembers the keys only of an entity that is taken: one that is refused mustn't push out another.
    bool shares_a_key(std::size_t source, const Idp& idp) {
        std::vector<std::string> keys;
        for (const auto& key : idp.keys) keys.push_back(key.fingerprint());
        const bool shared = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
            const auto owner = owners_.find(key);
            return owner != owners_.end() && owner->second != source;
        });
        if (!shared) {
            for (auto& key : keys) owners_.emplace(std::move(key), source);
        }
        return shared;
    }

    void refuse(const std::string& name, const saml::EntityID& entity_id, Failure why) {
        conflicts_.push_back(
            {name, {.kind = RefreshOutcome::Kind::refused, .entity_id = entity_id, .why = std::move(why)}});
    }

    SharedKeys shared_keys_;
    std::unordered_set<saml::EntityID> names_;             ///< entityIDs and aliases
    std::unordered_map<std::string, std::size_t> owners_;  ///< a key's fingerprint to its source
    std::vector<Idp> idps_;
    std::vector<MetadataEvent> conflicts_;
};

bool same_conflict(const MetadataEvent& a, const MetadataEvent& b) {
    return a.source == b.source && a.outcome.entity_id == b.outcome.entity_id &&
           a.outcome.why.code == b.outcome.why.code;
}

}  // namespace

Result<MetadataRefresher> MetadataRefresher::open(std::vector<SourceOfIdps> sources, SharedKeys shared_keys,
                                                  Instant now, std::vector<SourcePorts> ports) {
    MetadataRefresher refresher(shared_keys);
    ports.resize(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const bool is_remote = !std::holds_alternative<MetadataFile>(sources[i].source.place);
        auto opened = MetadataSource::open(std::move(sources[i].source), now, std::move(ports[i]));
        if (!opened) return std::move(opened).error();
        refresher.members_.push_back({*std::move(opened), std::move(sources[i].profile), is_remote});
    }
    refresher.rebuild();
    return refresher;
}

void MetadataRefresher::rebuild() {
    Merge merge(shared_keys_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const Member& member = members_[i];
        for (const auto* document : member.source.documents()) {
            for (const auto& entity : document->idps) merge.add(i, member.source.name(), entity, member.profile);
        }
    }
    conflicts_ = merge.take_conflicts();
    auto directory = IdpDirectory::of(merge.take_idps());
    // Merge lets no name in twice, so there is always one.
    if (directory) directory_ = std::make_shared<const IdpDirectory>(*std::move(directory));
}

void MetadataRefresher::report_new_conflicts(const std::vector<MetadataEvent>& known,
                                             std::vector<MetadataEvent>& events) const {
    for (const MetadataEvent& conflict : conflicts_) {
        const bool is_known = std::any_of(known.begin(), known.end(),
                                          [&](const MetadataEvent& other) { return same_conflict(conflict, other); });
        if (!is_known) events.push_back(conflict);
    }
}

std::vector<MetadataEvent> MetadataRefresher::refresh(Instant now, const std::stop_token& stop) {
    const Member* longest = nullptr;
    for (Member& member : members_) {
        member.source.notice_time(now);  // of a source that isn't asked now, too
        if (!member.is_remote) continue;
        if (longest == nullptr || member.source.next_refresh() < longest->source.next_refresh()) longest = &member;
    }
    std::vector<MetadataEvent> events;
    bool has_changed = false;
    for (Member& member : members_) {
        if (member.is_remote && &member != longest) continue;
        const auto version = member.source.version();
        for (auto& outcome : member.source.refresh(now, stop)) {
            events.push_back({member.source.name(), std::move(outcome)});
        }
        has_changed = has_changed || member.source.version() != version;
    }
    if (has_changed) {
        const auto known = std::move(conflicts_);
        rebuild();
        report_new_conflicts(known, events);
    }
    for (const MetadataEvent& event : events) ++counters_.at(static_cast<std::size_t>(event.outcome.kind));
    return events;
}

Instant MetadataRefresher::next_refresh() const noexcept {
    Instant next = Instant::max();
    for (const Member& member : members_) next = std::min(next, member.source.next_refresh());
    return next;
}

}  // namespace slo::idp_adapter
