#include "slo/metadata/published_metadata.hpp"

#include <algorithm>
#include <utility>

#include "slo/metadata/error.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keyed_digest.hpp"
#include "slo/saml/signed_stream.hpp"

namespace slo::metadata {
namespace {

using std::chrono::seconds;

constexpr seconds shortest_validity{2};

/// Documents of different content have different IDs and entity tags; the key only keeps the two apart.
Result<std::string> name_of(std::string_view what, std::string_view content) {
    const auto digest = saml::KeyedDigest::with_key("slo our metadata");
    if (!digest) return digest.error();
    return digest->hex({what, content});
}

seconds half(seconds valid_for) {
    return valid_for / 2;
}

std::int64_t period_at(const std::optional<seconds>& valid_for, Instant now) {
    if (!valid_for) return 0;
    return std::chrono::floor<seconds>(now).time_since_epoch() / half(*valid_for);
}

}  // namespace

Result<PublishedDocument> make_document(const Publication& publication, Instant now) {
    SpMetadata content = publication.content;
    content.id.reset();
    content.valid_until.reset();
    seconds max_age = std::min(longest_http_caching, content.cache_duration.value_or(longest_http_caching));
    Instant made = std::chrono::floor<seconds>(now);
    if (const auto valid_for = publication.valid_for) {
        if (*valid_for < shortest_validity) {
            return Failure{make_error_code(Errc::bad_sp_metadata), "a validity of less than two seconds"};
        }
        made = Instant(half(*valid_for) * period_at(valid_for, now));
        content.valid_until = made + 2 * half(*valid_for);
        max_age = std::min(max_age, half(*valid_for));
    }
    auto unnamed = write_sp_metadata(content);
    if (!unnamed) return std::move(unnamed).error();
    const auto name = name_of("ID", *unnamed);
    if (!name) return name.error();
    auto id = saml::MessageID::parse("_" + *name);
    if (!id) return std::move(id).error();
    content.id = *std::move(id);
    auto octets = write_sp_metadata(content);
    if (octets && publication.signer) octets = saml::sign_document(*publication.signer, *octets);
    if (!octets) return std::move(octets).error();
    const auto tag = name_of("ETag", *octets);
    if (!tag) return tag.error();
    return PublishedDocument{.octets = *std::move(octets),
                             .entity_tag = '"' + *tag + '"',
                             .last_modified = made,
                             .max_age = max_age,
                             .valid_until = content.valid_until};
}

PublishedMetadata::PublishedMetadata(Publication publication, PublishedDocument document, Instant now)
    : publication_(std::move(publication)),
      since_(std::chrono::floor<seconds>(now)),
      period_(period_at(publication_.valid_for, now)) {
    // An older time would let a cache keep its copy of another publication.
    document.last_modified = since_;
    document_ = std::make_shared<const PublishedDocument>(std::move(document));
}

Result<std::shared_ptr<PublishedMetadata>> PublishedMetadata::make(Publication publication, Instant now) {
    auto document = make_document(publication, now);
    if (!document) return std::move(document).error();
    return std::shared_ptr<PublishedMetadata>(new PublishedMetadata(std::move(publication), *std::move(document), now));
}

std::int64_t PublishedMetadata::period_of(Instant now) const {
    return period_at(publication_.valid_for, now);
}

Result<std::shared_ptr<const PublishedDocument>> PublishedMetadata::at(Instant now) {
    const std::lock_guard lock(mutex_);
    const std::int64_t period = period_of(now);
    if (period == period_) return document_;
    auto made = make_document(publication_, now);
    if (!made) {
        if (document_->valid_until && now < *document_->valid_until) return document_;
        return std::move(made).error();
    }
    made->last_modified = std::max(made->last_modified, since_);
    document_ = std::make_shared<const PublishedDocument>(*std::move(made));
    period_ = period;
    return document_;
}

Result<void> PublishedMetadata::replace(Publication publication, Instant now) {
    auto document = make_document(publication, now);
    if (!document) return std::move(document).error();
    PublishedMetadata next(std::move(publication), *std::move(document), now);
    const std::lock_guard lock(mutex_);
    publication_ = std::move(next.publication_);
    since_ = next.since_;
    period_ = next.period_;
    document_ = std::move(next.document_);
    return Done{};
}

}  // namespace slo::metadata
