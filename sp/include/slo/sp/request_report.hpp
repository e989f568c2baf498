// How one LogoutRequest fares at each check: for an operator who wants to know why it's refused, or what it would end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/sp/logout_answer.hpp"
#include "slo/sp/logout_order.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// RequestCheck is a check of a LogoutRequest. The enumerators stand in the order in which the checks are made.
enum class RequestCheck {
    transport,        ///< its size, a form's fields, base64
    xml,              ///< the rules of XML
    kind,             ///< one LogoutRequest of SAML 2, alone in its envelope, with an ID and an Issuer
    idp,              ///< its Issuer is an IdP whose metadata is in force
    wire,             ///< the IdP's profile has the wire on which it came
    metadata,         ///< the metadata hasn't ended
    signature,        ///< it's signed by the IdP, or its sender proves itself otherwise
    schema,           ///< the schema, in the signed octets
    issuer,           ///< the signed Issuer and ID are the claimed ones
    destination,      ///< Destination
    issue_instant,    ///< IssueInstant
    not_on_or_after,  ///< NotOnOrAfter, and that logout records are kept as long
    session_index,    ///< the profile's rule for SessionIndex
    name_id,          ///< the NameID can be read, an EncryptedID decrypted
};
inline constexpr int request_check_count = static_cast<int>(RequestCheck::name_id) + 1;

/// CheckVerdict is the result of one check.
enum class CheckVerdict { ok, refused, not_reached };

/// name returns the enumerator for people and programs, e.g. "not_on_or_after" and "not reached". Static storage.
[[nodiscard]] std::string_view name(RequestCheck check) noexcept;
[[nodiscard]] std::string_view name(CheckVerdict verdict) noexcept;

/// CheckedRule is one check's verdict.
struct CheckedRule {
    RequestCheck check;
    CheckVerdict verdict = CheckVerdict::not_reached;
    std::string note = {};  ///< of one that is ok: what was found, in our own words and values that are proven
    Failure why = {};       ///< of a refused one
};

/// RequestReport is the judgement of one LogoutRequest.
struct RequestReport {
    std::vector<CheckedRule> checks;              ///< one for each RequestCheck, in their order
    std::shared_ptr<const idp_adapter::Idp> idp;  ///< null if its Issuer is none in force
    std::optional<LogoutOrder> order = {};        ///< what the store would get; also if its time alone is wrong
    std::optional<Instant> acceptable_at = {};    ///< its IssueInstant, if its time alone is wrong

    /// refusal returns the first refused check; null if the request would be taken.
    [[nodiscard]] const CheckedRule* refusal() const noexcept;
};

/// MessageSource returns the same message at each call, as its wire's decoder does (saml::soap::decode,
/// saml::form::decode). Errors: the decoder's.
using MessageSource = std::function<Result<saml::ReceivedMessage>()>;

/// report_on judges a request as LogoutService::begin() does at `now`, up to the order for the store. It touches
/// neither store, application nor audit of `parts`, and uses none of an IdP's allowance; so it doesn't see repeats and
/// rates. A request whose time alone is refused is judged again as of its own IssueInstant, which the checks after the
/// refused one tell of. Blocks for a few signature verifications. Thread-safe. Throws std::bad_alloc.
[[nodiscard]] RequestReport report_on(const LogoutServiceParts& parts, const MessageSource& source,
                                      const LogoutEvidence& evidence, Instant now);

}  // namespace slo::sp
