#include "slo/idp_adapter/metadata_refresher.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <new>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "document_file.hpp"
#include "metadata_lane.hpp"
#include "slo/idp_adapter/url_parts.hpp"

namespace slo::idp_adapter {
namespace {

/// More servers than these aren't asked at one time: a thread for each of them is enough.
constexpr std::size_t most_lanes = 64;
/// For how long news is collected while its source has more to ask.
constexpr std::chrono::seconds longest_gathering{1};

/// The owner of a name: the first source that claims it, whether it has it now or not.
struct Claim {
    std::size_t source = 0;
    std::string name;  ///< the source's
};
using ClaimMap = std::unordered_map<saml::EntityID, Claim>;

/// Merge puts entities together, source by source, and reports those that can't coexist with the others.
class Merge {
public:
    Merge(SharedKeys shared_keys, const ClaimMap& claims) : shared_keys_(shared_keys), claims_(claims) {}

    void add(std::size_t source, const std::string& name, const metadata::EntityDescriptor& entity,
             const InteropProfile& profile) {
        auto idp = make_idp(entity, profile);
        if (!idp) return refuse(name, entity.entity_id, idp.error());
        if (has_taken_name(*idp)) {
            return refuse(name, entity.entity_id,
                          fail(SourceErrc::entity_taken,
                               "another source, or entity, had this entityID, or one of its aliases, before; "
                               "it stays its own"));
        }
        if (const Claim* const claim = claim_before(source, *idp)) {
            return refuse(name, entity.entity_id,
                          fail(SourceErrc::entity_withheld,
                               "it's " + claim->name +
                                   "'s, which doesn't have it now: left out is revoked, and what hasn't come "
                                   "may come. If it has moved here, write entities = [...] in that source "
                                   "with those that stay its own, put this source before that one, or remove "
                                   "that one; then start this process again"));
        }
        if (shared_keys_ == SharedKeys::refused && shares_a_key(source, *idp)) {
            return refuse(name, entity.entity_id,
                          fail(SourceErrc::key_shared,
                               "an entity of another source signs with the same key; write allow_shared_keys "
                               "= true if that is meant"));
        }
        idp->source = name;
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

    /// The claim of a source before this one to any of its names.
    [[nodiscard]] const Claim* claim_before(std::size_t source, const Idp& idp) const {
        const auto claimed = [&](const saml::EntityID& id) -> const Claim* {
            const auto found = claims_.find(id);
            return found != claims_.end() && found->second.source < source ? &found->second : nullptr;
        };
        if (const Claim* const claim = claimed(idp.entity_id)) return claim;
        for (const saml::EntityID& alias : idp.profile.issuer_aliases) {
            if (const Claim* const claim = claimed(alias)) return claim;
        }
        return nullptr;
    }

    /// Remembers the keys only of an entity that is taken: a refused one mustn't displace another.
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
    const ClaimMap& claims_;
    std::unordered_set<saml::EntityID> names_;             ///< entityIDs and aliases
    std::unordered_map<std::string, std::size_t> owners_;  ///< a key's fingerprint to its source
    std::vector<Idp> idps_;
    std::vector<MetadataEvent> conflicts_;
};

/// The server, which a source asks one request at a time; empty for a file.
std::string server_of(const MetadataPlace& place) {
    if (std::holds_alternative<MetadataFile>(place)) return "";
    const auto* url = std::get_if<MetadataUrl>(&place);
    const UrlParts parts = parts_of(url != nullptr ? url->url : std::get<MetadataQuery>(place).base);
    return parts.scheme + "://" + parts.host + ":" + std::to_string(parts.port);
}

bool same_conflict(const MetadataEvent& a, const MetadataEvent& b) {
    return a.source == b.source && a.outcome.entity_id == b.outcome.entity_id &&
           a.outcome.why.code == b.outcome.why.code;
}

/// The entities that moved from a source to one listed before it: the latter's claim alone would never name them.
std::vector<MetadataEvent> moves(const ClaimMap& before, const ClaimMap& after) {
    std::vector<MetadataEvent> moved;
    for (const auto& [id, claim] : after) {
        const auto last = before.find(id);
        if (last == before.end() || last->second.name == claim.name) continue;
        moved.push_back({last->second.name,
                         {.kind = RefreshOutcome::Kind::refused,
                          .entity_id = id,
                          .why = fail(SourceErrc::entity_taken,
                                      "it's " + claim.name + "'s now, which has it too and stands before")}});
    }
    return moved;
}

}  // namespace

struct MetadataRefresher::Claims {
    ClaimMap map;
};

struct MetadataRefresher::Member {
    MetadataSource source;
    InteropProfile profile;
    Holds holds = Holds::any_idps;
    std::unordered_set<saml::EntityID> wanted = {};  ///< by name in its options
    bool is_named = false;                           ///< whether it has ever claimed an entityID
    std::string server;                              ///< scheme, host and port; empty: a file
    std::uint64_t merged = 0;                        ///< the source's version that is in the directory
    std::unique_ptr<MetadataLane> lane = {};
};

MetadataRefresher::MetadataRefresher(SharedKeys shared_keys, Asking asking)
    : shared_keys_(shared_keys), asking_(asking), arrivals_(std::make_shared<Arrivals>()) {}
MetadataRefresher::MetadataRefresher(MetadataRefresher&&) noexcept = default;
MetadataRefresher& MetadataRefresher::operator=(MetadataRefresher&&) noexcept = default;

MetadataRefresher::~MetadataRefresher() {
    for (Member& member : members_) {
        if (member.lane) member.lane->request_stop();
    }
}

Result<MetadataRefresher> MetadataRefresher::open(std::vector<SourceOfIdps> sources, SharedKeys shared_keys,
                                                  Instant now, std::vector<SourcePorts> ports, Asking asking) {
    MetadataRefresher refresher(shared_keys, asking);
    ports.resize(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
        std::string server = server_of(sources[i].source.place);
        const Holds holds = sources[i].source.holds;
        const auto& wanted = sources[i].source.rules.wanted;
        std::unordered_set<saml::EntityID> names(wanted.begin(), wanted.end());
        auto opened = MetadataSource::open(std::move(sources[i].source), now, std::move(ports[i]));
        if (!opened) return std::move(opened).error();
        refresher.members_.push_back({.source = *std::move(opened),
                                      .profile = std::move(sources[i].profile),
                                      .holds = holds,
                                      .wanted = std::move(names),
                                      .server = std::move(server)});
    }
    refresher.rebuild();
    refresher.events_.clear();  // conflicts() has them
    return refresher;
}

/// A source of one IdP whose name becomes known only now may precede another one's that has had this name since
/// the start: it comes after it then, or a file that was missing at start could take over any IdP's name.
void MetadataRefresher::rank_newly_named() {
    const bool is_start = claims_ == nullptr;
    std::size_t last_named = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (members_[i].is_named) last_named = i;
    }
    for (std::size_t left = members_.size(), i = 0; left > 0; --left) {
        Member& member = members_[i];
        const bool is_new = member.holds == Holds::one_idp && !member.is_named && !member.source.claims().empty();
        if (is_new) member.is_named = true;
        if (!is_new || is_start || i >= last_named) {
            ++i;
            continue;
        }
        const auto itself = members_.begin() + static_cast<std::ptrdiff_t>(i);
        std::rotate(itself, itself + 1, members_.begin() + static_cast<std::ptrdiff_t>(last_named) + 1);
    }
}

/// The partners that are missing: those that the sources lack, and IdPs of the configuration that conflict with others.
/// Of a federation's IdPs that no option names, only a conflict is told: they are no partners by anyone's choice.
std::vector<AbsentPartner> MetadataRefresher::absent_partners(const std::vector<MetadataEvent>& conflicts) const {
    std::vector<AbsentPartner> absent;
    for (const Member& member : members_) {
        const std::size_t before = absent.size();
        for (AbsentPartner& one : member.source.absent()) absent.push_back(std::move(one));
        for (const MetadataEvent& conflict : conflicts) {
            const auto& id = conflict.outcome.entity_id;
            if (conflict.source != member.source.name() || !id) continue;
            if (member.holds != Holds::one_idp && !member.wanted.contains(*id)) continue;
            absent.push_back({.source = conflict.source, .names = {*id}, .why = conflict.outcome.why});
        }
        const auto& aliases = member.profile.issuer_aliases;
        for (std::size_t i = before; i < absent.size(); ++i) {
            absent[i].names.insert(absent[i].names.end(), aliases.begin(), aliases.end());
        }
    }
    return absent;
}

/// What may find no memory comes first: then nothing has happened yet, or all of it.
void MetadataRefresher::rebuild() {
    rank_newly_named();
    auto claims = std::make_unique<Claims>();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const Member& member = members_[i];
        const auto claim = [&](const saml::EntityID& id) {
            claims->map.try_emplace(id, Claim{i, member.source.name()});
        };
        for (const auto& id : member.source.claims()) claim(id);
        for (const auto& alias : member.profile.issuer_aliases) claim(alias);
    }
    Merge merge(shared_keys_, claims->map);
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const Member& member = members_[i];
        for (const auto* document : member.source.documents()) {
            for (const auto& entity : document->idps) merge.add(i, member.source.name(), entity, member.profile);
        }
    }
    auto conflicts = merge.take_conflicts();
    auto directory = IdpDirectory::of(merge.take_idps(), absent_partners(conflicts));
    // Merge lets no name in twice, so there is always one.
    if (!directory) return;
    auto snapshot = std::make_shared<const IdpDirectory>(*std::move(directory));
    report(conflicts, claims_ ? moves(claims_->map, claims->map) : std::vector<MetadataEvent>());
    claims_.swap(claims);
    conflicts_.swap(conflicts);
    directory_.swap(snapshot);
    for (Member& member : members_) member.merged = member.source.version();
    unmerged_since_.reset();
}

