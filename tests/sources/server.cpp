#include "server.hpp"

#include <algorithm>
#include <stdexcept>

#include "slo/saml/signed_stream.hpp"

namespace slo::sources {
namespace {

using namespace std::chrono_literals;

Content first_content() {
    Content content;
    for (auto& keys : content) keys = {0};
    return content;
}

std::string signed_octets(const saml::SigningKey& key, const std::string& text) {
    auto made = saml::sign_document(key, text);
    if (!made) throw std::logic_error(made.error().code.message() + ": " + made.error().detail);
    return *std::move(made);
}

std::string tag_of(const Version& version) {
    return "\"v" + std::to_string(version.number) + "\"";
}

}  // namespace

std::string_view name(Mood mood) noexcept {
    constexpr std::array<std::string_view, mood_count> names = {
        "well", "refusing", "hanging", "forging", "breaking off", "talking nonsense", "replaying", "unchanging"};
    return names.at(static_cast<std::size_t>(mood));
}

Server::Server(const Material& material, const Kinds& kinds, std::size_t number, Trust trust, Chance chance)
    : material_(material), kinds_(kinds), number_(number), trust_(trust) {
    if (kinds.has(Kind::undated)) {
        dating_ = static_cast<Dating>(chance.below(3));
        rounds_ = chance.one_in(2);
    } else {
        dating_ = chance.one_in(3) ? Dating::never : Dating::always;
    }
    lifetime_ = chance.one_in(4) ? 5h : 7 * 24h;
    streams_.resize(trust == Trust::signed_query ? entity_count : 1);
    for (std::size_t stream = 0; stream < streams_.size(); ++stream) {
        add(stream, first_content(), beginning(), dating_ == Dating::never ? std::nullopt : std::optional(beginning()));
    }
}

std::string Server::octets_of(std::size_t stream, const Content& content, Instant end,
                              std::optional<Instant> published) const {
    const std::string text =
        text_of(material_, {.server = number_,
                            .content = content,
                            .alone = trust_ == Trust::signed_query ? std::optional(stream) : std::nullopt,
                            .valid_until = end,
                            .published = published});
    const bool is_signed = trust_ == Trust::signed_aggregate || trust_ == Trust::signed_query;
    return is_signed ? signed_octets(material_.signer(number_, generation_), text) : text;
}

std::string Server::as_if_new(std::size_t stream, const Version& version, Instant now) const {
    return octets_of(stream, version.content, now + 8 * 24h, now);
}

void Server::add(std::size_t stream, const Content& content, Instant now, std::optional<Instant> published) {
    Stream& versions = streams_.at(stream);
    Instant end = std::chrono::floor<std::chrono::seconds>(now) + lifetime_;
    if (rounds_) end = std::chrono::ceil<std::chrono::days>(end);
    Version version{.number = versions.size() + 1,
                    .generation = generation_,
                    .content = content,
                    .valid_until = end,
                    .is_ahead = published && *published > now + 24h,
                    .octets = octets_of(stream, content, end, published),
                    .sha256 = {}};
    version.sha256 = sha256(version.octets);
    versions.push_back(std::make_shared<const Version>(std::move(version)));
}

/// A key is added, rolls over or is dropped; an entity is left out or comes back.
void Server::change(Content& content, Chance& chance) const {
    const std::size_t entity = chance.below(entity_count);
    auto& keys = content.at(entity);
    const bool may_leave_out = trust_ != Trust::signed_query && (entity != 0 || kinds_.has(Kind::leaving_out));
    if (keys.empty()) {
        keys = {chance.below(key_count)};
    } else if (may_leave_out && chance.one_in(4)) {
        keys.clear();
        const bool any = std::any_of(content.begin(), content.end(), [](const auto& of) { return !of.empty(); });
        if (!any) keys = {chance.below(key_count)};
    } else if (keys.size() > 1) {
        keys.erase(keys.begin());
    } else {
        const std::size_t next = (keys.front() + 1) % key_count;
        chance.one_in(2) ? keys.push_back(next) : keys.assign(1, next);
    }
}

void Server::publish(Instant now, Chance& chance) {
    const std::size_t stream = chance.below(streams_.size());
    Content content = streams_.at(stream).back()->content;
    if (trust_ == Trust::signed_query) {
        auto& keys = content.at(stream);
        const std::size_t next = (keys.back() + 1) % key_count;
        if (keys.size() > 1) {
            keys.erase(keys.begin());
        } else {
            chance.one_in(2) ? keys.push_back(next) : keys.assign(1, next);
        }
    } else {
        change(content, chance);
    }
    std::optional<Instant> published = now;
    if (dating_ == Dating::never || (dating_ == Dating::sometimes && chance.one_in(2))) published.reset();
    if (kinds_.has(Kind::future_date) && chance.one_in(12)) published = now + 6 * 365 * 24h;
    add(stream, content, now, published);
}

void Server::publish_again(Instant now) {
    for (std::size_t stream = 0; stream < streams_.size(); ++stream) {
        add(stream, streams_.at(stream).back()->content, now,
            dating_ == Dating::never ? std::nullopt : std::optional(now));
    }
}

Server::Answer Server::answer(std::size_t stream, const std::optional<std::string>& if_none_match, std::size_t pinned,
                              Chance& chance) const {
    const Stream& versions = streams_.at(stream);
    const auto& newest = pinned == 0 ? versions.back() : versions.at(pinned - 1);
    Answer answer{.version = newest, .octets = newest->octets, .entity_tag = tag_of(*newest)};
    switch (mood) {
        case Mood::well:
        case Mood::hanging:
            if (if_none_match == answer.entity_tag) return {.status = 304};
            return answer;
        case Mood::unchanging:
            if (if_none_match) return {.status = 304};
            return answer;
        case Mood::refusing:
            return {.status = 503};
        case Mood::forging: {
            auto forged = text_of(material_, {.server = number_,
                                              .content = first_content(),
                                              .alone = streams_.size() > 1 ? std::optional(stream) : std::nullopt,
                                              .valid_until = newest->valid_until + 1h,
                                              .published = beginning() + 30 * 24h});
            return {.octets = signed_octets(material_.stranger(), forged)};
        }
        case Mood::breaking_off:
            answer.octets.resize(chance.below(answer.octets.size()));
            answer.is_whole = false;
            answer.version.reset();
            return answer;
        case Mood::talking_nonsense:
            return {.octets = "<html>come back later</html>"};
        case Mood::replaying:
            answer.version = versions.at(chance.below(versions.size()));
            answer.octets = answer.version->octets;
            answer.entity_tag = tag_of(*answer.version);
            return answer;
    }
    return answer;
}

}  // namespace slo::sources
