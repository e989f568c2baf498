// One place that metadata comes from: asked again and again, believed only when it proves itself, remembered on disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

#include "slo/idp_adapter/http_client.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/rule.hpp"
#include "slo/saml/time.hpp"

namespace slo::idp_adapter {

enum class SourceErrc {
    setup = 1,        ///< source.setup: the options can't be; `detail` says why and how to mend it
    file_unreadable,  ///< source.file: not there, not ours to read, no regular file, a symbolic link
    file_too_large,   ///< source.file_too_large
    file_changing,    ///< source.file_changing: it changed while it was read; asked again soon
    cache_failed,     ///< source.cache: the folder of the copies can't be used
    copy_damaged,     ///< source.copy_damaged: a file of the cache isn't what was written there
    copy_of_another,  ///< source.copy_of_another: a copy of another place, or that something else vouched for
    status_refused,   ///< source.status: the server answered something else than a document
    media_type,       ///< source.media_type: no application/samlmetadata+xml of a Metadata Query Protocol server
    entity_missing,   ///< source.entity_missing: the entity that must be there isn't, or not alone
    entity_taken,     ///< source.entity_taken: a source before this one has an entity with this entityID (MET-06)
    entity_withheld,  ///< source.entity_withheld: it's that of a source before this one, which doesn't have it now
    key_shared,       ///< source.key_shared: an entity of another source signs with the same key (MET-07)
    expiring,         ///< source.expiring: what is in force ends soon
    expired,          ///< source.expired: what was in force has ended
};
/// Static storage.
[[nodiscard]] std::string_view name(SourceErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(SourceErrc code) noexcept;

/// A local file, read again when it changes. Not through a symbolic link.
struct MetadataFile {
    std::filesystem::path path;
};
/// A document at a URL.
struct MetadataUrl {
    saml::EndpointUrl url;
    HttpClientOptions http;
};
/// A Metadata Query Protocol server: one document for each entity that `rules.wanted` names, which must not be empty.
struct MetadataQuery {
    enum class Form { url_encoded, sha1 };  ///< how the entityID is written in the path
    saml::EndpointUrl base;
    HttpClientOptions http;
    Form form = Form::url_encoded;
};
using MetadataPlace = std::variant<MetadataFile, MetadataUrl, MetadataQuery>;

/// Whether an aggregate may lack an entity that is wanted: leaving it out is how a federation revokes.
enum class Missing { accepted, refused };

struct MetadataSourceOptions {
    std::string name;  ///< for people: in audit lines, and as the folder's name in the cache; [a-z0-9-], 1 to 64
    MetadataPlace place;
    metadata::MetadataRules rules;
    Missing missing = Missing::accepted;
    std::filesystem::path cache = {};  ///< folder for the last good copies of what is remote; a file is its own
    std::chrono::seconds shortest_refresh{300};
    std::chrono::seconds longest_refresh{6 * 3600};  ///< cacheDuration and Cache-Control only shorten it
    std::chrono::seconds warn_before_expiry{2 * 24 * 3600};
    /// Of a file: what was read from it already, perhaps by somebody who could read more.
    std::optional<metadata::MetadataDocument> first = {};
};

/// What a refresh came to.
struct RefreshOutcome {
    enum class Kind {
        updated,      ///< a new document is in force
        unchanged,    ///< asked, and nothing new
        refused,      ///< a document or an entity in it came and isn't believed; the one before stays in force
        unreachable,  ///< no document came; the one before stays in force
        expiring,     ///< what is in force ends soon, and there is nothing newer
        expired,      ///< what was in force has ended: its IdPs aren't believed any more
        not_kept,     ///< a document is in force whose copy can't be kept: a restart would begin with the one before
        copy_unused,  ///< a copy on the disk isn't used, or what is remembered beside it doesn't count
    };
    Kind kind = Kind::unchanged;
    std::optional<saml::EntityID> entity_id = {};  ///< where it's about one entity
    Failure why = {};                              ///< of all but updated and unchanged
};
[[nodiscard]] std::string_view name(RefreshOutcome::Kind kind) noexcept;

/// What a source needs from outside. Empty ones are an HttpClient and a generator seeded by the system.
struct SourcePorts {
    std::function<Result<HttpHead>(const HttpCall&, const BodySink&, const std::stop_token&)> exchange = {};
    std::function<double()> chance = {};  ///< uniform in [0, 1): spreads what many nodes would ask at one time
    /// While another process has the cache locked, for a second at most. Empty: sleeps.
    std::function<void(std::chrono::milliseconds)> pause = {};
};

struct MetadataQuestion;

/// MetadataSource keeps the last good documents of one place. Blocks as long as its place does. Not thread-safe.
///
/// Several sources of the same options may have one cache, also in several processes: each judges what it keeps by what
/// is there, so a copy is never replaced by an older one. What is remembered (the copy, and that nothing older is
/// taken) holds for the name, the place and what vouches for it: with another URL, or with none of the signing
/// certificates, pinned TLS keys or the hash that it was kept under, the first refresh says that it starts anew.
///
/// Nothing that arrives from a partner can make it ask: it asks the places of its options, made before the first
/// message, when next_refresh() has come, and no function here takes an entityID or a URL (MET-15).
class MetadataSource {
public:
    /// Starts from the file, or from the cached copies, which are verified like what comes from the network. A remote
    /// place isn't asked yet. Errors: SourceErrc::setup, cache_failed, HttpErrc::client_setup; of a file without
    /// `first`, why it isn't believed.
    [[nodiscard]] static Result<MetadataSource> open(MetadataSourceOptions options, Instant now,
                                                     SourcePorts ports = {});
    ~MetadataSource();
    MetadataSource(MetadataSource&&) noexcept;
    MetadataSource& operator=(MetadataSource&&) noexcept;

    /// Asks, of what is due, the one that has waited longest; and says each hour what ends soon or has ended. A
    /// document that is newer comes into force also where its copy can't be kept: that is told, and tried again as
    /// after a failure. Before it asks, it takes over what another process has kept since, where that is newer. A file
    /// that hasn't changed, or is as bad as before, isn't mentioned. Looks at the clock, as notice_time() does.
    ///
    /// A server that doesn't answer, or only with errors of its own, two times in a row rests: until next_refresh()
    /// nothing is asked of it, and then one thing, so it costs one deadline and not one for each entity.
    [[nodiscard]] std::vector<RefreshOutcome> refresh(Instant now, const std::stop_token& stop = {});

    /// After a clock was set back, everything is due. A remote place isn't asked for a step that is shorter than the
    /// shortest refresh: that delays less than one refresh, and a clock that trembles would have us ask without end.
    void notice_time(Instant now) noexcept;

    /// When refresh() has something to ask.
    [[nodiscard]] Instant next_refresh() const noexcept;

    [[nodiscard]] const std::string& name() const noexcept;
    /// Counts the documents that came into force: it changes whenever documents() does.
    [[nodiscard]] std::uint64_t version() const noexcept;
    /// The entityIDs that are this source's, whether it has them now or not: those that its options name, and those
    /// that it has had in force. The cache remembers the latter over a restart, by the source's name: also with another
    /// place or other keys, as these say nothing of whose an entity is. A file doesn't.
    [[nodiscard]] std::vector<saml::EntityID> claims() const;
    /// What is in force. Holds until the next refresh.
    [[nodiscard]] std::vector<const metadata::MetadataDocument*> documents() const;

private:
    /// refresh() in steps: what begin() returns is run in any thread, and given to finish() before begin() is called
    /// again.
    friend class MetadataRefresher;
    [[nodiscard]] std::unique_ptr<MetadataQuestion> begin(Instant now, std::vector<RefreshOutcome>& outcomes);
    void finish(MetadataQuestion& question, Instant now, std::vector<RefreshOutcome>& outcomes);
    void warn(Instant now, std::vector<RefreshOutcome>& outcomes);
    /// Nothing is asked before the shortest refresh is over: there is no memory for it now.
    void put_off(Instant now) noexcept;

    struct Impl;
    explicit MetadataSource(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::idp_adapter

template <>
struct std::is_error_code_enum<slo::idp_adapter::SourceErrc> : std::true_type {};
