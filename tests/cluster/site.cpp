#include "site.hpp"

#include <signal.h>
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
std::vector<std::uint16_t> choose_ports(bool separate) {
    std::vector<std::uint16_t> ports(nodes, examples::free_port());
    for (std::size_t i = 1; i < nodes && !separate; ++i) ports[i] = examples::free_port();
    return ports;
}

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

Node::Node(std::shared_ptr<Machine> machine, std::string program, fs::path configuration)
    : machine_(std::move(machine)), program_(std::move(program)), configuration_(std::move(configuration)) {}

void Node::kill() {
    process_.reset();
}

void Node::pause() const {
    if (process_ && process_->id() > 0) ::kill(process_->id(), SIGSTOP);
}

void Node::resume() const {
    if (process_ && process_->id() > 0) ::kill(process_->id(), SIGCONT);
}

void Node::keep_up() {
    if (process_) {
        static_cast<void>(process_->wait(0ms));
        if (process_->id() > 0) return;
    }
    process_.reset();
    const std::string log = configuration_.string() + ".log";
    machine_->run([&] {
        auto process = examples::ChildProcess::start(
            {"/bin/sh", "-c", R"(exec "$0" --config "$1" >>"$2" 2>&1)", program_, configuration_.string(), log});
        if (process) process_.emplace(*std::move(process));
    });
}

Site::Site(Network& network, const std::string& program, std::unique_ptr<SharedStore> store, Plant plant)
    : store_(std::move(store)),
      soap_ports_(choose_ports(network.has_namespaces())),
      local_ports_(choose_ports(network.has_namespaces())) {
    std::vector<Backend> soap;
    std::vector<Backend> local;
    for (std::size_t i = 0; i < nodes; ++i) {
        machines_.push_back(network.add_machine());
        soap.push_back({machines_[i], soap_ports_[i]});
        local.push_back({machines_[i], local_ports_[i]});
        doors_.hosts.push_back("127.0.0.1:" + std::to_string(local_ports_[i]));
    }
    const auto open = [this](std::vector<Backend> backends) {
        spreaders_.push_back(std::make_unique<Spreader>(std::move(backends)));
        return spreaders_.back()->port();
    };
    doors_.logouts = open(soap);
    for (const Backend& backend : local) doors_.nodes.push_back(open({backend}));
    if (network.has_namespaces()) doors_.any_node = open(local);
    slo_url_ = "http://127.0.0.1:" + std::to_string(doors_.logouts) + "/saml/slo/soap";

    write_keys();
    for (std::size_t i = 0; i < nodes; ++i) {
        write_configuration(i, plant);
        nodes_.emplace_back(machines_[i], program, workspace_.path() / ("node" + std::to_string(i) + ".toml"));
    }
    await_nodes();
    fetch_metadata();
}

/// The nodes are one service provider: they share its keys, and the store's.
void Site::write_keys() {
    auto idp = examples::TestIdp::make(*saml::EntityID::parse("https://idp.example.org/cluster"), now() - 1h);
    const auto key = saml::generate_key(saml::KeyKind::rsa_2048, "cluster", now() - 1h, std::chrono::days(365));
    if (!idp || !key) throw std::runtime_error("no keys");
    idp_ = *std::move(idp);
    std::ofstream(workspace_.path() / "idp.xml") << idp_->metadata();
    write_private(workspace_.path() / "sp.key.pem", key->private_key_pem);
    std::ofstream(workspace_.path() / "sp.crt.pem") << key->certificate_pem;
    write_private(workspace_.path() / "store-index.key", random_key());
    write_private(workspace_.path() / "store-sealing.key", random_key());
}

void Site::write_configuration(std::size_t node, Plant plant) const {
    const bool apart = plant == Plant::own_store && node + 1 == nodes;
    std::ofstream(workspace_.path() / ("node" + std::to_string(node) + ".toml")) << R"([sp]
entity_id = "https://sp.example.org/cluster"
slo_url = ")" << slo_url_ << R"("
acs_url = "https://sp.example.org/cluster/acs"
signing_key = "sp.key.pem"
signing_certificate = "sp.crt.pem"
[[idp]]
metadata = "idp.xml"
[policy]
unknown_principal = "success"
[server]
listen = "127.0.0.1:)" << soap_ports_[node] << R"("
[local]
port = )" << local_ports_[node] << R"(
[store]
engine = ")" << (apart ? "memory" : "redis") << "\"\n" << (apart ? "" : store_->configuration());
}

void Site::await_nodes() {
    await("the nodes", [this] {
        keep_up();
        for (std::size_t i = 0; i < nodes; ++i) {
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
}

void Site::begin(const Fault& fault) {
    Node& node = nodes_[fault.pick % nodes];
    switch (fault.kind) {
        case FaultKind::node_kill:
            down_ = fault.pick % nodes;
            return node.kill();
        case FaultKind::node_pause:
            return node.pause();
        case FaultKind::node_cut:
            return node.machine().cut_off();
        case FaultKind::split:
            isolated_ = store_->primary_machine();
            isolated_->isolate();
            return node.machine().isolate();
        default:
            return store_->begin(fault);
    }
}

void Site::end(const Fault& fault) {
    Node& node = nodes_[fault.pick % nodes];
    switch (fault.kind) {
        case FaultKind::node_kill:
            down_.reset();
            return node.keep_up();
        case FaultKind::node_pause:
            return node.resume();
        case FaultKind::node_cut:
            return node.machine().reconnect();
        case FaultKind::split:
            isolated_->reconnect();
            return node.machine().reconnect();
        default:
            return store_->end(fault);
    }
}

void Site::keep_up() {
    for (std::size_t i = 0; i < nodes; ++i) {
        if (down_ != i) nodes_[i].keep_up();
    }
}

}  // namespace slo::test
