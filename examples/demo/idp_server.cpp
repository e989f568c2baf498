#include "idp_server.hpp"

#include <utility>
#include <variant>

#include "stage.hpp"

namespace slo::examples {
namespace {

sp::HttpReply bare(int status) {
    return {.status = status, .headers = {}, .body = {}};
}

}  // namespace

std::unique_ptr<IdpServer> IdpServer::open(const TestIdp& idp, std::uint16_t port, Tell tell) {
    std::unique_ptr<IdpServer> made(new IdpServer(idp, port, std::move(tell)));
    sp::HttpServerOptions options;
    options.port = port;
    options.handler_threads = 2;  // it waits for other service providers
    auto server = sp::HttpServer::open(options, *made);
    if (!server) return nullptr;
    made->server_.emplace(*std::move(server));
    made->thread_ = std::thread([&server = *made->server_] { server.run(); });
    return made;
}

IdpServer::~IdpServer() {
    if (server_) server_->stop();
    if (thread_.joinable()) thread_.join();
}

std::string IdpServer::url_at(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port) + "/slo";
}

sp::HttpStep IdpServer::handle(const sp::HttpRequest& request) noexcept {
    try {
        if (request.method != "POST" || request.target != "/slo") return bare(404);
        return end_session(request.body);
    } catch (...) {
        return bare(500);
    }
}

sp::HttpReply IdpServer::end_session(const std::string& body) {
    const auto destination = saml::EndpointUrl::parse(url_at(port_));
    for (const Participant& initiator : participants_) {
        const auto request = initiator.sp.read_request(body, *destination, now());
        if (!request) continue;
        const auto* user = std::get_if<saml::NameID>(&request->identifier);
        if (user == nullptr) break;
        tell_("the IdP", "LogoutRequest " + request->id.str().substr(0, 9) + "... of " + initiator.name +
                             ": signed by its key, " + std::to_string(request->session_indexes.size()) +
                             " SessionIndex");
        saml::Status status{.code = saml::TopLevelStatus::success, .nested = {}, .message = {}};
        if (!notify_others(initiator, *user)) status.nested.emplace_back(uri(saml::SecondLevelStatus::partial_logout));
        tell_("the IdP", "ended its own session, and answers " + short_text(status));
        auto answer = idp_.answer(request->id, std::move(status), now());
        if (!answer) break;
        return {.status = 200, .headers = {{"Content-Type", "text/xml; charset=utf-8"}}, .body = *std::move(answer)};
    }
    return bare(403);
}

bool IdpServer::notify_others(const Participant& initiator, const saml::NameID& user) {
    bool all_gone = true;
    for (const Participant& other : participants_) {
        if (&other == &initiator) continue;
        const auto order = idp_.order({.destination = other.slo_url, .name_id = user, .session_indexes = {}}, now());
        const auto answer = order ? other.node->post_soap(order->body) : std::nullopt;
        const auto status =
            answer ? other.sp.read_answer(answer->body, *order, now()) : Result<saml::Status>(Failure{});
        const bool gone = status && status->code == saml::TopLevelStatus::success;
        tell_("the IdP", "asked " + other.name + " over SOAP: " +
                             (status ? short_text(*status) + ", signed" : std::string("no proven answer")));
        all_gone = all_gone && gone;
    }
    return all_gone;
}

}  // namespace slo::examples
