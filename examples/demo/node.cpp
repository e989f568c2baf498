#include "node.hpp"

#include <fstream>

#include "redis_process.hpp"

namespace slo::examples {
namespace {

std::string store_section(StoreEngine engine, const std::filesystem::path& folder) {
    switch (engine) {
        case StoreEngine::memory:
            return "engine = \"memory\"\n";
        case StoreEngine::sqlite:
            return "engine = \"sqlite\"\n";
        case StoreEngine::redis:
            break;
    }
    // A short deadline, so that no viewer waits long for a server that is dead.
    return "engine = \"redis\"\n[store.redis]\nservers = \"unix:" + redis_socket(folder).string() +
           "\"\ndeadline = \"500ms\"\n";
}

}  // namespace

std::string Node::own_slo_url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/saml/slo/soap";
}

std::string Node::acs_url(const std::string& slo_url) {
    return slo_url.substr(0, slo_url.find("/saml/slo/")) + "/saml/acs";
}

bool Node::configure(const std::string& slo_url) const {
    const std::string acs = acs_url(slo_url);
    return bool(std::ofstream(file()) << "[sp]\nentity_id = \"" + identity_.entity_id + R"("
slo_url = ")" + slo_url + R"("
acs_url = ")" + acs + "\"\nsigning_key = \"" +
                                             identity_.key + ".key.pem\"\nsigning_certificate = \"" + identity_.key +
                                             R"(.crt.pem"
[[idp]]
metadata = "idp.xml"
[idp.logout]
allow_http = true
timeout = "3s"
[store]
)" + store_section(engine_, folder_) + "[sign_on]\nlogin_url = \"" +
                                             acs.substr(0, acs.find("/saml/")) + "/login\"\n" +
                                             "[server]\nlisten = \"127.0.0.1:" + std::to_string(port_) +
                                             "\"\n[local]\nport = " + std::to_string(local_port_) + "\n"
                                      << std::flush);
}

bool Node::start(const std::string& endpoint_program) {
    auto process = ChildProcess::start({endpoint_program, "--config", file()});
    if (!process) return false;
    process_.emplace(*std::move(process));
    return true;
}

std::optional<HttpAnswer> Node::ask_who(const std::string& cookie) const {
    return call(local_port_, {.method = "GET", .path = "/auth", .cookie = cookie});
}

std::optional<HttpAnswer> Node::post_soap(std::string_view body) const {
    return call(port_,
                {.method = "POST", .path = "/saml/slo/soap", .content_type = "text/xml; charset=utf-8", .body = body});
}

int Node::register_session(const std::string& form) const {
    const auto answer = call(
        local_port_,
        {.method = "POST", .path = "/sessions", .content_type = "application/x-www-form-urlencoded", .body = form});
    return answer ? answer->status : 0;
}

int Node::ask_for(const std::string& id) const {
    const auto answer = call(local_port_, {.method = "GET", .path = "/sessions/" + escape(id)});
    return answer ? answer->status : 0;
}

std::optional<HttpAnswer> Node::log_out(const std::string& id) const {
    return call(local_port_, {.method = "POST", .path = "/sessions/" + escape(id) + "/logout"});
}

std::optional<HttpAnswer> Node::metadata() const {
    return call(port_, {.method = "GET", .path = "/saml/metadata"});
}

}  // namespace slo::examples
