#include "slo/saml/assertion_judge.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "encrypted_content.hpp"
#include "slo/saml/error.hpp"
#include "told_time.hpp"
#include "url_matching.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

constexpr std::string_view bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
constexpr std::string_view format_encrypted = "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted";

std::string and_allowed(const AssertionExpectations& expected) {
    return ", and " + seconds(expected.clock_skew) + " are allowed: compare both clocks";
}

/// `now` at which a time in the past is over for good, or one in the future is here.
Result<void> check_not_before(Instant not_before, AssertionErrc rule, const AssertionExpectations& expected) {
    if (not_before <= expected.now + expected.clock_skew) return Done{};
    return fail(rule,
                "NotBefore is " + seconds(not_before - expected.now) + " ahead of our clock" + and_allowed(expected));
}

Result<void> check_not_on_or_after(Instant end, AssertionErrc rule, const AssertionExpectations& expected) {
    if (expected.now < end + expected.clock_skew) return Done{};
    return fail(rule, "NotOnOrAfter was " + seconds(expected.now - end) + " ago" + and_allowed(expected));
}

/// The NameID in clear. std::nullopt if there is none.
Result<std::optional<NameID>> name_id_of(const Assertion& assertion, const AssertionExpectations& expected) {
    if (!assertion.subject) return fail(AssertionErrc::subject_missing, "no Subject");
    const auto& identifier = assertion.subject->identifier;
    if (!identifier) {
        if (expected.is_name_id_required) return fail(AssertionErrc::subject_missing, "no NameID in the Subject");
        return std::optional<NameID>{};
    }
    if (const auto* name_id = std::get_if<NameID>(&*identifier)) return std::optional<NameID>(*name_id);
    const auto* encrypted = std::get_if<EncryptedID>(&*identifier);
    if (encrypted == nullptr) return fail(Errc::base_id_unsupported, "BaseID is abstract: it names no principal");
    auto opened =
        open_name_id(*encrypted, expected.decryption_keys, expected.our_entity_id, expected.algorithms, expected.forms);
    if (!opened) return opened.error();
    return std::optional<NameID>(*std::move(opened));
}

//= SAML Core 3.4.1.1 (erratum E15)
//# When a Format defined in Section 8.3 other than [unspecified or encrypted] is used, then if the identity provider
//# returns any assertions [...] the Format value of the <NameID> [...] MUST be identical to the Format value supplied.
Result<void> check_format(const std::optional<NameID>& name_id, const AssertionExpectations& expected) {
    const auto& wanted = expected.name_id_format;
    if (!wanted || *wanted == vocabulary::format_unspecified || *wanted == format_encrypted) return Done{};
    if (name_id && name_id->format == *wanted) return Done{};
    return fail(AssertionErrc::name_id_unexpected, "its Format isn't the requested " + *wanted);
}

/// Time comes last, so that a broken rule of time says that all else was right.
//= SAML Profiles 4.1.4.2
//# the <SubjectConfirmationData> element [...] MUST contain a Recipient attribute containing the service provider's
//# assertion consumer service URL and a NotOnOrAfter attribute [...] It MUST NOT contain a NotBefore attribute.
Result<void> check_confirmation(const SubjectConfirmation& confirmation, const AssertionExpectations& expected) {
    const std::string& ours = expected.assertion_consumer_service.str();
    if (!confirmation.recipient ||
        !is_ours(*confirmation.recipient, expected.assertion_consumer_service, expected.url_matching)) {
        return fail(AssertionErrc::confirmation_recipient,
                    (confirmation.recipient ? "it's another one than " : "no Recipient: it must be ") + ours);
    }
    if (confirmation.in_response_to != expected.request_id) {
        return fail(AssertionErrc::confirmation_in_response_to,
                    expected.request_id ? "it isn't the ID of the request that this browser was sent with"
                                        : "it names a request, and this browser wasn't sent with one");
    }
    if (confirmation.not_before)
        return fail(AssertionErrc::confirmation_time, "NotBefore, which bearer's may not have");
    if (!confirmation.not_on_or_after) return fail(AssertionErrc::confirmation_time, "no NotOnOrAfter");
    return check_not_on_or_after(*confirmation.not_on_or_after, AssertionErrc::confirmation_time, expected);
}

/// One that is right suffices (erratum E26); of none, the first one's mistake is told.
Result<void> check_confirmations(const std::vector<SubjectConfirmation>& confirmations,
                                 const AssertionExpectations& expected) {
    std::optional<Failure> first;
    for (const SubjectConfirmation& confirmation : confirmations) {
        if (confirmation.method != bearer) continue;
        auto ok = check_confirmation(confirmation, expected);
        if (ok) return Done{};
        if (!first) first = ok.error();
    }
    if (first) return *std::move(first);
    return fail(AssertionErrc::confirmation_method,
                "no bearer confirmation among " + std::to_string(confirmations.size()) + " confirmations");
}

