// The one table of reasons why an IdP's reply proves nothing.
#include "slo/idp_adapter/single_logout_client.hpp"

namespace slo::idp_adapter {

std::string_view name(ReplyErrc code) noexcept {
    switch (code) {
        case ReplyErrc::no_endpoint:
            return "reply.no_endpoint";
        case ReplyErrc::metadata_expired:
            return "reply.metadata_expired";
        case ReplyErrc::cannot_sign:
            return "reply.cannot_sign";
        case ReplyErrc::client_setup:
            return "reply.setup";
        case ReplyErrc::unreachable:
            return "reply.unreachable";
        case ReplyErrc::untrusted_server:
            return "reply.untrusted_server";
        case ReplyErrc::busy:
            return "reply.busy";
        case ReplyErrc::timed_out:
            return "reply.timed_out";
        case ReplyErrc::stopped:
            return "reply.stopped";
        case ReplyErrc::broke_off:
            return "reply.broke_off";
        case ReplyErrc::too_large:
            return "reply.too_large";
        case ReplyErrc::redirected:
            return "reply.redirected";
        case ReplyErrc::http_status:
            return "reply.http_status";
        case ReplyErrc::compressed:
            return "reply.compressed";
        case ReplyErrc::empty:
            return "reply.empty";
        case ReplyErrc::html_instead_of_soap:
            return "reply.html";
        case ReplyErrc::content_type:
            return "reply.content_type";
        case ReplyErrc::not_soap:
            return "reply.not_soap";
        case ReplyErrc::fault:
            return "reply.fault";
        case ReplyErrc::not_a_logout_response:
            return "reply.type";
        case ReplyErrc::is_unsigned:
            return "reply.unsigned";
        case ReplyErrc::signature_invalid:
            return "reply.signature";
        case ReplyErrc::wrong_issuer:
            return "reply.issuer";
        case ReplyErrc::wrong_in_response_to:
            return "reply.in_response_to";
        case ReplyErrc::wrong_destination:
            return "reply.destination";
        case ReplyErrc::stale:
            return "reply.issue_instant";
        case ReplyErrc::status_malformed:
            return "reply.status";
        case ReplyErrc::status_contradicted:
            return "reply.status_contradicted";
    }
    return "reply.unknown";
}

std::error_code make_error_code(ReplyErrc code) noexcept {
    return rule_code(code, "slo.idp_adapter.reply");
}

}  // namespace slo::idp_adapter
