#include "stage.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace slo::examples {
namespace {

constexpr std::chrono::seconds patience{5};  // sanitizers are slow

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

struct Ports {
    std::uint16_t server;
    std::uint16_t local;
};

std::string url(Ports ports) {
    return "http://127.0.0.1:" + std::to_string(ports.server) + "/saml/slo/soap";
}

bool write(const std::filesystem::path& file, const std::string& text) {
    return bool(std::ofstream(file) << text << std::flush);
}

/// What an operator would write by hand.
bool write_configuration(const std::filesystem::path& folder, const TestIdp& idp, Ports ports) {
    return write(folder / "idp.xml", idp.metadata()) && write(folder / "soap_endpoint.toml", R"([sp]
entity_id = "https://sp.example.org/demo"
slo_url = ")" + url(ports) + R"("
acs_url = "https://sp.example.org/demo/acs"
signing_key = "sp.key.pem"
signing_certificate = "sp.crt.pem"
[[idp]]
metadata = "idp.xml"
[server]
listen = "127.0.0.1:)" + std::to_string(ports.server) + R"("
[local]
port = )" + std::to_string(ports.local) + "\n");
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

double Timeline::milliseconds() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
}

void Timeline::heading(std::string_view text) {
    std::printf("\n%.*s\n", static_cast<int>(text.size()), text.data());
}

void Timeline::line(std::string_view what, std::string_view text) const {
    std::printf("  %7.1f ms  %-9.*s %.*s\n", milliseconds(), static_cast<int>(what.size()), what.data(),
                static_cast<int>(text.size()), text.data());
    std::fflush(stdout);
}

void Timeline::expect(bool right, std::string_view what, std::string_view text) {
    line(what, std::string(text) + (right ? "" : "   <-- NOT AS PROMISED"));
    if (!right) ++mistakes_;
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

std::optional<Stage> Stage::set_up(const std::string& endpoint_program, Timeline& timeline) {
    auto folder = Folder::make();
    auto idp = TestIdp::make(*saml::EntityID::parse("https://idp.example.org/demo"), now() - std::chrono::hours(1));
    const Ports ports{free_port(), free_port()};
    if (!folder || !idp || !write_configuration(folder->path(), *idp, ports)) {
        timeline.expect(false, "set-up", "can't make the IdP and the configuration");
        return std::nullopt;
    }
    timeline.line("set-up", "the IdP " + idp->entity_id().str() + " made its key and wrote its metadata");
    auto process = ChildProcess::start({endpoint_program, "--config", folder->path() / "soap_endpoint.toml"});
    if (!process) {
        timeline.expect(false, "set-up", "can't start " + endpoint_program);
        return std::nullopt;
    }
    timeline.line("set-up", "started soap_endpoint, process " + std::to_string(process->id()));
    Stage stage(timeline, *std::move(folder), *std::move(idp), *std::move(process));
    stage.port_ = ports.server;
    stage.local_port_ = ports.local;
    stage.slo_url_ = url(ports);
    if (!stage.wait_until_it_listens() || !stage.fetch_metadata()) return std::nullopt;
    return stage;
}

bool Stage::wait_until_it_listens() {
    while (const auto line = process_.next_line(2 * patience)) {
        timeline_.line("endpoint", *line);
        if (line->find("local interface on") != std::string::npos) return true;
    }
    timeline_.expect(false, "set-up", "soap_endpoint didn't start to listen");
    return false;
}

bool Stage::fetch_metadata() {
    const auto answer = call(port_, {.method = "GET", .path = "/saml/metadata"});
    auto sp = TrustedSp::from_metadata(answer ? answer->body : "");
    timeline_.expect(bool(sp), "set-up",
                     "the IdP fetched the metadata of the SP from /saml/metadata, and with it its certificate");
    if (!sp) return false;
    sp_ = *std::move(sp);
    return true;
}

int Stage::register_session(const Login& login) const {
    const std::string form = form_of(login, idp_);
    const auto answer = call(
        local_port_,
        {.method = "POST", .path = "/sessions", .content_type = "application/x-www-form-urlencoded", .body = form});
    return answer ? answer->status : 0;
}

void Stage::admit(const Login& login) {
    known_.insert(login.id());
    alive_.insert(login.id());
    const int status = register_session(login);
    timeline_.expect(status == 201, "login",
                     login.id() + " (SessionIndex " + login.index + "): POST /sessions -> " + std::to_string(status) +
                         (status == 201 ? ", admitted" : ""));
}

void Stage::refuse(const Login& login) {
    known_.insert(login.id());
    const int status = register_session(login);
    timeline_.expect(status == 409, "login",
                     login.id() + " (SessionIndex " + login.index + "): POST /sessions -> " + std::to_string(status) +
                         (status == 409 ? ", refused: its logout came first" : ""));
    expect_alive();
}

void Stage::post(const SentLogout& request, std::string_view body, const Expected& expected) {
    timeline_.line("arrived",
                   "LogoutRequest " + request.id.str().substr(0, 9) + "... in the name of " + idp_.entity_id().str());
    const double before = timeline_.milliseconds();
    const auto answer = call(
        port_, {.method = "POST", .path = "/saml/slo/soap", .content_type = "text/xml; charset=utf-8", .body = body});
    const double took = timeline_.milliseconds() - before;
    if (!answer) {
        timeline_.expect(false, "answered", "nothing");
        return;
    }
    expect_audit(expected);
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
                     text + " after " + time + ", signed by the SP, to this very request");
}

void Stage::expect_alive() {
    std::set<std::string> found;
    for (const std::string& id : known_) {
        const auto answer = call(local_port_, {.method = "GET", .path = "/sessions/" + escape(id)});
        if (answer && answer->status == 200) found.insert(id);
        if (!answer || (answer->status != 200 && answer->status != 404))
            timeline_.expect(false, "alive", "no answer for " + id);
    }
    timeline_.expect(found == alive_, "alive",
                     joined(found) + (found == alive_ ? "" : "; should be: " + joined(alive_)));
}

void Stage::expect_audit(const Expected& expected) {
    std::optional<std::string> line = process_.next_line(patience);
    while (line && !line->starts_with("{")) line = process_.next_line(patience);
    if (!line) {
        timeline_.expect(false, "audit", "no line");
        return;
    }
    const std::string rule = member(*line, "rule");
    timeline_.expect(rule == expected.rule, "proven",
                     rule.empty() ? "the key in the IdP's metadata signed it" : "nothing; it broke the rule " + rule);
    timeline_.expect(member(*line, "event") == expected.event, "audit", *line);
}

void Stage::stop() {
    const int code = process_.stop(2 * patience);
    timeline_.expect(code == 0, "stop", "SIGTERM -> exit code " + std::to_string(code));
}

}  // namespace slo::examples
