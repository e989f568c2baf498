// Our keys as a folder, in which they roll over in three steps: prepare, activate, retire.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {

enum class KeyPurpose { signing, encryption };
[[nodiscard]] std::string_view name(KeyPurpose purpose) noexcept;

/// KeyStage is a key's use. A signing key's certificate is published in each stage; only the active one signs. An
/// encryption key decrypts in each stage; only the active one's certificate is published, because an IdP may take any.
enum class KeyStage { active, next, retiring };
[[nodiscard]] std::string_view name(KeyStage stage) noexcept;

struct KeptKey {
    std::string name;  ///< its files are NAME.key.pem and NAME.crt.pem
    KeyPurpose purpose = KeyPurpose::signing;
    KeyStage stage = KeyStage::active;
    Instant since;  ///< in this stage
};

/// KeyRing says which key of a folder is in which stage: for each purpose one active key (for encryption: or none), at
/// most one next, any number retiring.
struct KeyRing {
    std::vector<KeptKey> keys;
    [[nodiscard]] const KeptKey* find(KeyPurpose purpose, KeyStage stage) const noexcept;
};

/// KeyStep is one of the steps of a roll-over.
enum class KeyStep {
    prepare,   ///< a new key is next
    activate,  ///< the next one becomes active, the active one retires
    retire,    ///< the retiring ones are dropped
};

/// step_from returns the step that can come next for `purpose`: retire while a key retires, activate while there is a
/// next key, else prepare.
[[nodiscard]] KeyStep step_from(const KeyRing& ring, KeyPurpose purpose) noexcept;

/// earliest returns when `step` may be done, so that every IdP that refreshes our metadata as it says knows what it
/// needs: `spread` after the last change. std::nullopt: at once.
[[nodiscard]] std::optional<Instant> earliest(const KeyRing& ring, KeyPurpose purpose, KeyStep step,
                                              std::chrono::seconds spread) noexcept;

/// after returns the ring after a step; `fresh` is the new key's name, for prepare. Errors:
/// ConfigurationErrc::configuration_invalid, whose detail names the step that comes first.
[[nodiscard]] Result<KeyRing> after(const KeyRing& ring, KeyPurpose purpose, KeyStep step, const std::string& fresh,
                                    Instant now);

/// unused_name returns a name that no key in `folder` has had: "signing-3" after "signing-2".
[[nodiscard]] std::string unused_name(const std::filesystem::path& folder, KeyPurpose purpose);

/// ring_file returns the one file that decides: FOLDER/keys.toml. Other files count only if it names them.
[[nodiscard]] std::filesystem::path ring_file(const std::filesystem::path& folder);

/// keys_without_ring names the keys in a folder without keys.toml: it was lost, or a crash came before it was written
/// for the first time. Else empty.
[[nodiscard]] std::string keys_without_ring(const std::filesystem::path& folder);

/// read_key_ring reads it. Errors: ConfigurationErrc::configuration_invalid, in one line with the remedy.
[[nodiscard]] Result<KeyRing> read_key_ring(const std::filesystem::path& folder);
/// make_key_folder makes `folder` (mode 0700) if it's missing. Root makes it for `user`, or, if no such user is known,
/// for the owner of the folder above. Errors: ConfigurationErrc::configuration_invalid.
[[nodiscard]] Result<void> make_key_folder(const std::filesystem::path& folder, const std::string& user = {});

// Files written to a folder belong to the folder's owner, also if root writes them; in that case another
// user's symbolic link to a folder is refused.

/// write_key_ring replaces keys.toml in one step that is on the disk when it returns: each reader sees the old ring or
/// the new one, also after a crash. Errors: ConfigurationErrc::configuration_invalid, also for a ring that couldn't
/// be read again.
[[nodiscard]] Result<void> write_key_ring(const std::filesystem::path& folder, const KeyRing& ring);

/// write_key_pair writes NAME.key.pem (mode 0600) and NAME.crt.pem, which must not exist. Errors:
/// ConfigurationErrc::configuration_invalid.
[[nodiscard]] Result<void> write_key_pair(const std::filesystem::path& folder, const std::string& name,
                                          const saml::GeneratedKey& pair);

/// remove_key removes NAME.key.pem, if it's there. The certificate stays, so that no later key gets this name. Errors:
/// ConfigurationErrc::configuration_invalid.
[[nodiscard]] Result<void> remove_key(const std::filesystem::path& folder, const std::string& name);

}  // namespace slo::sp
