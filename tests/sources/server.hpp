// A server of metadata: what it has published, and how it answers today.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chance.hpp"
#include "kinds.hpp"
#include "material.hpp"
#include "slo/idp_adapter/http_client.hpp"

namespace slo::sources {

/// How a source's documents are believed.
enum class Trust { signed_aggregate, signed_query, pinned_server, pinned_hash };

/// One document that was published; a query has one for each entity.
struct Version {
    std::size_t number = 0;  ///< in the order of publication, from 1
    std::size_t generation = 0;
    Content content;
    Instant valid_until;
    bool is_ahead = false;  ///< its creationInstant is years ahead
    std::string octets;
    std::string sha256;
};
/// The documents of one server, or of one entity of a query, oldest first.
using Stream = std::vector<std::shared_ptr<const Version>>;

/// How a server answers.
enum class Mood { well, refusing, hanging, forging, breaking_off, talking_nonsense, replaying, unchanging };
inline constexpr std::size_t mood_count = 8;
[[nodiscard]] std::string_view name(Mood mood) noexcept;

/// How a server dates what it publishes.
enum class Dating { always, never, sometimes };

class Server {
public:
    Server(const Material& material, const Kinds& kinds, std::size_t number, Trust trust, Chance chance);

    /// Publishes the next documents at `now`; the first time everything.
    void publish(Instant now, Chance& chance);
    /// Publishes what is in force once more, with fresh dates: nothing is wrong with it.
    void publish_again(Instant now);
    /// Signs with its other key from now on.
    void change_key() noexcept { generation_ = 1 - generation_; }

    /// Its answer: 200 with `version`, whose octets may be damaged, or 304 or 503.
    struct Answer {
        int status = 200;
        std::shared_ptr<const Version> version = {};
        std::string octets = {};  ///< what comes instead of the version's
        bool is_whole = true;
        std::string entity_tag = {};
    };
    /// `earliest`: of a replay, no version before it; `pinned` is the version that a hash wants.
    [[nodiscard]] Answer answer(std::size_t stream, const std::optional<std::string>& if_none_match, std::size_t pinned,
                                Chance& chance) const;

    /// The content of `version`, as if it were of `now`: for Plant::older_believed.
    [[nodiscard]] std::string as_if_new(std::size_t stream, const Version& version, Instant now) const;

    Mood mood = Mood::well;
    [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }
    [[nodiscard]] const Stream& stream(std::size_t number) const { return streams_.at(number); }
    [[nodiscard]] std::size_t generation() const noexcept { return generation_; }
    [[nodiscard]] std::size_t number() const noexcept { return number_; }

private:
    void change(Content& content, Chance& chance) const;
    void add(std::size_t stream, const Content& content, Instant now, std::optional<Instant> published);
    [[nodiscard]] std::string octets_of(std::size_t stream, const Content& content, Instant end,
                                        std::optional<Instant> published) const;

    const Material& material_;
    const Kinds& kinds_;
    std::size_t number_;
    Trust trust_;
    Dating dating_ = Dating::always;
    bool rounds_ = false;  ///< validUntil to the day
    std::chrono::seconds lifetime_{};
    std::size_t generation_ = 0;
    std::vector<Stream> streams_;
};

}  // namespace slo::sources
