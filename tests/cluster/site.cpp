#include "site.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>
#include <utility>

#include "http_client.hpp"
#include "slo/saml/keys.hpp"

namespace slo::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void write_private(const fs::path& file, const std::string& text) {
    std::ofstream(file) << text;
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

std::string random_key() {
    std::random_device random;
    constexpr std::string_view hex = "0123456789abcdef";
    std::string key;
    for (int i = 0; i < 64; ++i) key += hex[random() % hex.size()];
    return key;
}

/// Nodes with machines of their own all have the same ports.
std::vector<std::uint16_t> choose_ports(std::size_t nodes, bool separate) {
    std::vector<std::uint16_t> ports(nodes, examples::free_port());
    for (std::size_t i = 1; i < nodes && !separate; ++i) ports[i] = examples::free_port();
    return ports;
}

/// Its requests count for long enough to reach it between two of its bad moods, and no longer than a trial waits.
constexpr const char* other_idp = R"([[idp]]
metadata = "other.xml"
[idp.logout]
allow_http = true
validity = "1m"
)";

}  // namespace

Workspace::Workspace() {
    std::string name = (fs::temp_directory_path() / "slo-cluster-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
}

Workspace::~Workspace() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(path_, ignored);
}

Node::Node(std::shared_ptr<Machine> machine, std::vector<std::string> command, fs::path configuration, fs::path log)
    : machine_(std::move(machine)),
      command_(std::move(command)),
      configuration_(std::move(configuration)),
      log_(std::move(log)) {}

void Node::kill() {
    process_.reset();
}

void Node::pause() const {
    if (process_ && process_->id() > 0) ::kill(process_->id(), SIGSTOP);
}

void Node::resume() const {
    if (process_ && process_->id() > 0) ::kill(process_->id(), SIGCONT);
}

/// Neither its heap nor its address space may grow, and its heap must shrink.
void Node::starve() {
    if (!process_ || process_->id() <= 0) return;
    starving_ = process_->id();
    std::ifstream file("/proc/" + std::to_string(*starving_) + "/statm");
    std::array<rlim_t, 6> pages{};  // the first: all; the last: data
    for (rlim_t& number : pages) file >> number;
    const auto octets = static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
    const rlimit data{.rlim_cur = pages[5] * octets / 2, .rlim_max = RLIM_INFINITY};
    const rlimit all{.rlim_cur = pages[0] * octets, .rlim_max = RLIM_INFINITY};
    ::prlimit(*starving_, RLIMIT_DATA, &data, nullptr);
    ::prlimit(*starving_, RLIMIT_AS, &all, nullptr);
}

void Node::kill_if_starved() {
    const bool is_it = process_ && starving_ == process_->id();
    starving_.reset();
    if (is_it) process_.reset();
}

void Node::keep_up() {
    if (process_) {
        static_cast<void>(process_->wait(0ms));
        if (process_->id() > 0) return;
        if (starving_) ++starved_by_itself_;
        starving_.reset();
    }
    process_.reset();
    std::vector<std::string> words{"/bin/sh", "-c", R"(exec "$@" >>"$0" 2>&1)", log_.string()};
    words.insert(words.end(), command_.begin(), command_.end());
    words.insert(words.end(), {"--config", configuration_.string()});
    machine_->run([&] {
        auto process = examples::ChildProcess::start(words);
        if (process) process_.emplace(*std::move(process));
    });
}

Site::Site(Network& network, Recorder& recorder, std::unique_ptr<SharedStore> store, SiteOptions options)
    : options_(std::move(options)),
      store_(std::move(store)),
      soap_ports_(choose_ports(store_->nodes(), network.has_namespaces())),
      local_ports_(choose_ports(store_->nodes(), network.has_namespaces())) {
    for (std::size_t i = 0; i < store_->nodes(); ++i) machines_.push_back(network.add_machine());
    open_doors(network.has_namespaces());
    if (options_.kind == NodeKind::hosts) {
        const bool lies = options_.plant == Plant::lying_application;
        application_ = std::make_unique<OuterApplication>(machines_, recorder, options_.seed,
                                                          lies ? Manners::lying : Manners::honest);
    }
    if (options_.strain != Strain::none) {
        other_ = std::make_unique<OuterIdp>(network.home_address(), recorder, options_.seed + 1);
    }
    write_keys();
    if (options_.strain == Strain::logs) read_logs();
    for (std::size_t i = 0; i < nodes(); ++i) {
        write_configuration(i);
        nodes_.emplace_back(machines_[i], command(i), file_of(i, "toml"), file_of(i, log_reader_ ? "pipe" : "log"));
    }
    await_nodes();
    fetch_metadata();
}

fs::path Site::file_of(std::size_t node, std::string_view kind) const {
    return workspace_.path() / ("node" + std::to_string(node) + "." + std::string(kind));
}

