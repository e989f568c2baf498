// saml-slo try-idp: an IdP for trying an endpoint out, as long as no real one is connected.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "output.hpp"
#include "slo/saml/time.hpp"

namespace slo::tool {

struct NewTryIdp {
    std::filesystem::path folder;
    std::string entity_id;
};

/// new_try_idp makes a key, its certificate and an IdP's metadata in a folder that has none yet, and says how an
/// endpoint is told of it.
[[nodiscard]] ExitCode new_try_idp(const NewTryIdp& command, Format format, Instant now);

struct TryLogout {
    std::filesystem::path folder;  ///< of new_try_idp
    std::string sp;                ///< a file or a URL with the service provider's metadata
    std::string name_id;
    std::optional<std::string> format;  ///< a URI; nothing: the NameID has none
    std::vector<std::string> session_indexes;
};

/// order_logout signs a LogoutRequest, posts it to the service provider's SOAP endpoint, as its metadata says, and
/// verifies the answer. ExitCode::fine: a Success that the service provider has signed; found: another status of
/// theirs; refused: an answer that proves nothing.
[[nodiscard]] ExitCode order_logout(const TryLogout& command, Format format, Instant now);

struct TrySignOn {
    std::filesystem::path folder;  ///< of new_try_idp
    std::string sp;                ///< a file or a URL with the service provider's metadata
    std::string location;          ///< to which the service provider has sent the browser
    std::string name_id;
    std::optional<std::string> format;  ///< a URI; nothing: the NameID has none
    std::string session_index = "_s1";
    std::vector<std::string> attributes;  ///< each NAME=VALUE
};

/// answer_sign_on signs the Response to the request in a redirect, and prints the form that the browser posts to the
/// assertion consumer service.
[[nodiscard]] ExitCode answer_sign_on(const TrySignOn& command, Format format, Instant now);

}  // namespace slo::tool
