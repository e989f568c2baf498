// The record of accepted documents, against roll-back (MET-04).
#include <algorithm>

#include "slo/metadata/metadata_document.hpp"

namespace slo::metadata {
namespace {

bool is_older(const std::optional<Instant>& ours, const std::optional<Instant>& theirs) {
    return ours && theirs && *ours < *theirs;
}

std::optional<Instant> later(const std::optional<Instant>& a, const std::optional<Instant>& b) {
    if (!a || !b) return a ? a : b;
    return std::max(*a, *b);
}

void supersede(Precedent& precedent, const std::string& sha256) {
    if (sha256.empty() || sha256 == precedent.sha256) return;
    auto& superseded = precedent.superseded;
    if (std::ranges::find(superseded, sha256) == superseded.end()) superseded.push_back(sha256);
}

void drop_oldest(std::vector<std::string>& superseded) {
    if (superseded.size() <= max_superseded) return;
    superseded.erase(superseded.begin(), superseded.end() - static_cast<std::ptrdiff_t>(max_superseded));
}

}  // namespace

Result<void> check_not_older(const MetadataDocument& document, const Precedent& last) {
    if (document.sha256 == last.sha256) return Done{};
    const auto refused = [](const char* why) { return Failure{make_error_code(Errc::older_than_known), why}; };
    if (std::ranges::find(last.superseded, document.sha256) != last.superseded.end()) {
        return refused("it was in force before, and another has taken its place");
    }
    if (document.published && last.published) {
        if (is_older(document.published, last.published)) return refused("published before the document in force");
        return Done{};
    }
    if (is_older(document.valid_until, last.valid_until)) return refused("it ends before the document in force");
    return Done{};
}

Precedent precedent_after(const MetadataDocument& document, const Precedent& before, Instant now,
                          std::chrono::seconds clock_skew) {
    auto published = document.published;
    if (published && *published > now + clock_skew) published = now;
    Precedent after{.published = later(published, before.published),
                    .valid_until = document.valid_until ? document.valid_until : before.valid_until,
                    .sha256 = document.sha256,
                    .superseded = before.superseded};
    supersede(after, before.sha256);
    std::erase(after.superseded, after.sha256);
    drop_oldest(after.superseded);
    return after;
}

Precedent merged(const Precedent& ours, const Precedent& theirs) {
    Precedent both{.published = later(ours.published, theirs.published),
                   .valid_until = later(ours.valid_until, theirs.valid_until),
                   .sha256 = ours.sha256,
                   .superseded = theirs.superseded};
    supersede(both, theirs.sha256);
    for (const std::string& sha256 : ours.superseded) supersede(both, sha256);
    drop_oldest(both.superseded);
    return both;
}

}  // namespace slo::metadata
