#include "back_channel_wires.hpp"

#include <utility>

#include "slo/saml/form.hpp"

namespace slo::sp {

namespace {

using saml::soap::FaultCode;

constexpr int ok = 200;
constexpr int no_content = 204;
constexpr int bad_request = 400;
constexpr int forbidden = 403;
constexpr int too_many_requests = 429;
constexpr int internal_server_error = 500;  // SOAP 1.1 section 6.2: every Fault

struct HttpStatus {
    int code;
    std::string_view name;
};

/// A refusal as an HTTP status alone.
HttpStatus http_status(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::no_request:
        case Refusal::envelope_version:
        case Refusal::envelope_header:
            return {bad_request, "400"};
        case Refusal::too_large:
            return {413, "413"};
        case Refusal::unknown_sender:
        case Refusal::unproven:
            return {forbidden, "403"};
        case Refusal::wire_not_accepted:
            return {415, "415"};
        case Refusal::out_of_measure:
            return {503, "503"};
        case Refusal::failed:
            return {internal_server_error, "500"};
    }
    return {internal_server_error, "500"};
}

struct FaultText {
    std::string_view name;
    std::string_view text;  ///< fixed, so that it tells nothing about the request
};

FaultText text_of(FaultCode code) noexcept {
    switch (code) {
        case FaultCode::client:
            return {"Fault/Client", "The request is not one SAML request in a SOAP 1.1 envelope."};
        case FaultCode::server:
            return {"Fault/Server", "The service could not answer the request."};
        case FaultCode::must_understand:
            return {"Fault/MustUnderstand", "A header block that must be understood was not."};
        case FaultCode::version_mismatch:
            return {"Fault/VersionMismatch", "The envelope is not a SOAP 1.1 envelope."};
    }
    return {"Fault/Server", ""};
}

Result<saml::SignedMessage> signed_answer(const saml::LogoutResponse& response, const saml::MessageSigner& signer,
                                          std::optional<saml::RefusedRequest> of) {
    return of ? signer.sign_refusal(*of, response) : signer.sign(response);
}

class SoapWire final : public BackChannelWire {
public:
    [[nodiscard]] bool carries_message(const idp_adapter::Idp*) const noexcept override { return true; }
    [[nodiscard]] std::string_view name(Refusal refusal) const noexcept override {
        const auto fault = fault_for(refusal);
        return fault ? text_of(*fault).name : http_status(refusal).name;
    }
    [[nodiscard]] Result<std::string> carried(const saml::LogoutResponse& response, const saml::MessageSigner& signer,
                                              std::optional<saml::RefusedRequest> of) const override {
        const auto message = signed_answer(response, signer, of);
        if (!message) return message.error();
        return saml::soap::encode(*message);
    }

private:
    [[nodiscard]] SoapReply reply(SignedAnswer answer) const noexcept override {
        return {ok, std::move(answer.carried)};
    }
    [[nodiscard]] SoapReply reply(Refusal refusal) const override {
        const auto fault = fault_for(refusal);
        if (!fault) return {http_status(refusal).code, {}};
        return {internal_server_error, saml::soap::fault(*fault, text_of(*fault).text)};
    }
};

class FormWire final : public BackChannelWire {
public:
    [[nodiscard]] bool carries_message(const idp_adapter::Idp* partner) const noexcept override {
        return partner != nullptr && partner->profile.form_answer == idp_adapter::FormAnswer::logout_response;
    }
    [[nodiscard]] std::string_view name(Refusal refusal) const noexcept override { return http_status(refusal).name; }
    [[nodiscard]] Result<std::string> carried(const saml::LogoutResponse& response, const saml::MessageSigner& signer,
                                              std::optional<saml::RefusedRequest> of) const override {
        const auto message = signed_answer(response, signer, of);
        if (!message) return message.error();
        return saml::form::encode(*message);
    }

private:
    [[nodiscard]] SoapReply reply(SignedAnswer answer) const noexcept override {
        return {sp::http_status(answer.gist), std::move(answer.carried), saml::form::answer_content_type};
    }
    [[nodiscard]] SoapReply reply(Refusal refusal) const override { return {http_status(refusal).code, {}}; }
};

}  // namespace

int http_status(Gist gist) noexcept {
    switch (gist) {
        case Gist::success:
            return ok;
        case Gist::bad_request:
            return bad_request;
        case Gist::denied:
            return forbidden;
        case Gist::too_many_requests:
            return too_many_requests;
        case Gist::failed:
            return internal_server_error;
    }
    return internal_server_error;
}

std::optional<FaultCode> fault_for(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::no_request:
            return FaultCode::client;
        case Refusal::envelope_version:
            return FaultCode::version_mismatch;
        case Refusal::envelope_header:
            return FaultCode::must_understand;
        case Refusal::failed:
            return FaultCode::server;
        case Refusal::too_large:
        case Refusal::unknown_sender:
        case Refusal::unproven:
        case Refusal::wire_not_accepted:
        case Refusal::out_of_measure:
            return std::nullopt;
    }
    return FaultCode::server;
}

SoapReply BackChannelWire::encode(LogoutAnswer answer) const noexcept {
    try {
        if (auto* message = std::get_if<SignedAnswer>(&answer)) return reply(std::move(*message));
        if (const auto* refusal = std::get_if<Refusal>(&answer)) return reply(*refusal);
        if (const auto* bare = std::get_if<UnsignedAnswer>(&answer)) return {http_status(bare->gist), {}};
        const Gist gist = std::get<Silence>(answer).gist;
        return {gist == Gist::success ? no_content : http_status(gist), {}};
    } catch (...) {
        return {internal_server_error, {}};
    }
}

const BackChannelWire& soap_wire() noexcept {
    static const SoapWire wire;
    return wire;
}

const BackChannelWire& form_wire() noexcept {
    static const FormWire wire;
    return wire;
}

}  // namespace slo::sp
