// What we published and when, kept outside the keys' folder: by it a lost key is noticed, and a roll-over waits for
// what IdPs were promised.
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

/// PublishedState is what was served from `since` on, until the next one.
struct PublishedState {
    Instant since;
    std::chrono::seconds promised{0};  ///< for how long the IdP that fetched it last may keep it
    KeysInForce keys;
};

/// PublicationRecord is a file to whose end each change of what is published is written. The endpoint holds it open:
/// no right to make or rename files is needed while it serves. Not thread-safe. One process writes it.
class PublicationRecord {
public:
    /// Makes `file`, and the folder that it's in (mode 0700), where they are missing. The file belongs to the folder's
    /// owner.
    /// Errors: ConfigurationErrc::configuration_invalid, in one line with how to mend it.
    [[nodiscard]] static Result<PublicationRecord> open(const std::filesystem::path& file);
    PublicationRecord(PublicationRecord&& other) noexcept;
    PublicationRecord& operator=(PublicationRecord&& other) noexcept;
    ~PublicationRecord();

    /// keep says what is served at `now`; on the disk when it returns, and only written where it's news. Call it after
    /// it was published and before it signs. Errors: ConfigurationErrc::configuration_invalid, also where the file
    /// isn't at its path any more; then the next call tries again.
    [[nodiscard]] Result<void> keep(const KeysInForce& keys, std::chrono::seconds promised, Instant now);

private:
    struct Impl;
    explicit PublicationRecord(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

/// read_publication_record reads what a record says, the oldest first: its last 256 KiB, which are years. Where there
/// is no file: nothing. What a crash left half written doesn't count. Errors: ConfigurationErrc::configuration_invalid.
[[nodiscard]] Result<std::vector<PublishedState>> read_publication_record(const std::filesystem::path& file);

/// What the step `step` of `purpose` waits for, by its certificate's SHA-256: activate for the next key, retire for the
/// active one.
struct AwaitedKey {
    KeyPurpose purpose = KeyPurpose::signing;
    KeyStep step = KeyStep::activate;
    std::string fingerprint;
};

/// is_followed: whether the endpoint is as far as the step needs. Signing: it publishes the next certificate
/// (activate), or signs with the active one (retire). Encryption: it can decrypt with the next key (activate), or
/// publishes the active one (retire).
[[nodiscard]] bool is_followed(const std::vector<PublishedState>& record, const AwaitedKey& key);

/// earliest, where the record is_followed: when what was served before has ended everywhere, by what was promised when
/// it was served last. Nothing where the record doesn't go back to before. A time after `now` was a clock's mistake.
[[nodiscard]] std::optional<Instant> earliest(const std::vector<PublishedState>& record, const AwaitedKey& key,
                                              Instant now);

}  // namespace slo::sp
