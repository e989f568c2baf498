#include "slo/sp/global_logout.hpp"

#include <algorithm>
#include <array>

#include "reply_mapping.hpp"

namespace slo::sp {
namespace {

using idp_adapter::LogoutVerdict;
using idp_adapter::ReplyErrc;
using idp_adapter::SuccessProves;

/// Whether no answer came that is known to be the IdP's. A server that is overloaded or being restarted, or a proxy
/// before it, hasn't worked on the request; and a response that isn't proven to answer it counts as none (Core 3.2.2
/// l.1545, l.1554, l.1584).
bool is_nobody_s_answer(const LogoutVerdict& verdict) noexcept {
    constexpr std::array codes{ReplyErrc::http_status,      ReplyErrc::is_unsigned, ReplyErrc::signature_invalid,
                               ReplyErrc::wrong_issuer,     ReplyErrc::stale,       ReplyErrc::wrong_in_response_to,
                               ReplyErrc::wrong_destination};
    return std::ranges::any_of(codes, [&](ReplyErrc code) { return verdict.why.code == make_error_code(code); });
}

/// An IdP that answered in SAML or SOAP has worked on the request, and most take a second one amiss.
Retried asked_again(const LogoutVerdict& verdict) noexcept {
    using Kind = LogoutVerdict::Kind;
    if (verdict.kind == Kind::unsent || verdict.kind == Kind::lost) return Retried::yes;
    return verdict.kind == Kind::unproven && is_nobody_s_answer(verdict) ? Retried::yes : Retried::no;
}

}  // namespace

std::string_view uri(LogoutReason reason) noexcept {
    return reason == LogoutReason::admin ? "urn:oasis:names:tc:SAML:2.0:logout:admin"
                                         : "urn:oasis:names:tc:SAML:2.0:logout:user";
}

std::string_view name(Extent extent) noexcept {
    switch (extent) {
        case Extent::everywhere:
            return "everywhere";
        case Extent::partial:
            return "partial";
        case Extent::local_only:
            return "local_only";
        case Extent::unknown:
            break;
    }
    return "unknown";
}

Conclusion conclude(const LogoutVerdict& verdict, SuccessProves success, const LogoutOutcome& local) noexcept {
    using Kind = LogoutVerdict::Kind;
    // If an application may have kept a session, no answer of the IdP makes that better.
    const bool gone_here = local.complete();
    const Extent not_beyond = gone_here ? Extent::local_only : Extent::unknown;
    switch (verdict.kind) {
        case Kind::success:
            if (success == SuccessProves::nothing) return {Extent::unknown, "reply.proves_nothing", Retried::no};
            if (!gone_here) return {Extent::partial, "application.failed", Retried::no};
            return {Extent::everywhere, {}, Retried::no};
        case Kind::partial:
            //= SAML Core 3.7.3.2 l.2631
            //# the top-level <StatusCode> [...] only indicates the status of the session authority
            if (success == SuccessProves::nothing) return {Extent::unknown, "reply.proves_nothing", Retried::no};
            return {Extent::partial, "reply.partial", Retried::no};
        case Kind::refused:
            return {not_beyond, "reply.refused", Retried::no};
        case Kind::unsent:
        case Kind::impossible:
            return {not_beyond, rule_of(verdict.why), asked_again(verdict)};
        case Kind::silent:
            return {Extent::unknown, "reply.silent", Retried::no};
        case Kind::unproven:
        case Kind::lost:
            break;
    }
    return {Extent::unknown, rule_of(verdict.why), asked_again(verdict)};
}

Extent combined(const std::vector<IdpLogoutResult>& parts) noexcept {
    if (parts.empty()) return Extent::unknown;
    const auto is = [](Extent extent) {
        return [extent](const IdpLogoutResult& part) { return part.extent == extent; };
    };
    if (std::ranges::any_of(parts, is(Extent::unknown))) return Extent::unknown;
    const bool all_alike = std::ranges::all_of(parts, is(parts.front().extent));
    return all_alike ? parts.front().extent : Extent::partial;
}

}  // namespace slo::sp
