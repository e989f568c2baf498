// Files that a configuration names: read whole, up to a limit; and keys, made if they are missing.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "config_table.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/time.hpp"
#include "slo/saml/wipe.hpp"
#include "slo/sp/configuration.hpp"

namespace slo::sp {

/// Unreadable is why a file can't be read, and the remedy.
struct Unreadable {
    std::string what;
    std::string mend;
    enum class Kind { no_file, too_large } kind = Kind::no_file;
};

/// octets_of returns the content of `file`, at most `max_octets`.
[[nodiscard]] std::variant<std::string, Unreadable> octets_of(const std::filesystem::path& file,
                                                              std::size_t max_octets);

/// read_file returns the content of `file`, at most `max_octets`. It refuses at `place`.
[[nodiscard]] std::string read_file(const std::filesystem::path& file, std::size_t max_octets, const Place& place,
                                    std::string_view key);

/// write_new_file creates `file` as OwnedFolder::write_new does. It refuses.
void write_new_file(const Placed<std::filesystem::path>& file, std::string_view octets, mode_t mode);

/// KeyPairFiles are a private key with its certificate, as files.
struct KeyPairFiles {
    Placed<std::filesystem::path> key;
    Placed<std::filesystem::path> certificate;
    std::string_view purpose;  ///< "signing" or "encryption"
};

/// KeyPair proves that both belong together, and keeps the private key as text, for another parser of slo::saml.
struct KeyPair {
    saml::SigningKey parsed;
    saml::WipedText private_key_pem;
};

/// exist says whether the pair's files are there. It refuses half a pair.
[[nodiscard]] bool exist(const KeyPairFiles& files);

/// load_key_pair reads a pair, or makes one (RSA-2048, mode 0600) if neither file exists, and appends notes for the
/// operator to `notes`. It refuses half a pair, and two halves that don't belong together.
[[nodiscard]] KeyPair load_key_pair(const KeyPairFiles& files, const saml::EntityID& owner, Instant now,
                                    std::vector<std::string>& notes);

/// default_common_name is the entityID, shortened to what X.509 allows: for people who look at a certificate.
[[nodiscard]] std::string default_common_name(const saml::EntityID& owner);

/// load_certificate reads one certificate and notes its age.
[[nodiscard]] saml::Certificate load_certificate(const Placed<std::filesystem::path>& file, std::string_view purpose,
                                                 Instant now, std::vector<std::string>& notes);

/// note_certificate_age appends a note if `certificate` isn't valid yet, has expired, or will within 30 days.
void note_certificate_age(const saml::Certificate& certificate, const Place& place, std::string_view whose, Instant now,
                          std::vector<std::string>& notes);

/// note_readable_by_others appends a note if others than its owner may read the `secret` in `file`.
void note_readable_by_others(const std::filesystem::path& file, std::string_view secret, const Place& place,
                             std::vector<std::string>& notes);

/// load_password reads the first line of `file`, and notes it if others may do so too. It refuses an empty one.
[[nodiscard]] std::string load_password(const Placed<std::filesystem::path>& file, std::string_view key,
                                        std::vector<std::string>& notes);

/// load_secret_keys reads keys of 32 octets, each written as 64 hex digits in a file of its own, or makes all of them
/// (mode 0600) if none of the files exists and `missing` says so. It refuses some of them, and two that are the same.
[[nodiscard]] std::vector<std::string> load_secret_keys(const std::vector<Placed<std::filesystem::path>>& files,
                                                        MissingKeys missing, std::vector<std::string>& notes);

/// load_own_secret does the same with a key of this host alone.
[[nodiscard]] std::string load_own_secret(const Placed<std::filesystem::path>& file, MissingKeys missing,
                                          std::vector<std::string>& notes);

}  // namespace slo::sp
