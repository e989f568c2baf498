#include "slo/metadata/metadata_document.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "entity_reading.hpp"
#include "excerpt_writing.hpp"
#include "reading.hpp"
#include "role_reading.hpp"
#include "sign_on_reading.hpp"
#include "slo/metadata/excerpt.hpp"
#include "slo/saml/keyed_digest.hpp"
#include "trusted_reading.hpp"

namespace slo::metadata {
namespace {

using saml::StreamElement;
using saml::StreamVisitor;
using saml::xml::Name;

/// entityIDs as digests under a key of this reading alone: no author can write a document in which they collide.
class SeenEntities {
public:
    explicit SeenEntities(saml::KeyedDigest digest) : digest_(digest) {}

    void add(const std::string& entity_id, std::uint64_t line) { seen_.push_back({digest_({entity_id}), line}); }
    [[nodiscard]] std::size_t size() const noexcept { return seen_.size(); }

    /// The line of the second of two entities with one entityID.
    [[nodiscard]] std::optional<std::uint64_t> duplicate() {
        const auto key = [](const Seen& seen) { return std::tuple(seen.name.high, seen.name.low, seen.line); };
        std::ranges::sort(seen_, {}, key);
        const auto found = std::ranges::adjacent_find(seen_, {}, [](const Seen& seen) { return seen.name; });
        if (found == seen_.end()) return std::nullopt;
        return std::next(found)->line;
    }

private:
    struct Seen {
        saml::Digest128 name;
        std::uint64_t line;
    };
    saml::KeyedDigest digest_;
    std::vector<Seen> seen_;
};

/// Collector chooses what is read and reads it. Its results count only when the whole document has been believed.
class Collector final : public StreamVisitor {
public:
    /// Taken entities are copied to `excerpt`, if there is one.
    Collector(const MetadataRules& rules, ReadingTime time, saml::KeyedDigest digest, ExcerptWriter* excerpt)
        : rules_(rules), time_(time), seen_(digest), excerpt_(excerpt) {}

    Result<Take> start(const StreamElement& element) override;
    Result<void> end() override;
    Result<void> kept(std::string_view octets, std::span<const std::uint32_t> lines) override;

    /// The collected document. Errors: Errc::duplicate_entity; of a root that is an entity, why it isn't taken.
    [[nodiscard]] Result<MetadataDocument> take() &&;

private:
    enum class Inside { group, extensions };
    struct Frame {
        Inside inside;
        Validity validity;
    };

    Result<Take> start_root(const StreamElement& element);
    Result<Take> start_group(const StreamElement& element);
    Result<Take> start_entity(const StreamElement& element);
    Result<void> check_endpoints(const EntityDescriptor& entity) const;
    Result<Take> start_extension(const StreamElement& element);
    Result<std::optional<EntityDescriptor>> read_kept(std::string_view octets, std::span<const std::uint32_t> lines);
    [[nodiscard]] Validity around() const { return frames_.empty() ? Validity{} : frames_.back().validity; }
    void refuse(std::optional<saml::EntityID> entity_id, std::uint64_t line, Failure why);

