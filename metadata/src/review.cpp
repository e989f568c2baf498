#include "slo/metadata/review.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "entity_review.hpp"
#include "findings.hpp"
#include "reading.hpp"
#include "slo/saml/error.hpp"
#include "trusted_reading.hpp"

namespace slo::metadata {
namespace {

using saml::StreamElement;
using saml::StreamVisitor;
using saml::xml::Element;
using saml::xml::Name;

/// DocumentReview gets groups and entities from any source: a tree, whose lines are exact, or a stream.
class DocumentReview {
public:
    DocumentReview(const MetadataRules& rules, Instant now, Findings& findings)
        : rules_(rules), now_(now), findings_(findings) {}

    /// The root, of either kind. False if it isn't metadata at all.
    bool open_root(Name name, const Result<Validity>& validity, const std::string& where, std::uint64_t line) {
        root_is_entity_ = name == md("EntityDescriptor");
        if (!root_is_entity_ && name != md("EntitiesDescriptor")) {
            findings_.error(Failure{make_error_code(Errc::not_metadata),
                                    "the root is neither EntityDescriptor nor EntitiesDescriptor of SAML 2.0 metadata"},
                            line);
            return false;
        }
        if (validity) {
            const Root root = root_is_entity_ ? Root::entity : Root::aggregate;
            const auto checked = check_root_validity(*validity, where, rules_, root, now_);
            // An expired root that is an entity is reported once, with the entity.
            if (!checked && (checked.error().code != make_error_code(Errc::expired) || !root_is_entity_)) {
                findings_.error(checked.error(), line);
            }
        }
        if (!root_is_entity_) open_group(validity, line);
        return true;
    }
    void open_group(const Result<Validity>& validity, std::uint64_t line) {
        const Validity around = around_.empty() ? Validity{} : around_.back();
        if (!validity) findings_.error(validity.error(), line);
        around_.push_back(validity ? narrowed(around, *validity) : around);
    }
    void close_group() { around_.pop_back(); }

    /// Whether the entity is to be reviewed.
    [[nodiscard]] bool count_entity(const std::string* entity_id, std::uint64_t line) {
        if (++entities_ == rules_.max_entities + 1) {
            findings_.error(
                Failure{make_error_code(Errc::too_many_entities),
                        "more entities than the " + std::to_string(rules_.max_entities) + " that are allowed"},
                line);
        }
        if (entities_ > rules_.max_entities) return false;
        const std::string name = entity_id != nullptr ? saml::xml::collapsed(*entity_id) : std::string();
        if (entity_id != nullptr && !lines_.emplace(name, line).second) {
            findings_.error(broken(Errc::duplicate_entity, "EntityDescriptor, line " + std::to_string(line),
                                   "its entityID stands in this document before"),
                            line);
        }
        const auto is_it = [&](const saml::EntityID& wanted) { return entity_id && wanted.str() == name; };
        const bool wanted = rules_.wanted.empty() || std::ranges::any_of(rules_.wanted, is_it);
        if (!wanted && root_is_entity_) {
            findings_.error(Failure{make_error_code(Errc::another_entity),
                                    "it describes another entity than the one that is wanted"},
                            line);
        }
        return wanted || root_is_entity_;
    }
    void entity(const Element& element) {
        const bool asked_for = root_is_entity_ || !rules_.wanted.empty();
        review_entity(element, around_.empty() ? Validity{} : around_.back(), rules_, now_,
                      asked_for ? IdpExpected::yes : IdpExpected::no, findings_);
    }
    void signature(const Element& element) {
        signed_ = true;
        review_signature(element, findings_);
    }
    void finish() {
        if (!signed_ && !std::holds_alternative<SignedBy>(rules_.trust)) {
            findings_.note("Metadata 3.1", 0, "the document isn't signed: it is believed for where it comes from");
        }
    }

private:
    const MetadataRules& rules_;
    Instant now_;
    Findings& findings_;
    std::vector<Validity> around_;
    std::unordered_map<std::string, std::uint64_t> lines_;
    std::size_t entities_ = 0;
    bool root_is_entity_ = false;
    bool signed_ = false;
};

void walk(const Element& element, DocumentReview& review) {
    const auto line = static_cast<std::uint64_t>(element.line());
    if (element.is(md("EntityDescriptor"))) {
        const auto entity_id = element.attribute("entityID");
        if (review.count_entity(entity_id ? &*entity_id : nullptr, line)) review.entity(element);
        return;
    }
    for (const Element& child : element.children()) {
        if (child.is(md("EntitiesDescriptor"))) {
            review.open_group(read_validity(child), static_cast<std::uint64_t>(child.line()));
            walk(child, review);
            review.close_group();
        } else if (child.is(md("EntityDescriptor"))) {
            walk(child, review);
        }
    }
}

void review_tree(const Element& root, DocumentReview& review) {
    const auto validity = read_validity(root);
    if (!review.open_root(root.name(), validity, at(root), static_cast<std::uint64_t>(root.line()))) return;
    const auto first = root.first_child();
    if (first && first->is(ds("Signature"))) review.signature(*first);
    walk(root, review);
    review.finish();
}

/// The same for a document that is too large for a tree.
class StreamReview final : public StreamVisitor {
public:
    StreamReview(DocumentReview& review, Findings& findings) : review_(review), findings_(findings) {}