void MetadataRefresher::report(const std::vector<MetadataEvent>& conflicts, std::vector<MetadataEvent> moved) {
    // A conflict says more: also that the one it has moved to doesn't have it now.
    std::erase_if(moved, [&](const MetadataEvent& move) {
        return std::ranges::any_of(conflicts, [&](const MetadataEvent& one) {
            return one.source == move.source && one.outcome.entity_id == move.outcome.entity_id;
        });
    });
    std::vector<MetadataEvent> news = std::move(moved);
    for (const MetadataEvent& conflict : conflicts) {
        const bool is_known = std::any_of(conflicts_.begin(), conflicts_.end(),
                                          [&](const MetadataEvent& other) { return same_conflict(conflict, other); });
        if (!is_known) news.push_back(conflict);
    }
    events_.reserve(events_.size() + news.size());
    std::move(news.begin(), news.end(), std::back_inserter(events_));
}

void MetadataRefresher::take(const Member& member, std::vector<RefreshOutcome> outcomes) {
    for (auto& outcome : outcomes) events_.push_back({member.source.name(), std::move(outcome)});
}

/// Whether neither it nor another source of its server is being asked.
bool MetadataRefresher::is_free(const Member& member) const noexcept {
    return std::ranges::none_of(members_,
                                [&](const Member& other) { return other.lane && other.server == member.server; });
}