void Site::read_logs() {
    std::vector<LogReader::Way> ways;
    for (std::size_t i = 0; i < nodes(); ++i) ways.push_back({file_of(i, "pipe"), file_of(i, "log")});
    log_reader_ = std::make_unique<LogReader>(ways);
}

void Site::open_doors(bool have_namespaces) {
    std::vector<Backend> soap;
    std::vector<Backend> local;
    for (std::size_t i = 0; i < nodes(); ++i) {
        soap.push_back({machines_[i], soap_ports_[i]});
        local.push_back({machines_[i], local_ports_[i]});
        doors_.hosts.push_back("127.0.0.1:" + std::to_string(local_ports_[i]));
    }
    const auto open = [this](std::vector<Backend> backends) {
        spreaders_.push_back(std::make_unique<Spreader>(std::move(backends)));
        return spreaders_.back()->port();
    };
    doors_.logouts = open(soap);
    if (have_namespaces) doors_.any_node = open(local);
    for (const Backend& backend : local) doors_.nodes.push_back(open({backend}));
    slo_url_ = "http://127.0.0.1:" + std::to_string(doors_.logouts) + "/saml/slo/soap";
}

void Site::lose_answers() {
    constexpr std::size_t one_of = 16;
    spreaders_[0]->lose_one_of(one_of);
    if (doors_.any_node) spreaders_[1]->lose_one_of(one_of);
}

std::vector<std::string> Site::command(std::size_t node) const {
    if (options_.kind == NodeKind::endpoints) return {options_.program};
    if (options_.kind == NodeKind::bare_hosts) {
        std::vector<std::string> words{options_.program, "--plant", std::to_string(static_cast<int>(options_.plant))};
        if (options_.strain == Strain::allocations) words.insert(words.end(), {"--failing-allocations", "1"});
        return words;
    }
    const std::chrono::milliseconds apart = options_.plant == Plant::wrong_clock ? 2min : options_.clocks_apart;
    const std::chrono::milliseconds ahead = apart * (static_cast<int>(node) - 1) / 2;
    return {options_.program, "--application", std::to_string(application_->port(node)), "--clock-ahead",
            std::to_string(ahead.count())};
}

/// The nodes are one service provider: they share its keys, and the store's.
void Site::write_keys() {
    auto idp = examples::TestIdp::make(*saml::EntityID::parse("https://idp.example.org/cluster"), now() - 1h);
    const auto key = saml::generate_key(saml::KeyKind::rsa_2048, "cluster", now() - 1h, std::chrono::days(365));
    if (!idp || !key) throw std::runtime_error("no keys");
    idp_ = *std::move(idp);
    alias_ = idp_->under_name(*saml::EntityID::parse("https://idp.example.org/before"));
    std::ofstream(workspace_.path() / "idp.xml") << idp_->metadata();
    std::ofstream(workspace_.path() / "alias.xml") << alias_->metadata();
    if (other_) std::ofstream(workspace_.path() / "other.xml") << other_->idp().metadata(other_->slo_url());
    write_private(workspace_.path() / "sp.key.pem", key->private_key_pem);
    std::ofstream(workspace_.path() / "sp.crt.pem") << key->certificate_pem;
    write_private(workspace_.path() / "store-index.key", random_key());
    write_private(workspace_.path() / "store-sealing.key", random_key());
}

std::string Site::idps(std::size_t node) const {
    const bool is_odd = node + 1 == nodes();
    if (is_odd && options_.plant == Plant::alias_apart) {
        return "[[idp]]\nmetadata = \"idp.xml\"\n[[idp]]\nmetadata = \"alias.xml\"\n"
               "[policy]\nallow_shared_keys = true\n";
    }
    std::string text = "[[idp]]\nmetadata = \"idp.xml\"\nissuer_aliases = [\"" + alias_->entity_id().str() + "\"]\n";
    if (options_.plant == Plant::loose_names) text += "name_id_matching = \"value_only\"\n";
    if (options_.plant == Plant::refused_repeats) text += "repeats = \"refuse\"\n";
    // With a timeout that no user would wait for, if it's planted that others must.
    if (other_)
        text +=
            other_idp + std::string(options_.plant == Plant::one_lane ? "timeout = \"60s\"\n" : "timeout = \"2s\"\n");
    return text + "[policy]\n";
}

std::string Site::limits() const {
    if (options_.strain != Strain::quota) return {};
    const bool is_counted = store_->engine() != "redis";  // Redis' memory is its limit
    return "max_logout_records = " + std::to_string(options_.logout_records) +
           "\nmax_logout_records_per_idp = " + std::to_string(options_.logout_records) +
           (is_counted ? "\nmax_sessions = " + std::to_string(most_sessions) : "") +
           "\nmax_sessions_per_principal = " + std::to_string(most_sessions_of_one) + "\n";
}

