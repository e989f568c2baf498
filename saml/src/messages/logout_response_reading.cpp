// Reading LogoutResponse, a StatusResponseType (SAML Core 3.2.2):
//
//   <sequence> saml:Issuer? ds:Signature? samlp:Extensions? samlp:Status </sequence>
//   Status: StatusCode StatusMessage? StatusDetail?      StatusCode: @Value, StatusCode?
#include <tuple>

#include "message_fields.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_status_depth = 8;

std::optional<TopLevelStatus> top_level_status(std::string_view value) {
    for (const auto status : {TopLevelStatus::success, TopLevelStatus::requester, TopLevelStatus::responder,
                              TopLevelStatus::version_mismatch}) {
        if (value == uri(status)) return status;
    }
    return std::nullopt;
}

/// The Values of a StatusCode and of those nested in it, outermost first.
Result<std::vector<std::string>> read_status_codes(const xml::Element& outermost) {
    std::vector<std::string> values;
    for (std::optional<xml::Element> code = outermost; code; code = code->first_child()) {
        const bool nested = code->node() != outermost.node();
        if (nested && (!code->is({vocabulary::samlp, "StatusCode"}) || code->next_sibling())) {
            return schema_violation(*code, "not one nested StatusCode");
        }
        if (auto ok = expect_attributes(*code, {"Value"}, {vocabulary::samlp, "StatusCodeType"}); !ok)
            return ok.error();
        auto value = code->collapsed_attribute("Value");
        if (!value || values.size() == max_status_depth)
            return fail(Errc::status_malformed, "no Value, or nested too deeply");
        values.push_back(*std::move(value));
    }
    return values;
}

}  // namespace

Result<Status> read_status(const xml::Element& element) {
    ChildCursor children(element);
    const auto code = children.take({vocabulary::samlp, "StatusCode"});
    if (!code) return fail(Errc::status_malformed, "no StatusCode");
    auto values = read_status_codes(*code);
    if (!values) return values.error();
    //= SAML Core 3.2.2.2 l.1627
    //# The value of the topmost <StatusCode> element MUST be from the top-level list provided in this section.
    const auto top = top_level_status(values->front());
    if (!top) return fail(Errc::status_malformed, "the topmost code isn't a top-level one");
    Status status{.code = *top, .nested = {values->begin() + 1, values->end()}, .message = std::nullopt};
    if (const auto message = children.take({vocabulary::samlp, "StatusMessage"})) {
        auto text = message->text();
        if (!text) return text.error();
        status.message = *std::move(text);
    }
    std::ignore = children.take({vocabulary::samlp, "StatusDetail"});  // any content, of no meaning to us
    if (children.rest()) return schema_violation(*children.rest(), "an element that may not stand here");
    return status;
}

Result<LogoutResponse> read_logout_response(const xml::Element& root, const MessageForms& forms,
                                            OwnSignature own_signature) {
    if (!root.is({vocabulary::samlp, "LogoutResponse"})) return schema_violation(root, "not LogoutResponse");
    if (auto ok = expect_attributes(root, {"ID", "Version", "IssueInstant", "Destination", "Consent", "InResponseTo"},
                                    {vocabulary::samlp, "StatusResponseType"});
        !ok) {
        return ok.error();
    }
    ChildCursor children(root);
    auto common = read_common_fields(root, children, forms, own_signature);
    if (!common) return common.error();
    const auto status_element = children.take({vocabulary::samlp, "Status"});
    if (!status_element) return fail(Errc::status_malformed, "no Status");
    auto status = read_status(*status_element);
    if (!status) return status.error();
    if (children.rest()) return schema_violation(*children.rest(), "an element that may not stand here");

    std::optional<MessageID> in_response_to;
    if (const auto attribute = root.collapsed_attribute("InResponseTo")) {
        auto id = MessageID::parse(*attribute);
        if (!id) return id.error();
        in_response_to = *std::move(id);
    }
    return LogoutResponse{.id = std::move(common->id),
                          .version = common->version,
                          .issue_instant = common->issue_instant,
                          .destination = std::move(common->destination),
                          .consent = std::move(common->consent),
                          .in_response_to = std::move(in_response_to),
                          .issuer = std::move(common->issuer),
                          .status = *std::move(status)};
}

}  // namespace slo::saml