/// The remote source that is due and may be asked now. Null: none.
MetadataRefresher::Member* MetadataRefresher::longest_waiting(Instant now) {
    Member* longest = nullptr;
    for (Member& member : members_) {
        if (member.server.empty() || member.source.next_refresh() > now || !is_free(member)) continue;
        if (longest == nullptr || member.source.next_refresh() < longest->source.next_refresh()) longest = &member;
    }
    return longest;
}

/// Work that is too much for this process's memory is put off, and doesn't delay the work after it.
template <class Work>
void MetadataRefresher::or_put_off(Member& member, Instant now, const Work& work) {
    std::vector<RefreshOutcome> outcomes;
    try {
        work(outcomes);
    } catch (const std::bad_alloc&) {
        member.source.put_off(now);
    }
    take(member, std::move(outcomes));
}

void MetadataRefresher::ask_in_turn(Instant now, const std::stop_token& stop) {
    Member* const longest = longest_waiting(now);
    if (longest == nullptr) return;
    or_put_off(*longest, now, [&](std::vector<RefreshOutcome>& outcomes) {
        const auto question = longest->source.begin(now, outcomes);
        if (!question) return;
        question->run(stop);
        longest->source.finish(*question, now, outcomes);
    });
}

void MetadataRefresher::start_lane(Member& member, Instant now) {
    or_put_off(member, now, [&](std::vector<RefreshOutcome>& outcomes) {
        auto question = member.source.begin(now, outcomes);
        if (!question) return;
        auto lane = std::make_unique<MetadataLane>(std::move(question), arrivals_);
        try {
            lane->start();
            member.lane = std::move(lane);
        } catch (const std::system_error&) {  // no thread
            member.source.finish(lane->answered(), now, outcomes);
        }
    });
}

