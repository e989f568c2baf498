#include "stage.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "browser.hpp"
#include "redis_process.hpp"
#include "test_response.hpp"

namespace slo::examples {
namespace {

std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

/// The text of a member of a flat JSON object, without escapes.
std::string member(const std::string& json, const std::string& name) {
    const std::string start = "\"" + name + "\":\"";
    const auto at = json.find(start);
    if (at == std::string::npos) return "?";
    const auto value = at + start.size();
    return json.substr(value, json.find('"', value) - value);
}

std::string form_of(const Login& login, const TestIdp& idp) {
    const saml::NameID name = persistent_name(login.user);
    return "local_id=" + escape(login.id()) + "&idp=" + escape(idp.entity_id().str()) +
           "&name_id=" + escape(name.value) + "&format=" + escape(*name.format) +
           "&session_index=" + escape(login.index) +
           "&authn_instant=" + escape(saml::format_instant(login.authn_instant)) +
           "&expires=" + escape(saml::format_instant(now() + std::chrono::hours(8)));
}

}  // namespace

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::optional<Folder> Folder::make() {
    std::string name = (std::filesystem::temp_directory_path() / "slo-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return std::nullopt;
    return Folder(name);
}

Folder::~Folder() {
    std::error_code ignored;  // what can't be removed stays in the temporary folder
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::optional<Stage> Stage::set_up(const std::string& endpoint_program, StoreEngine engine, Timeline& timeline) {
    auto folder = Folder::make();
    auto idp = TestIdp::make(*saml::EntityID::parse("https://idp.example.org/demo"), now() - std::chrono::hours(1));
    if (!folder || !idp) {
        timeline.expect(false, "set-up", "can't make the IdP");
        return std::nullopt;
    }
    Stage stage(timeline, *std::move(folder), *std::move(idp), endpoint_program);
    if (!stage.start_idp()) return std::nullopt;
    if (!stage.add_nodes(engine)) return std::nullopt;
    for (Node& node : stage.nodes_) {
        if (!stage.start(node)) return std::nullopt;
    }
    if (!stage.fetch_metadata()) return std::nullopt;
    return stage;
}

bool Stage::start_idp() {
    const auto tell = [&timeline = timeline_](std::string_view what, std::string_view text) {
        timeline.line(what, text);
    };
    idp_server_ = IdpServer::open(*idp_, idp_port_, tell);
    const bool written =
        bool(std::ofstream(folder_.path() / "idp.xml") << idp_->metadata(IdpServer::url_at(idp_port_)) << std::flush);
    timeline_.expect(idp_server_ && written, "set-up", "the IdP made its key, wrote its metadata, and listens");
    return idp_server_ && written;
}

void Stage::stop_idp() {
    idp_server_.reset();
    timeline_.line("stop", "the IdP doesn't listen any more");
}

bool Stage::add_others(const std::string& user) {
    for (const char* name : {"wiki", "mail"}) {
        others_.emplace_back(name, folder_.path(), StoreEngine::memory,
                             Identity{std::string("https://") + name + ".example.org/saml", name});
    }
    for (Node& node : others_) {
        if (!node.configure(node.own_slo_url()) || !start(node)) return false;
        const auto answer = node.metadata();
        auto sp = TrustedSp::from_metadata(answer ? answer->body : "");
        if (!sp) return false;
        idp_server_->add({node.name(), *std::move(sp), node.own_slo_url(), &node});
        const Login login{user, node.name(), "_" + node.name(), now() - std::chrono::minutes(10)};
        const int status = node.register_session(form_of(login, *idp_));
        timeline_.expect(status == 201, "login",
                         login.id() + " at " + node.name() + ": POST /sessions -> " + std::to_string(status));
    }
    return true;
}

void Stage::expect_others(const std::string& user, int status) {
    for (const Node& node : others_) {
        const int seen = node.ask_for(user + "-" + node.name());
        timeline_.expect(seen == status, "at " + node.name(),
                         "GET /sessions/" + user + "-" + node.name() + " -> " + std::to_string(seen) +
                             (seen == 404 ? ", gone" : ""));
        if (status == 404) timeline_.seen(std::to_string(seen) + " at " + node.name());
    }
}

void Stage::log_out_here(const Login& login, const std::string& extent) {
    timeline_.line("log out", "POST /sessions/" + login.id() + "/logout");
    const auto answer = node().log_out(session_of(login.id()));
    alive_.erase(login.id());
    const std::string result = answer ? member(answer->body, "result") : "nothing";
    timeline_.expect(result == extent, "result", result);
    timeline_.seen(result);
    if (answer) timeline_.detail("result", answer->body.substr(0, answer->body.find('\n')));
    expect_audit(node(),
                 {.status = {}, .event = "start", .rule = answer ? member(answer->body, "why") : "", .ended = {}});
    expect_alive();
}

bool Stage::add_nodes(StoreEngine engine) {
    if (engine == StoreEngine::redis) {
        if (!start_server("set-up")) return false;
        for (const char* name : {"A", "B"}) nodes_.emplace_back(name, folder_.path(), engine);
    } else {
        nodes_.emplace_back("", folder_.path(), engine);
    }
    slo_url_ = nodes_.front().own_slo_url();
    for (const Node& node : nodes_) {
        if (node.configure(slo_url_)) continue;
        timeline_.expect(false, "set-up", "can't write the configuration");
        return false;
    }
    return true;
}

bool Stage::start_server(std::string_view what) {
    auto server = start_redis(folder_.path());
    timeline_.expect(server.has_value(), what,
                     server ? "started a Redis server, process " + std::to_string(server->id())
                            : "can't start a Redis server: install redis-tools or redis-server");
    if (!server) return false;
    redis_.emplace(*std::move(server));
    return true;
}

bool Stage::start(Node& node) {
    if (!node.start(program_)) {
        timeline_.expect(false, "set-up", "can't start " + program_);
        return false;
    }
    timeline_.line("set-up", "started saml-slod" + place(node) + ", process " + std::to_string(node.id()));
    std::vector<std::string> said;
    while (const auto line = node.next_line(2 * patience)) {
        timeline_.detail("endpoint", *line);
        if (line->find("local interface on") != std::string::npos) return true;
        said.push_back(*line);
    }
    timeline_.expect(false, "set-up", "saml-slod didn't start to listen; it said:");
    for (const std::string& line : said) timeline_.line("endpoint", line);
    return false;
}

bool Stage::fetch_metadata() {
    const auto answer = node().metadata();
    auto sp = TrustedSp::from_metadata(answer ? answer->body : "");
    timeline_.expect(bool(sp), "set-up", "the IdP fetched the metadata of the SP from /saml/metadata");
    if (!sp) return false;
    sp_ = *sp;
    idp_server_->add({"this SP", *std::move(sp), slo_url_, &nodes_.front()});
    return true;
}

std::string Stage::place(const Node& node) const {
    return nodes_.size() == 1 ? "" : " at " + node.name();
}

std::string Stage::session_of(const std::string& id) const {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? id : found->second;
}

/// The browser is sent to the IdP, comes back with its assertion, and shows its cookie to the application's proxy.
Stage::SignedOnAs Stage::sign_on(const Login& login, Node& at) {
    Browser browser(at.port());
    const auto asked = asked_by(browser.get("/login").header("Location"));
    if (!asked) return {{}, "no redirect to the IdP"};
    const auto response =
        idp_->respond({.assertion_consumer_service = *saml::EndpointUrl::parse(Node::acs_url(slo_url_)),
                       .audience = sp_->entity_id,
                       .in_response_to = asked->id,
                       .name_id = persistent_name(login.user),
                       .session_index = login.index,
                       .authn_instant = login.authn_instant},
                      now());
    if (!response) return {{}, response.error().code.message()};
    browser.post("/saml/acs", posted(*response, asked->relay_state));
    const std::string rule = member(next_audit(at), "rule");
    const auto seen = at.ask_who(browser.cookie());
    return {seen && seen->status == 200 ? seen->header("X-Saml-Session") : "", rule};
}

void Stage::admit(const Login& login, Node& at) {
    known_.insert(login.id());
    alive_.insert(login.id());
    const SignedOnAs as = sign_on(login, at);
    sessions_[login.id()] = as.session;
    timeline_.expect(!as.session.empty(), "sign-on",
                     login.id() + " (" + login.index + ")" + place(at) +
                         (as.session.empty() ? ": refused, " + as.rule : ": assertion taken; GET /auth -> 200"));
}

void Stage::refuse(const Login& login, Node& at) {
    known_.insert(login.id());
    const SignedOnAs as = sign_on(login, at);
    timeline_.expect(as.session.empty() && as.rule == "sign_on.logged_out", "sign-on",
                     login.id() + " (" + login.index + ")" + place(at) + ": " +
                         (as.session.empty() ? "too late, " + as.rule : "signed on"));
    timeline_.seen(as.session.empty() ? "refused" : "signed on");
    expect_alive();
}

void Stage::post(const SentLogout& request, std::string_view body, const Expected& expected, Node& at) {
    timeline_.line("arrived", "LogoutRequest " + request.id.str().substr(0, 9) + "... of the IdP" + place(at));
    const double before = timeline_.milliseconds();
    const auto answer = at.post_soap(body);
    const double took = timeline_.milliseconds() - before;
    if (!answer) {
        timeline_.expect(false, "answered", "nothing");
        return;
    }
    expect_audit(at, expected);
    for (const std::string& id : expected.ended) alive_.erase(id);
    timeline_.line("ended", joined({expected.ended.begin(), expected.ended.end()}));
    expect_answer(*answer, request, expected, took);
    expect_alive();
}

void Stage::expect_answer(const HttpAnswer& answer, const SentLogout& request, const Expected& expected, double took) {
    const auto status = sp_->read_answer(answer.body, request, now());
    if (!status) {
        timeline_.expect(false, "answered", "something unproven: " + status.error().code.message());
        return;
    }
    const std::string text = short_text(*status);
    char time[32];
    std::snprintf(time, sizeof time, "%.1f ms", took);
    timeline_.expect(text.substr(0, text.find('/')) == expected.status, "answered",
                     text + " after " + time + ", signed, to this very request");
    const std::size_t ended = expected.ended.size();
    timeline_.seen(text + ", " + (ended == 0 ? "nothing" : std::to_string(ended)) + " ended");
}

void Stage::expect_alive() {
    for (const Node& node : nodes_) expect_alive_at(node);
}

void Stage::expect_alive_at(const Node& node) {
    if (nodes_.size() > 1 && !redis_) {
        const int status = node.ask_for(session_of(*known_.begin()));
        timeline_.expect(status == 503, "alive" + place(node),
                         "it can't tell: GET /sessions/" + *known_.begin() + " -> " + std::to_string(status));
        return;
    }
    std::set<std::string> found;
    for (const std::string& id : known_) {
        const int status = node.ask_for(session_of(id));
        if (status == 200) found.insert(id);
        if (status != 200 && status != 404) timeline_.expect(false, "alive", "no answer for " + id);
    }
    timeline_.expect(found == alive_, "alive" + place(node),
                     joined(found) + (found == alive_ ? "" : "; should be: " + joined(alive_)));
}

std::string Stage::next_audit(Node& node) {
    std::optional<std::string> line = node.next_line(patience);
    // Its own events, while its store is away, don't answer any request.
    while (line && (!line->starts_with("{") || member(*line, "event") == "resend")) line = node.next_line(patience);
    timeline_.detail("audit", line.value_or("no line"));
    return line.value_or("");
}

void Stage::expect_audit(Node& node, const Expected& expected) {
    const std::string line = next_audit(node);
    if (line.empty()) return timeline_.expect(false, "audit", "no line");
    const std::string rule = member(line, "rule");
    const bool is_signed = rule.empty() || rule.starts_with("store.");
    timeline_.expect(rule == expected.rule, "proven",
                     is_signed ? "the key in the IdP's metadata signed it" : "nothing: " + rule);
    const std::string event = member(line, "event");
    if (event != expected.event) timeline_.expect(false, "audit", "tells of " + event + ", not of " + expected.event);
}

void Stage::kill_and_restart(Node& node) {
    timeline_.line("kill -9", "saml-slod" + place(node) + ", process " + std::to_string(node.id()));
    node.kill();
    if (start(node)) expect_alive();
}

void Stage::kill_redis() {
    timeline_.line("kill -9", "the Redis server, process " + std::to_string(redis_->id()));
    redis_.reset();
}

void Stage::restart_redis() {
    if (!start_server("restart")) return;
    for (const Node& node : nodes_) {  // each connects again when it gets to it
        const double end = timeline_.milliseconds() + 1000.0 * static_cast<double>(patience.count());
        while (node.ask_for(session_of(*known_.begin())) == 503 && timeline_.milliseconds() < end) {
        }
    }
    expect_alive();
}

void Stage::stop() {
    for (auto* group : {&nodes_, &others_}) stop(*group);
}

void Stage::stop(std::vector<Node>& group) {
    for (Node& node : group) {
        const int code = node.stop();
        timeline_.expect(code == 0, "stop", "SIGTERM" + place(node) + " -> exit code " + std::to_string(code));
    }
}

}  // namespace slo::examples
