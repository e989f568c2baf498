// The record of a sign-on that is under way, and its octets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/record_cipher.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/flow_store.hpp"

namespace slo::sp {

/// PendingSignOn is what an answer is compared with.
struct PendingSignOn {
    saml::EntityID idp;
    saml::MessageID request_id;
    std::string browser;  ///< a keyed digest of the browser's own value
    std::string target;   ///< LocalTarget::str
    bool force_authn = false;
    bool is_passive = false;
    bool is_done = false;  ///< it was answered, and its browser has the session
    Instant started_at;
    std::optional<std::string> name_id_format = {};  ///< as requested
    std::vector<std::string> authn_contexts = {};    ///< as requested
};

/// seal_pending seals `pending` for its place in a store. Errors: KeyErrc::crypto_failure.
[[nodiscard]] Result<std::string> seal_pending(const PendingSignOn& pending, const FlowHandle& handle,
                                               const saml::RecordCipher& cipher);

/// open_pending undoes it. std::nullopt for a record of other keys, of another place or of another version.
[[nodiscard]] std::optional<PendingSignOn> open_pending(std::string_view sealed, const FlowHandle& handle,
                                                        const saml::RecordCipher& cipher);

}  // namespace slo::sp
