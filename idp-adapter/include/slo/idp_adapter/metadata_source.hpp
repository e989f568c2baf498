// A source of metadata: asked again and again, believed only with proof, its last good copies on disk.
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
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/rule.hpp"
#include "slo/saml/time.hpp"

namespace slo::idp_adapter {

enum class SourceErrc {
    setup = 1,        ///< source.setup: the options are impossible; `detail` says why, and the remedy
    file_unreadable,  ///< source.file: not there, not ours to read, no regular file, a symbolic link
    file_too_large,   ///< source.file_too_large
    file_changing,    ///< source.file_changing: it changed while it was read; asked again soon
    cache_failed,     ///< source.cache: the folder of the copies can't be used
    copy_damaged,     ///< source.copy_damaged: a file of the cache isn't what was written there
    copy_of_another,  ///< source.copy_of_another: a copy of another place, or with another proof
    status_refused,   ///< source.status: the server's answer isn't a document
    media_type,       ///< source.media_type: no application/samlmetadata+xml of a Metadata Query Protocol server
    entity_missing,   ///< source.entity_missing: the required entity isn't there, or not alone
    entity_taken,     ///< source.entity_taken: a source before this one has an entity with this entityID (MET-06)
    entity_withheld,  ///< source.entity_withheld: it's that of a source before this one, which doesn't have it now
    key_shared,       ///< source.key_shared: an entity of another source signs with the same key (MET-07)
    expiring,         ///< source.expiring: the document in force ends soon
    expired,          ///< source.expired: the document in force has ended
};
/// name returns the name above. Static storage.
[[nodiscard]] std::string_view name(SourceErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(SourceErrc code) noexcept;

/// MetadataFile is a local file, read again when it changes. Not through a symbolic link.
struct MetadataFile {
    std::filesystem::path path;
};
/// MetadataUrl is a document at a URL.
struct MetadataUrl {
    saml::EndpointUrl url;
    HttpClientOptions http;
};
/// MetadataQuery is a Metadata Query Protocol server: one document for each of `rules.wanted`, which isn't empty.
struct MetadataQuery {
    enum class Form { url_encoded, sha1 };  ///< how the entityID is written in the path
    saml::EndpointUrl base;
    HttpClientOptions http;
    Form form = Form::url_encoded;
};
using MetadataPlace = std::variant<MetadataFile, MetadataUrl, MetadataQuery>;

/// Missing says whether an aggregate may lack a wanted entity: leaving it out is how a federation revokes.
enum class Missing { accepted, refused };

/// Holds is what a document of the source contains.
enum class Holds {
    any_idps,
    one_idp,  ///< one IdP and nothing else; the first that is believed is the source's own from then on
};

/// UnsignedFrom says which servers may vouch for a document that has neither a signature of ours to check nor a hash.
enum class UnsignedFrom {
    pinned_server,  ///< those whose TLS key is pinned
    /// Also one that proves its host name by a certificate of a CA: any of these CAs can decide whose messages count.
    /// For a MetadataUrl with Holds::one_idp only.
    certified_server,
};

/// CopiesFor says what the copies of a remote place are for.
enum class CopiesFor {
    keeping,  ///< the source starts from them, and keeps newer ones
    reading,  ///< nothing is written and nothing is asked: for a tool beside the process that keeps them, of any user
};

struct MetadataSourceOptions {
    std::string name;  ///< for people: in audit lines, and as the folder's name in the cache; [a-z0-9-], 1 to 64
    MetadataPlace place;
    metadata::MetadataRules rules;
    Missing missing = Missing::accepted;
    Holds holds = Holds::any_idps;
    UnsignedFrom unsigned_from = UnsignedFrom::pinned_server;
    std::filesystem::path cache = {};  ///< folder for the last good copies of what is remote; a file is its own
    CopiesFor copies = CopiesFor::keeping;
    std::chrono::seconds shortest_refresh{300};
    std::chrono::seconds longest_refresh{6 * 3600};  ///< cacheDuration and Cache-Control only shorten it
    std::chrono::seconds warn_before_expiry{2 * 24 * 3600};
    /// The document of a file if it was read already, perhaps by a process with more rights.
    std::optional<metadata::MetadataDocument> first = {};
};

/// RefreshOutcome is the result of a refresh.
struct RefreshOutcome {
    enum class Kind {
        updated,      ///< a new document is in force
        unchanged,    ///< asked, and nothing new
        refused,      ///< a document or an entity in it isn't believed; the one before stays in force
        unreachable,  ///< no document came; the one before stays in force
        expiring,     ///< the one in force ends soon, and there is nothing newer
        expired,      ///< the one in force has ended: its IdPs aren't believed any more
        not_kept,     ///< a document is in force whose copy can't be kept: a restart would begin with the one before
        copy_unused,  ///< a copy on the disk isn't used, or the record beside it doesn't count
    };
    Kind kind = Kind::unchanged;
    std::optional<saml::EntityID> entity_id = {};  ///< if it's about one entity
    Failure why = {};                              ///< of all but updated and unchanged
};
[[nodiscard]] std::string_view name(RefreshOutcome::Kind kind) noexcept;

/// SourcePorts are a source's outside needs. Empty ones are an HttpClient and a generator seeded by the system.
struct SourcePorts {
    std::function<Result<HttpHead>(const HttpCall&, const BodySink&, const std::stop_token&)> exchange = {};
    std::function<double()> chance = {};  ///< uniform in [0, 1): spreads the requests of many nodes
    /// Called while another process has the cache locked, for a second at most. Empty: sleeps.
    std::function<void(std::chrono::milliseconds)> pause = {};
};

struct MetadataQuestion;

/// MetadataSource keeps the last good documents of one place. Blocks as long as its place does. Not thread-safe.
///
/// Several sources with the same options may share one cache, also in several processes: each judges what it keeps by
/// the present copy, so a copy is never replaced by an older one. The record (the copy, and that nothing older is
/// taken) is valid for the name, the place and its proof: with another URL, or with none of the signing
/// certificates, pinned TLS keys or the hash that it was kept under, the first refresh says that it starts anew.
///
/// No message of a partner can make it ask: it asks the places of its options, made before the first
/// message, when next_refresh() has come, and no function here takes an entityID or a URL (MET-15).
///
/// One IdP's own document may lack validUntil (MetadataRules::max_age_without_valid_until; over https only). It ends so
/// long after the server last sent it, or said that it hasn't changed, to any process of the cache. A time of this that
/// lies further ahead than the longest age is no time: the document has ended until it's fetched again.
class MetadataSource {
public:
    /// open starts from the file, or from the cached copies, which are verified like documents from the network. A
    /// remote place isn't asked yet. A file that isn't believed now, or isn't there, is no error: it's looked at again,
    /// and until then absent() and the first refresh say why, and each hour again. Errors: SourceErrc::setup,
    /// cache_failed, HttpErrc::client_setup.
    [[nodiscard]] static Result<MetadataSource> open(MetadataSourceOptions options, Instant now,
                                                     SourcePorts ports = {});
    ~MetadataSource();
    MetadataSource(MetadataSource&&) noexcept;
    MetadataSource& operator=(MetadataSource&&) noexcept;

    /// refresh asks, of the places that are due, the one that has waited longest; and reports each hour a document that
    /// ends soon or has ended. A newer document comes into force even if its copy can't be kept: that is reported, and
    /// tried again as after a failure. Before it asks, it takes over newer documents of another process. A file
    /// that hasn't changed, or is as bad as before, isn't reported. Reads the clock, as notice_time() does.
    ///
    /// A server that doesn't answer, or only with errors of its own, twice in a row is paused: until next_refresh()
    /// it isn't asked, and then once, so it costs one deadline and not one for each entity.
    [[nodiscard]] std::vector<RefreshOutcome> refresh(Instant now, const std::stop_token& stop = {});

    /// notice_time makes everything due after a clock was set back. A remote place isn't asked for a step that is
    /// shorter than the shortest refresh: that delays less than one refresh, and an unsteady clock would ask for ever.
    void notice_time(Instant now) noexcept;

    /// next_refresh returns when refresh() has something to ask.
    [[nodiscard]] Instant next_refresh() const noexcept;

    [[nodiscard]] const std::string& name() const noexcept;
    /// version changes whenever documents() or absent() does.
    [[nodiscard]] std::uint64_t version() const noexcept;
    /// claims returns the entityIDs that are this source's, whether it has them now or not: those that its options
    /// name, and those that it has had in force. The cache keeps the latter over a restart, by the source's name: also
    /// with another place or other keys, as these don't say whose an entity is. A file doesn't.
    [[nodiscard]] std::vector<saml::EntityID> claims() const;
    /// documents returns those in force. Valid until the next refresh.
    [[nodiscard]] std::vector<const metadata::MetadataDocument*> documents() const;
    /// absent returns the entities that the options name and that aren't in force, each with the reason; and a document
    /// that has never been believed, without names where the options say none. `source` is name().
    [[nodiscard]] std::vector<AbsentPartner> absent() const;

private:
    /// refresh() in steps: the result of begin() is run in any thread, and given to finish() before begin() is called
    /// again.
    friend class MetadataRefresher;
    [[nodiscard]] std::unique_ptr<MetadataQuestion> begin(Instant now, std::vector<RefreshOutcome>& outcomes);
    void finish(MetadataQuestion& question, Instant now, std::vector<RefreshOutcome>& outcomes);
    void warn(Instant now, std::vector<RefreshOutcome>& outcomes);
    /// put_off asks nothing before the shortest refresh is over: there is no memory for it now.
    void put_off(Instant now) noexcept;

    struct Impl;
    explicit MetadataSource(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::idp_adapter

template <>
struct std::is_error_code_enum<slo::idp_adapter::SourceErrc> : std::true_type {};
