#include "metadata_slot.hpp"

#include <algorithm>
#include <unordered_set>

#include "slo/metadata/error.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/sha1_name.hpp"

namespace slo::idp_adapter {
namespace {

Failure setup(std::string detail) {
    return fail(SourceErrc::setup, std::move(detail));
}

/// {base}/entities/{id}; the transformed identifier is {sha1} and 40 hex digits (Metadata Query Protocol 3.1, its SAML
/// profile 2.2).
Result<saml::EndpointUrl> query_url(const MetadataQuery& query, const saml::EntityID& entity_id) {
    std::string base = query.base.str();
    while (base.ends_with('/')) base.pop_back();
    const std::string id =
        query.form == MetadataQuery::Form::sha1 ? "{sha1}" + saml::sha1_name(entity_id.str()) : entity_id.str();
    auto url = saml::EndpointUrl::parse(base + "/entities/" + saml::form::escape(id));
    if (!url) return setup("the Metadata Query URL for an entityID gets too long: ask by SHA-1 instead");
    return url;
}

bool is_remote(const MetadataPlace& place) {
    return !std::holds_alternative<MetadataFile>(place);
}

const HttpClientOptions& http_of(const MetadataPlace& place) {
    const auto* url = std::get_if<MetadataUrl>(&place);
    return url != nullptr ? url->http : std::get<MetadataQuery>(place).http;
}

/// A document from the network is believed by its signature or its hash; the place itself vouches only if its key is
/// pinned, so that no attacker on the way can replace it (MET-01).
Result<void> check_trust(const MetadataSourceOptions& options) {
    if (!is_remote(options.place)) return Done{};
    if (options.cache.empty()) return setup("a remote source without a folder for its last good copy");
    const auto* url = std::get_if<MetadataUrl>(&options.place);
    if (options.rules.max_age_without_valid_until && (url == nullptr || !url->url.str().starts_with("https:"))) {
        return setup(
            "only a document at an https URL may lack validUntil: over plain http an old one could be sent for "
            "ever");
    }
    if (options.rules.max_age_without_valid_until && !options.rules.longest_validity) {
        return setup("max_age_without_valid_until without longest_validity: an aggregate would need no validUntil");
    }
    if (!std::holds_alternative<metadata::TrustedPlace>(options.rules.trust)) return Done{};
    const HttpClientOptions& http = http_of(options.place);
    if (http.http == HttpClientOptions::Http::refused && std::holds_alternative<PinnedPublicKeys>(http.peer)) {
        return Done{};
    }
    const bool certified = options.unsigned_from == UnsignedFrom::certified_server &&
                           http.http == HttpClientOptions::Http::refused && options.holds == Holds::one_idp &&
                           std::holds_alternative<MetadataUrl>(options.place);
    if (certified) return Done{};
    return setup("unsigned metadata from a server whose key isn't pinned, or over plain http: anybody could write it");
}

Result<void> check_name(std::string_view name) {
    const bool plain = std::all_of(name.begin(), name.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (plain && !name.empty() && name.size() <= 64) return Done{};
    return setup("the source's name must be 1 to 64 of a-z, 0-9 and -");
}

bool is_about_time(const std::error_code& code) noexcept {
    return code == make_error_code(metadata::Errc::expired) ||
           code == make_error_code(metadata::Errc::valid_until_too_far);
}

}  // namespace

Result<std::vector<MetadataSlot>> slots_of(const MetadataSourceOptions& options) {
    if (auto checked = check_name(options.name); !checked) return checked.error();
    if (auto checked = check_trust(options); !checked) return checked.error();
    std::vector<MetadataSlot> slots;
    auto rules = options.rules;
    if (const auto* query = std::get_if<MetadataQuery>(&options.place)) {
        rules.wanted.clear();  // not copied for each of them
        if (options.rules.wanted.empty()) return setup("a Metadata Query without the entities to ask for");
        for (const saml::EntityID& entity_id : options.rules.wanted) {
            auto url = query_url(*query, entity_id);
            if (!url) return std::move(url).error();
            MetadataSlot slot{
                .id = saml::sha1_name(entity_id.str()), .url = *std::move(url), .entity_id = entity_id, .rules = rules};
            slot.rules.wanted = {entity_id};
            slots.push_back(std::move(slot));
        }
        return slots;
    }
    MetadataSlot slot{.rules = std::move(rules), .holds = options.holds};
    if (const auto* place = std::get_if<MetadataUrl>(&options.place)) slot.url = place->url;
    slots.push_back(std::move(slot));
    return slots;
}

Result<metadata::MetadataDocument> judged(const MetadataSlot& slot, Missing missing, const saml::OctetSource& source,
                                          Instant now) {
    auto document = metadata::read_metadata(source, slot.rules, now);
    if (!document) return document;
    if (slot.entity_id && (document->entities != 1 || document->idps.size() != 1)) {
        return fail(SourceErrc::entity_missing, "the answer isn't the one entity that was asked for");
    }
    if (slot.holds == Holds::one_idp && (document->entities != 1 || document->idps.size() != 1)) {
        if (!document->refused.empty()) return document->refused.front().why;
        return Failure{
            make_error_code(metadata::Errc::not_metadata),
            "it holds " + std::to_string(document->entities) + " entities; name an aggregate in [[metadata]]"};
    }
    if (missing == Missing::refused && document->idps.size() < std::max<std::size_t>(slot.rules.wanted.size(), 1)) {
        if (!document->refused.empty()) return document->refused.front().why;
        return fail(SourceErrc::entity_missing, "the IdP that it's for isn't in it");
    }
    if (auto checked = not_older(slot, *document, slot.state.precedent); !checked) return checked.error();
    return document;
}

bool depends_on_time(const MetadataSlot& slot) {
    if (is_about_time(slot.last_failure)) return true;
    return slot.document && std::ranges::any_of(slot.document->refused, [](const metadata::RefusedEntity& entity) {
               return is_about_time(entity.why.code);
           });
}

bool limit_age(MetadataSlot& slot, Instant now) noexcept {
    const auto& longest = slot.rules.max_age_without_valid_until;
    if (!slot.url || !slot.document || slot.document->valid_until || !longest) return false;
    // A clock that has been set back makes it live longer by that, and no longer than twice its time.
    const auto& fetched = slot.state.fetched;
    const Instant end = !fetched || *fetched - now > *longest ? age_unknown : *fetched + *longest;
    if (slot.age_end == end) return false;
    slot.age_end = end;
    for (auto& idp : slot.document->idps) idp.valid_until = slot.said_end ? std::min(*slot.said_end, end) : end;
    return true;
}

bool is_news(const metadata::MetadataDocument& document, const MetadataSlot& slot) {
    if (!slot.document || slot.document->sha256 != document.sha256) return true;
    if (!depends_on_time(slot)) return false;
    std::unordered_set<saml::EntityID> known;
    for (const auto& entity : slot.document->idps) known.insert(entity.entity_id);
    return std::ranges::any_of(document.idps, [&](const auto& entity) { return !known.contains(entity.entity_id); });
}

Result<void> not_older(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                       const metadata::Precedent& last) {
    auto checked = metadata::check_not_older(document, last);
    if (checked) return checked;
    return Failure{checked.error().code, checked.error().detail + "; if it's meant, " + slot.remedy};
}

metadata::Precedent precedent_of(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                 const metadata::Precedent& last, Instant now) {
    auto precedent = metadata::precedent_after(document, last, now, slot.rules.clock_skew);
    // The operator's own file: a restored older one is intended.
    if (!slot.url && std::holds_alternative<metadata::TrustedPlace>(slot.rules.trust)) precedent.superseded.clear();
    return precedent;
}

Names names_with(const MetadataSlot& slot, const metadata::MetadataDocument& document) {
    Names names;
    for (const auto& idp : document.idps) names.insert(idp.entity_id);
    if (slot.names.size() <= 2 * slot.rules.max_entities) names.insert(slot.names.begin(), slot.names.end());
    return names;
}

}  // namespace slo::idp_adapter