void Site::write_configuration(std::size_t node) const {
    const bool apart = options_.plant == Plant::own_store && node + 1 == nodes();
    std::ofstream(file_of(node, "toml")) << R"([sp]
entity_id = ")" << sp_name << R"("
former_entity_ids = [")" << former_sp_name
                                         << R"("]
slo_url = ")" << slo_url_ << R"("
acs_url = "https://sp.example.org/cluster/acs"
signing_key = "sp.key.pem"
signing_certificate = "sp.crt.pem"
)" << idps(node) << R"(unknown_principal = "success"
)" << (options_.kind == NodeKind::hosts ? "application_deadline = \"1s\"\n" : "")
                                         << R"([server]
listen = "127.0.0.1:)" << soap_ports_[node]
                                         << R"("
[local]
port = )" << local_ports_[node] << R"(
[store]
engine = ")" << (apart ? "memory" : store_->engine())
                                         << "\"\n"
                                         << limits() << (apart ? "" : store_->configuration());
}

void Site::await_nodes() {
    await("the nodes", [this] {
        keep_up();
        for (std::size_t i = 0; i < nodes(); ++i) {
            const examples::HttpCall question{.method = "GET", .path = "/sessions/nobody", .host = doors_.hosts[i]};
            const auto answer = examples::call(doors_.nodes[i], question);
            if (!answer || answer->status != 404) return false;
        }
        return true;
    });
}

void Site::fetch_metadata() {
    const auto metadata = examples::call(doors_.logouts, {.method = "GET", .path = "/saml/metadata"});
    auto sp = examples::TrustedSp::from_metadata(metadata ? metadata->body : "");
    if (!sp) throw std::runtime_error("no metadata of the service provider");
    sp_ = *std::move(sp);
    if (other_) other_->trust(*sp_);
}

void Site::begin(const Fault& fault) {
    Node& node = node_of(fault);
    switch (fault.kind) {
        case FaultKind::node_kill:
            down_ = fault.pick % nodes();
            return node.kill();
        case FaultKind::node_pause:
            return node.pause();
        case FaultKind::node_cut:
            return node.machine().cut_off();
        case FaultKind::node_starve:
            return node.starve();
        case FaultKind::log_stall:
            return log_reader_->stall();
        case FaultKind::idp_hang:
            return other_->behave(IdpManners::hangs);
        case FaultKind::idp_drip:
            return other_->behave(IdpManners::drips);
        case FaultKind::idp_rubbish:
            return other_->behave(IdpManners::rubbish);
        case FaultKind::idp_hang_up:
            return other_->behave(IdpManners::hangs_up);
        case FaultKind::split:
            isolated_ = store_->primary_machine();
            isolated_->isolate();
            return node.machine().isolate();
        default:
            return store_->begin(fault);
    }
}

void Site::end(const Fault& fault) {
    Node& node = node_of(fault);
    switch (fault.kind) {
        case FaultKind::node_kill:
            down_.reset();
            return node.keep_up();
        case FaultKind::node_pause:
            return node.resume();
        case FaultKind::node_cut:
            return node.machine().reconnect();
        case FaultKind::node_starve:
            return node.kill_if_starved();
        case FaultKind::log_stall:
            return log_reader_->go_on();
        case FaultKind::idp_hang:
        case FaultKind::idp_drip:
        case FaultKind::idp_rubbish:
        case FaultKind::idp_hang_up:
            return other_->behave(IdpManners::good);
        case FaultKind::split:
            isolated_->reconnect();
            return node.machine().reconnect();
        default:
            return store_->end(fault);
    }
}

std::size_t Site::requests_given_up() const {
    std::size_t times = 0;
    for (std::size_t i = 0; i < nodes(); ++i) {
        std::ifstream log(file_of(i, "log"));
        for (std::string line; std::getline(log, line);) {
            const auto has = [&line](std::string_view text) { return line.find(text) != std::string::npos; };
            if (has(R"("event":"resend")") && (has("request.given_up") || has("reply.not_soap"))) ++times;
        }
    }
    return times;
}

Lines Site::lines() const {
    Lines lines;
    for (std::size_t i = 0; i < nodes(); ++i) {
        std::ifstream log(file_of(i, "log"));
        for (std::string line; std::getline(log, line);) lines.add(line);
    }
    return lines;
}

std::size_t Site::starved_by_themselves() const {
    std::size_t times = 0;
    for (const Node& node : nodes_) times += node.starved_by_itself();
    return times;
}

void Site::keep_up() {
    for (std::size_t i = 0; i < nodes(); ++i) {
        if (down_ != i) nodes_[i].keep_up();
    }
}

}  // namespace slo::test
