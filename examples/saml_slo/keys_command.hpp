// saml-slo keys: new, rotate, list.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "output.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/key_folder.hpp"

namespace slo::tool {

/// KeyWish describes a new key.
struct KeyWish {
    saml::KeyKind kind = saml::KeyKind::rsa_2048;
    std::string common_name;  ///< empty: our entityID's host
    std::chrono::days lifetime{3652};
};

struct NewKey {
    std::filesystem::path place;  ///< PLACE.key.pem and PLACE.crt.pem
    KeyWish wish;
};
[[nodiscard]] ExitCode make_new_key(const NewKey& command, Format format, Instant now);

/// FirstKey is that of a key folder: a new one, or one that served until now.
struct FirstKey {
    std::filesystem::path folder;
    sp::KeyPurpose purpose = sp::KeyPurpose::signing;
    KeyWish wish;
    std::filesystem::path served_key;  ///< empty: a new one
    std::filesystem::path served_certificate;
};
[[nodiscard]] ExitCode make_first_key(const FirstKey& command, Format format, Instant now);

enum class Haste { none, forced };
/// Risk says whether a step may be taken for which no endpoint is known to be ready.
enum class Risk { none, unpublished };

struct Rotation {
    std::filesystem::path configuration;
    sp::KeyPurpose purpose = sp::KeyPurpose::signing;
    std::optional<sp::KeyStep> step;  ///< nothing: list only
    KeyWish wish;
    Haste haste = Haste::none;
    Risk risk = Risk::none;
};
[[nodiscard]] ExitCode rotate_keys(const Rotation& command, Format format, Instant now);

}  // namespace slo::tool