void MetadataRefresher::ask_in_lanes(Instant now) {
    arrivals_->forget();
    for (Member& member : members_) {
        if (!member.lane || !member.lane->is_done()) continue;
        const auto lane = std::move(member.lane);
        or_put_off(member, now, [&](std::vector<RefreshOutcome>& outcomes) {
            member.source.finish(lane->answered(), now, outcomes);
        });
    }
    while (lanes() < most_lanes) {
        Member* const longest = longest_waiting(now);
        if (longest == nullptr) return;
        start_lane(*longest, now);
    }
}

bool MetadataRefresher::has_unmerged() const noexcept {
    return std::ranges::any_of(members_, [](const Member& member) { return member.merged != member.source.version(); });
}

/// A Metadata Query server's answers come one by one, and putting all IdPs together for each of them would take a time
/// that grows with the square of their number.
bool MetadataRefresher::has_more_coming(Instant now) {
    const bool has_more = std::ranges::any_of(members_, [&](const Member& member) {
        return member.merged != member.source.version() && member.source.next_refresh() <= now;
    });
    if (!has_more) return false;
    if (!unmerged_since_) unmerged_since_ = now;
    return now >= *unmerged_since_ && now - *unmerged_since_ < longest_gathering;
}

std::vector<MetadataEvent> MetadataRefresher::refresh(Instant now, const std::stop_token& stop) {
    for (Member& member : members_) {
        member.source.notice_time(now);
        if (!member.server.empty()) continue;
        or_put_off(member, now, [&](std::vector<RefreshOutcome>& outcomes) {
            static_cast<void>(member.source.begin(now, outcomes));  // of a file, that is all
        });
    }
    if (asking_ == Asking::in_lanes) {
        ask_in_lanes(now);
    } else {
        ask_in_turn(now, stop);
    }
    for (Member& member : members_) {
        std::vector<RefreshOutcome> outcomes;
        member.source.warn(now, outcomes);
        take(member, std::move(outcomes));
    }
    if (has_unmerged()) {
        if (has_more_coming(now)) return {};
        rebuild();
    }
    for (const MetadataEvent& event : events_) ++counters_.at(static_cast<std::size_t>(event.outcome.kind));
    return std::exchange(events_, {});
}

Instant MetadataRefresher::next_refresh() const noexcept {
    Instant next = unmerged_since_ ? *unmerged_since_ + longest_gathering : Instant::max();
    for (const Member& member : members_) {
        if (member.lane && member.lane->is_done()) return Instant::min();
        const bool may_be_asked = member.server.empty() || (lanes() < most_lanes && is_free(member));
        if (may_be_asked) next = std::min(next, member.source.next_refresh());
    }
    return next;
}

void MetadataRefresher::wait(std::chrono::milliseconds most, const std::stop_token& stop) const {
    arrivals_->wait(most, stop);
}

std::size_t MetadataRefresher::lanes() const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(members_, [](const Member& member) { return member.lane != nullptr; }));
}

}  // namespace slo::idp_adapter