    Result<Take> start(const StreamElement& element) override {
        if (element.depth == 0) {
            if (!review_.open_root(element.name, validity_of(element), at(element), element.line)) return Take::skip;
            if (element.name == md("EntitiesDescriptor")) return Take::enter;
        }
        kept_line_ = element.line;
        keeps_signature_ = element.depth == 1 && element.name == ds("Signature");
        if (keeps_signature_) return Take::keep;
        if (element.name == md("EntityDescriptor")) {
            return review_.count_entity(element.attribute("entityID"), element.line) ? Take::keep : Take::skip;
        }
        if (element.name != md("EntitiesDescriptor")) return Take::skip;
        review_.open_group(validity_of(element), element.line);
        return Take::enter;
    }
    Result<void> end() override {
        review_.close_group();
        return Done{};
    }
    Result<void> kept(std::string_view octets, std::span<const std::uint32_t> lines) override {
        const auto document = saml::xml::Document::parse(octets, saml::xml::metadata_limits, lines);
        if (!document) {
            findings_.error(document.error(), kept_line_);
        } else if (keeps_signature_) {
            review_.signature(document->root());
        } else {
            review_.entity(document->root());
        }
        return Done{};
    }

private:
    DocumentReview& review_;
    Findings& findings_;
    std::uint64_t kept_line_ = 0;
    bool keeps_signature_ = false;
};

/// Reads nothing: the rest is whether the document is believed.
class Blind final : public StreamVisitor {
public:
    Result<Take> start(const StreamElement&) override { return Take::skip; }
    Result<void> end() override { return Done{}; }
    Result<void> kept(std::string_view, std::span<const std::uint32_t>) override { return Done{}; }
};

void review_content(std::string_view octets, const MetadataRules& rules, Instant now, Findings& findings) {
    DocumentReview review(rules, now, findings);
    const auto tree = saml::xml::Document::parse(octets, saml::xml::metadata_limits);
    if (tree) return review_tree(tree->root(), review);
    const bool too_large = tree.error().code == make_error_code(saml::Errc::message_too_large) ||
                           tree.error().code == make_error_code(saml::Errc::xml_limits);
    if (!too_large) return findings.error(told_by_the_front(tree.error(), octets.substr(0, front_octets)), 0);
    StreamReview visitor(review, findings);
    const auto verdict = saml::read_stream(saml::source_of(octets), rules.limits, visitor);
    if (!verdict) return findings.error(verdict.error(), 0);
    review.finish();
}

}  // namespace

std::vector<Finding> review(std::string_view octets, const MetadataRules& rules, Instant now) {
    Findings findings;
    review_content(octets, rules, now, findings);
    Blind blind;
    const auto believed = read_trusted(saml::source_of(octets), rules, blind);
    if (!believed && !findings.has_error(believed.error().code)) findings.error(believed.error(), 0);
    // The reader decides: each of its refusals is in the list.
    const auto read = read_metadata(saml::source_of(octets), rules, now);
    if (!read && !findings.has_error(read.error().code)) findings.error(read.error(), 0);
    return std::move(findings).take();
}

}  // namespace slo::metadata