    const MetadataRules& rules_;
    ReadingTime time_;
    SeenEntities seen_;
    ExcerptWriter* excerpt_;
    CertificateKeys known_;
    std::vector<Frame> frames_;
    std::optional<saml::EntityID> current_;  ///< of the element that is being kept
    std::uint64_t current_line_ = 0;
    bool root_is_entity_ = false;
    bool keeps_publication_ = false;  ///< the element that is being kept is the root's PublicationInfo
    MetadataDocument document_;
};

Result<StreamVisitor::Take> Collector::start(const StreamElement& element) {
    if (element.depth == 0) return start_root(element);
    if (frames_.back().inside == Inside::extensions) return start_extension(element);
    if (element.name == md("EntityDescriptor")) return start_entity(element);
    if (element.name == md("EntitiesDescriptor")) return start_group(element);
    if (element.name == md("Extensions") && element.depth == 1) {
        frames_.push_back({Inside::extensions, {}});
        return Take::enter;
    }
    return Take::skip;
}

Result<StreamVisitor::Take> Collector::start_extension(const StreamElement& element) {
    if (element.name != mdrpi("PublicationInfo") || document_.published) return Take::skip;
    const std::string* const created = element.attribute("creationInstant");
    const auto instant =
        created != nullptr ? saml::parse_instant(saml::xml::collapsed(*created)) : Result<Instant>(Failure{});
    if (!instant) return Take::skip;
    document_.published = *instant;
    keeps_publication_ = excerpt_ != nullptr;
    return keeps_publication_ ? Take::keep : Take::skip;
}

Result<StreamVisitor::Take> Collector::start_root(const StreamElement& element) {
    root_is_entity_ = element.name == md("EntityDescriptor");
    if (!root_is_entity_ && element.name != md("EntitiesDescriptor")) {
        return Failure{make_error_code(Errc::not_metadata),
                       "the root is neither EntityDescriptor nor EntitiesDescriptor of SAML 2.0 metadata"};
    }
    const auto validity = validity_of(element);
    if (!validity) return validity.error();
    const Root root = root_is_entity_ ? Root::entity : Root::aggregate;
    const auto checked = check_root_validity(*validity, at(element), rules_, root, time_.now);
    if (!checked) return checked.error();
    document_.valid_until = validity->valid_until;
    document_.cache_duration = validity->cache_duration;
    if (root_is_entity_) return start_entity(element);
    if (excerpt_ != nullptr) excerpt_->set_validity(*validity);
    frames_.push_back({Inside::group, *validity});
    return Take::enter;
}

Result<StreamVisitor::Take> Collector::start_group(const StreamElement& element) {
    const auto validity = validity_of(element);
    if (!validity) return validity.error();
    frames_.push_back({Inside::group, narrowed(frames_.back().validity, *validity)});
    return Take::enter;
}

Result<StreamVisitor::Take> Collector::start_entity(const StreamElement& element) {
    if (++document_.entities > rules_.max_entities) {
        return broken(Errc::too_many_entities, at(element),
                      "more entities than the " + std::to_string(rules_.max_entities) + " that are allowed");
    }
    auto entity_id = read_entity_id(element.attribute("entityID"), at(element), rules_.entity_id_form);
    current_line_ = element.line;
    if (!entity_id) {
        current_.reset();
        if (root_is_entity_) return std::move(entity_id).error();
        // It can't be wanted, but a faulty IdP must be reported.
        return rules_.wanted.empty() ? Take::keep : Take::skip;
    }
    seen_.add(entity_id->str(), element.line);
    const auto& wanted = rules_.wanted;
    if (!wanted.empty() && std::ranges::find(wanted, *entity_id) == wanted.end()) {
        if (!root_is_entity_) return Take::skip;
        return broken(Errc::another_entity, at(element), "it describes another entity than the one that is wanted");
    }
    current_ = *std::move(entity_id);
    return Take::keep;
}

Result<void> Collector::end() {
    frames_.pop_back();
    return Done{};
}

Result<void> Collector::check_endpoints(const EntityDescriptor& entity) const {
    if (!entity.idp) return Done{};
    std::size_t number = 0;
    for (const Endpoint& endpoint : entity.idp->single_logout_services) {
        ++number;
        auto checked = check_endpoint(endpoint.location, rules_.endpoints);
        if (checked && endpoint.response_location) {
            checked = check_endpoint(*endpoint.response_location, rules_.endpoints);
        }
        if (!checked) {
            return broken(Errc::endpoint_not_allowed, "SingleLogoutService " + std::to_string(number),
                          checked.error().detail);
        }
    }
    return Done{};
}

/// std::nullopt for an entity that was kept only to see whether it is an IdP, and isn't.
Result<std::optional<EntityDescriptor>> Collector::read_kept(std::string_view octets,
                                                             std::span<const std::uint32_t> lines) {
    const bool asked_for = root_is_entity_ || !rules_.wanted.empty();
    // The name of an element has one spelling, so most service providers needn't be parsed at all.
    const bool may_be_idp = octets.find("IDPSSODescriptor") != std::string_view::npos;
    if (!may_be_idp && !asked_for) return std::optional<EntityDescriptor>{};
    const auto document = saml::xml::Document::parse(octets, saml::xml::metadata_limits, lines);
    if (!document) return document.error();
    if (!asked_for && !has_idp_role(document->root())) return std::optional<EntityDescriptor>{};
    auto entity = read_entity(document->root(), around(), time_, known_, rules_.entity_id_form);
    if (!entity) return std::move(entity).error();
    if (!entity->idp) {
        if (!asked_for) return std::optional<EntityDescriptor>{};
        return Failure{make_error_code(Errc::no_idp_role), "no IDPSSODescriptor for SAML 2.0"};
    }
    const auto checked = check_endpoints(*entity);
    if (!checked) return checked.error();
    keep_allowed(entity->idp->sign_on, rules_.endpoints);
    return std::optional(*std::move(entity));
}

Result<void> Collector::kept(std::string_view octets, std::span<const std::uint32_t> lines) {
    if (std::exchange(keeps_publication_, false)) {
        excerpt_->set_publication(octets);
        return Done{};
    }
    auto entity = read_kept(octets, lines);
    if (!entity) {
        if (root_is_entity_) return std::move(entity).error();
        refuse(std::exchange(current_, std::nullopt), current_line_, std::move(entity).error());
        return Done{};
    }
    if (!*entity) return Done{};
    if (root_is_entity_) {
        document_.published = (*entity)->published;
    } else if (excerpt_ != nullptr) {
        excerpt_->add(octets, around());
    }
    document_.idps.push_back(**std::move(entity));
    return Done{};
}

void Collector::refuse(std::optional<saml::EntityID> entity_id, std::uint64_t line, Failure why) {
    if (document_.refused_count++ < max_refused_listed) {
        document_.refused.push_back({std::move(entity_id), line, std::move(why)});
    }
}

Result<MetadataDocument> Collector::take() && {
    if (const auto line = seen_.duplicate()) {
        return broken(Errc::duplicate_entity, "EntityDescriptor, line " + std::to_string(*line),
                      "its entityID stands in this document before");
    }
    document_.idps.shrink_to_fit();
    return std::move(document_);
}

Result<MetadataDocument> collect(const saml::OctetSource& source, const MetadataRules& rules, Instant now,
                                 ExcerptWriter* excerpt) {
    const auto digest = saml::KeyedDigest::with_random_key();
    if (!digest) return digest.error();
    Collector collector(rules, {now, rules.clock_skew}, *digest, excerpt);
    const auto verdict = read_trusted(source, rules, collector);
    if (!verdict) return verdict.error();
    auto document = std::move(collector).take();
    if (document) document->sha256 = verdict->sha256;
    return document;
}

}  // namespace

Result<MetadataDocument> read_metadata(const saml::OctetSource& source, const MetadataRules& rules, Instant now) {
    return collect(source, rules, now, nullptr);
}

Result<Excerpt> read_excerpt(const saml::OctetSource& source, const MetadataRules& rules, Instant now) {
    ExcerptWriter writer;
    auto document = collect(source, rules, now, &writer);
    if (!document) return std::move(document).error();
    return Excerpt{*std::move(document), std::move(writer).finish()};
}

}  // namespace slo::metadata
