#include "source_telling.hpp"

#include <algorithm>

namespace slo::idp_adapter {
namespace {

using Kind = RefreshOutcome::Kind;
using Outcomes = std::vector<RefreshOutcome>;

/// Of more refused entities in one document, only the number is reported.
constexpr std::size_t max_told_entities = 16;

}  // namespace

RefreshOutcome ending(Expiry expiry, const std::optional<saml::EntityID>& entity_id, const std::string& what,
                      const std::string& whose_messages, Instant end) {
    const std::string at = saml::format_instant(end);
    if (expiry == Expiry::passed) {
        return {.kind = Kind::expired,
                .entity_id = entity_id,
                .why = fail(SourceErrc::expired,
                            what + " ended at " + at + ": " + whose_messages + " are refused; get the source to work")};
    }
    return {.kind = Kind::expiring,
            .entity_id = entity_id,
            .why = fail(SourceErrc::expiring, what + " ends at " + at + "; get the source to work")};
}

bool ends_by_age(const MetadataSlot& slot) noexcept {
    return slot.age_end && (!slot.said_end || *slot.age_end <= *slot.said_end);
}

void tell_ageing(const MetadataSlot& slot, Instant now, std::chrono::seconds warn_before, Outcomes& outcomes) {
    const auto longest = *slot.rules.max_age_without_valid_until;
    // A short life has no time for the usual warning.
    const Expiry age = expiry_at(slot.age_end, now, std::min(warn_before, longest / 2), slot.rules.clock_skew);
    if (age == Expiry::far) return;
    const bool passed = age == Expiry::passed;
    std::string what = "it has no validUntil, and when it was last fetched isn't known: ";
    if (slot.age_end != age_unknown) {
        what = "it has no validUntil, and was last fetched at " + saml::format_instant(*slot.state.fetched) + ": " +
               std::to_string(longest.count()) + "s (max_age_without_valid_until) after that ";
    }
    outcomes.push_back(
        {.kind = passed ? Kind::expired : Kind::expiring,
         .entity_id = slot.document->idps.front().entity_id,
         .why = fail(passed ? SourceErrc::expired : SourceErrc::expiring,
                     passed ? what + "its messages are refused; get the source to work, then they count at once"
                            : what + "its messages will be refused; get the source to work")});
}

RefreshOutcome absence_of_file(const MetadataSlot& slot, const std::filesystem::path& file, RefreshOutcome outcome) {
    if (slot.holds == Holds::one_idp && slot.rules.wanted.size() == 1) outcome.entity_id = slot.rules.wanted.front();
    outcome.why.detail = file.string() + ": " + outcome.why.detail +
                         "; until this file is mended, its messages are refused; that is noticed without a restart";
    return outcome;
}

void tell_absent(const MetadataSlot& slot, const std::string& source, std::vector<AbsentPartner>& absent) {
    const auto& wanted = slot.rules.wanted;
    if (!slot.document) {
        const Failure why = slot.absence ? slot.absence->why : Failure{};
        if (wanted.empty()) absent.push_back({.source = source, .why = why});
        for (const saml::EntityID& id : wanted) absent.push_back({.source = source, .names = {id}, .why = why});
        return;
    }
    for (const saml::EntityID& id : wanted) {
        if (std::ranges::find(slot.document->idps, id, &metadata::EntityDescriptor::entity_id) !=
            slot.document->idps.end()) {
            continue;
        }
        const auto refused = std::ranges::find(slot.document->refused, id, &metadata::RefusedEntity::entity_id);
        absent.push_back({.source = source,
                          .names = {id},
                          .why = refused != slot.document->refused.end()
                                     ? refused->why
                                     : fail(SourceErrc::entity_missing,
                                            "the source doesn't have it now; if it should, ask its "
                                            "operator, or correct entities")});
    }
}

void tell_ending(const MetadataSlot& slot, const ExpiryOf& expiry_of, Outcomes& outcomes) {
    const metadata::MetadataDocument& document = *slot.document;
    const Expiry whole = expiry_of(document.valid_until);
    if (whole != Expiry::far) {
        outcomes.push_back(ending(whole, slot.entity_id, slot.entity_id ? "the entity" : "the document",
                                  slot.entity_id ? "its messages" : "its IdPs' messages", *document.valid_until));
    }
    std::size_t count = 0;
    Expiry worst = Expiry::far;
    for (const auto& entity : document.idps) {
        const Expiry expiry = expiry_of(entity.valid_until);
        if (expiry <= whole) continue;
        if (count++ < max_told_entities) {
            outcomes.push_back(ending(expiry, entity.entity_id, "the entity", "its messages", *entity.valid_until));
        } else {
            worst = std::max(worst, expiry);
        }
    }
    if (worst == Expiry::far) return;
    const bool passed = worst == Expiry::passed;
    outcomes.push_back({.kind = passed ? Kind::expired : Kind::expiring,
                        .why = fail(passed ? SourceErrc::expired : SourceErrc::expiring,
                                    std::to_string(count - max_told_entities) + " more entities end, or have ended")});
}

void tell_refused(const metadata::MetadataDocument& document, Outcomes& outcomes) {
    const std::size_t told = std::min(document.refused.size(), max_told_entities);
    for (std::size_t i = 0; i < told; ++i) {
        const auto& entity = document.refused[i];
        outcomes.push_back(
            {.kind = Kind::refused,
             .entity_id = entity.entity_id,
             .why = {entity.why.code, "entity at line " + std::to_string(entity.line) + ": " + entity.why.detail}});
    }
    if (document.refused_count > told) {
        outcomes.push_back({.kind = Kind::refused,
                            .why = {document.refused[told - 1].why.code,
                                    std::to_string(document.refused_count - told) + " more entities are refused"}});
    }
}

}  // namespace slo::idp_adapter
