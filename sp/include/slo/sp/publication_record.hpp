// A record of what was published and when, outside the keys' folder: it shows a lost key, and a roll-over waits by it
// for the promises made to IdPs.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/key_folder.hpp"

namespace slo::sp {

/// KeysInForce names keys by their certificates' SHA-256, as saml::Certificate::fingerprint() has it.
struct KeysInForce {
    std::string signs;                         ///< we sign with it
    std::vector<std::string> signing = {};     ///< published for signing
    std::vector<std::string> encryption = {};  ///< published for encryption
    std::vector<std::string> opens = {};       ///< we decrypt with them
    friend bool operator==(const KeysInForce&, const KeysInForce&) = default;
};

/// PublishedState is the published state from `since` on, until the next one.
struct PublishedState {
    Instant since;
    std::chrono::seconds promised{0};  ///< for how long the IdP that fetched it last may keep it
    KeysInForce keys;
};

/// PublicationRecord is a file to which each change of the published state is appended. The endpoint holds it open:
/// no right to make or rename files is needed while it serves. Not thread-safe. One process writes it.
class PublicationRecord {
public:
    /// open makes `file`, and its folder (mode 0700), if they are missing. The file belongs to the owner of the
    /// folder, also if root makes it.
    /// Errors: ConfigurationErrc::configuration_invalid, in one line with the remedy.
    [[nodiscard]] static Result<PublicationRecord> open(const std::filesystem::path& file);
    PublicationRecord(PublicationRecord&& other) noexcept;
    PublicationRecord& operator=(PublicationRecord&& other) noexcept;
    ~PublicationRecord();

    /// keep records what is served at `now`; on the disk when it returns, and written only if it differs. Call it after
    /// it was published and before it signs. Errors: ConfigurationErrc::configuration_invalid, also if the file isn't
    /// at its path any more; then the next call tries again.
    [[nodiscard]] Result<void> keep(const KeysInForce& keys, std::chrono::seconds promised, Instant now);

private:
    struct Impl;
    explicit PublicationRecord(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

/// read_publication_record reads a record, the oldest state first: its last 256 KiB, which are years. Empty if there
/// is no file. A state half written at a crash doesn't count. Errors: ConfigurationErrc::configuration_invalid.
[[nodiscard]] Result<std::vector<PublishedState>> read_publication_record(const std::filesystem::path& file);

/// AwaitedKey is the key for which `step` of `purpose` waits, by its certificate's SHA-256: activate for the next key,
/// retire for the active one.
struct AwaitedKey {
    KeyPurpose purpose = KeyPurpose::signing;
    KeyStep step = KeyStep::activate;
    std::string fingerprint;
};

/// is_followed says whether the endpoint is as far as the step needs. Signing: it publishes the next certificate
/// (activate), or signs with the active one (retire). Encryption: it can decrypt with the next key (activate), or
/// publishes the active one (retire).
[[nodiscard]] bool is_followed(const std::vector<PublishedState>& record, const AwaitedKey& key);

/// earliest, if the record is_followed, returns when the states served before have expired everywhere, by the promise
/// when they were last served. std::nullopt if the record doesn't go back so far. A time after `now` was a mistake.
[[nodiscard]] std::optional<Instant> earliest(const std::vector<PublishedState>& record, const AwaitedKey& key,
                                              Instant now);

}  // namespace slo::sp