/// Each restriction must name us, and there must be one (Profiles 4.1.4.2; Core 2.5.1.4).
Result<void> check_audience(const Conditions& conditions, const EntityID& ours) {
    if (conditions.audience_restrictions.empty())
        return fail(AssertionErrc::condition_audience, "no AudienceRestriction");
    for (const auto& audiences : conditions.audience_restrictions) {
        if (std::ranges::find(audiences, ours.str()) == audiences.end()) {
            return fail(AssertionErrc::condition_audience, "it must be " + ours.str());
        }
    }
    return Done{};
}

Result<void> check_conditions(const std::optional<Conditions>& conditions, const AssertionExpectations& expected) {
    if (!conditions) return fail(AssertionErrc::condition_audience, "no Conditions");
    //= SAML Core 2.5.1
    //# If any of the conditions is [...] not understood [...] the validity of the assertion cannot be determined
    if (conditions->unknown > 0) return fail(AssertionErrc::condition_unknown, "a condition that isn't Core's");
    if (conditions->one_time_uses > 1 || conditions->proxy_restrictions > 1) {
        return fail(AssertionErrc::condition_unknown, "OneTimeUse or ProxyRestriction more than once");
    }
    if (auto ok = check_audience(*conditions, expected.our_entity_id); !ok) return ok;
    if (conditions->not_before && conditions->not_on_or_after &&
        *conditions->not_before >= *conditions->not_on_or_after) {
        return fail(AssertionErrc::condition_time, "NotBefore isn't before NotOnOrAfter");
    }
    if (conditions->not_before) {
        if (auto ok = check_not_before(*conditions->not_before, AssertionErrc::condition_time, expected); !ok)
            return ok;
    }
    if (!conditions->not_on_or_after) return Done{};
    return check_not_on_or_after(*conditions->not_on_or_after, AssertionErrc::condition_time, expected);
}

/// A fence of our own, since some IdPs' conditions last for hours, and one use must be remembered as long.
Result<void> check_age(Instant issue_instant, const AssertionExpectations& expected) {
    if (issue_instant > expected.now + expected.clock_skew) {
        return fail(AssertionErrc::assertion_age, "IssueInstant is " + seconds(issue_instant - expected.now) +
                                                      " ahead of our clock" + and_allowed(expected));
    }
    if (issue_instant < expected.now - expected.max_age - expected.clock_skew) {
        return fail(AssertionErrc::assertion_age, "it was issued " + seconds(expected.now - issue_instant) +
                                                      " ago, and " + seconds(expected.max_age + expected.clock_skew) +
                                                      " are allowed");
    }
    return Done{};
}

Result<void> check_authentication(const AuthnStatement& statement, const AssertionExpectations& expected) {
    if (statement.authn_instant > expected.now + expected.clock_skew) {
        return fail(AssertionErrc::authn_instant, "AuthnInstant is " + seconds(statement.authn_instant - expected.now) +
                                                      " ahead of our clock" + and_allowed(expected));
    }
    if (expected.authenticated_since && statement.authn_instant < *expected.authenticated_since - expected.clock_skew) {
        return fail(AssertionErrc::authn_stale, "the principal was authenticated " +
                                                    seconds(*expected.authenticated_since - statement.authn_instant) +
                                                    " before the request with ForceAuthn");
    }
    if (statement.session_not_on_or_after && *statement.session_not_on_or_after <= expected.now) {
        return fail(AssertionErrc::authn_session_ended,
                    "SessionNotOnOrAfter was " + seconds(expected.now - *statement.session_not_on_or_after) + " ago");
    }
    const auto& wanted = expected.authn_contexts;
    const bool is_wanted = wanted.empty() || (statement.context_class &&
                                              std::ranges::find(wanted, *statement.context_class) != wanted.end());
    if (!is_wanted) return fail(AssertionErrc::authn_context, "none of the requested classes");
    return Done{};
}

/// No clock within the skew takes the assertion later than that.
Instant usable_until(const Assertion& assertion, const AssertionExpectations& expected) {
    Instant end = assertion.issue_instant + expected.max_age;
    if (assertion.conditions->not_on_or_after) end = std::min(end, *assertion.conditions->not_on_or_after);
    return end + 2 * expected.clock_skew + std::chrono::milliseconds(1);  // at the end itself it may still be accepted
}

}  // namespace

Result<SignedOnPrincipal> judge(const Verified<Assertion>& assertion, const AssertionExpectations& expected) {
    auto name_id = name_id_of(*assertion, expected);
    if (!name_id) return name_id.error();
    if (auto ok = check_format(*name_id, expected); !ok) return ok.error();
    if (auto ok = check_confirmations(assertion->subject->confirmations, expected); !ok) return ok.error();
    if (auto ok = check_conditions(assertion->conditions, expected); !ok) return ok.error();
    if (auto ok = check_age(assertion->issue_instant, expected); !ok) return ok.error();
    if (assertion->authn_statements.size() != 1) {
        return fail(AssertionErrc::authn_missing,
                    std::to_string(assertion->authn_statements.size()) + " AuthnStatements, and there must be one");
    }
    if (auto ok = check_authentication(assertion->authn_statements.front(), expected); !ok) return ok.error();
    return SignedOnPrincipal(*assertion, *std::move(name_id), usable_until(*assertion, expected));
}

}  // namespace slo::saml
