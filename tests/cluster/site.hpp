// A service provider of some nodes behind spreaders, and an IdP that trusts it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.hpp"
#include "faults.hpp"
#include "log_reader.hpp"
#include "network.hpp"
#include "outer_application.hpp"
#include "outer_idp.hpp"
#include "plant.hpp"
#include "shared_store.hpp"
#include "spreader.hpp"
#include "strain.hpp"
#include "test_idp.hpp"

namespace slo::test {

/// The earlier name of the service provider, to which it still answers in qualifiers.
inline constexpr std::string_view sp_name = "https://sp.example.org/cluster";
inline constexpr std::string_view former_sp_name = "https://sp.example.org/before";

/// A temporary directory.
class Workspace {
public:
    Workspace();
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Keeps it, as the nodes' logs will be read.
    void keep() noexcept { kept_ = true; }

private:
    std::filesystem::path path_;
    bool kept_ = false;
};

/// A node's process with a machine of its own.
class Node {
public:
    /// `command` lacks the configuration, which comes at the end: --config FILE.
    /// Its output goes to `log`.
    Node(std::shared_ptr<Machine> machine, std::vector<std::string> command, std::filesystem::path configuration,
         std::filesystem::path log);

    [[nodiscard]] const Machine& machine() const noexcept { return *machine_; }
    void kill();
    void pause() const;
    void resume() const;
    /// From now on this process gets no more memory.
    void starve();
    /// Kills it if it starves; its successor doesn't.
    void kill_if_starved();
    /// How many processes that starved ended by themselves.
    [[nodiscard]] std::size_t starved_by_itself() const noexcept { return starved_by_itself_; }
    /// As a service manager does: starts it, or again if it has ended by itself.
    void keep_up();

private:
    std::shared_ptr<Machine> machine_;
    std::vector<std::string> command_;
    std::filesystem::path configuration_;
    std::filesystem::path log_;
    std::optional<examples::ChildProcess> process_;
    std::optional<pid_t> starving_ = {};
    std::size_t starved_by_itself_ = 0;
};

enum class NodeKind {
    endpoints,   ///< saml-slod
    hosts,       ///< cluster_host: with an application outside, and clocks that differ
    bare_hosts,  ///< cluster_host, which does as saml-slod does: for faults that can only be planted in a host
};

struct SiteOptions {
    NodeKind kind = NodeKind::endpoints;
    std::string program = {};                  ///< that the nodes run
    std::chrono::milliseconds clocks_apart{};  ///< of hosts: the first is behind, the last ahead, by half of it
    Plant plant = Plant::nothing;
    std::uint64_t seed = 1;
    Strain strain = Strain::none;
    std::size_t logout_records = 0;  ///< of Strain::quota: the store's limit
};

/// Of Strain::quota.
inline constexpr std::size_t most_sessions = 1500;
inline constexpr std::size_t most_sessions_of_one = 60;

/// Doors are the entries for callers, all on this machine's loopback.
struct Doors {
    std::uint16_t logouts = 0;                   ///< to any node
    std::optional<std::uint16_t> any_node = {};  ///< the local interface of any node; none without namespaces
    std::vector<std::uint16_t> nodes = {};       ///< the local interface of each
    std::vector<std::string> hosts = {};         ///< the Host header for each
};

/// To be used by one thread, which must live as long.
class Site {
public:
    /// `recorder` must outlive it. Throws std::runtime_error if it can't be set up.
    Site(Network& network, Recorder& recorder, std::unique_ptr<SharedStore> store, SiteOptions options);

    [[nodiscard]] std::size_t nodes() const noexcept { return machines_.size(); }
    [[nodiscard]] const examples::TestIdp& idp() const noexcept { return *idp_; }
    [[nodiscard]] std::size_t logout_records() const noexcept { return options_.logout_records; }
    /// The same IdP under another of its names.
    [[nodiscard]] const examples::TestIdp& alias() const noexcept { return *alias_; }
    [[nodiscard]] const examples::TrustedSp& sp() const noexcept { return *sp_; }
    [[nodiscard]] const std::string& slo_url() const noexcept { return slo_url_; }
    [[nodiscard]] const Doors& doors() const noexcept { return doors_; }
    [[nodiscard]] SharedStore& store() const noexcept { return *store_; }
    [[nodiscard]] Workspace& workspace() noexcept { return workspace_; }

    void begin(const Fault& fault);
    void end(const Fault& fault);
    void keep_up();
    /// A node that a fault has killed is started again, before the fault's end.
    void raise_the_dead() noexcept { down_.reset(); }
    /// How many kept requests will not be sent any more, by the nodes' lines: given up, or answered without SAML.
    [[nodiscard]] std::size_t requests_given_up() const;
    /// The nodes' lines about the logouts that IdPs have ordered.
    [[nodiscard]] Lines lines() const;
    /// Whether nodes may answer 500 because they have no memory.
    [[nodiscard]] bool lacks_memory() const noexcept {
        return options_.strain == Strain::memory || options_.strain == Strain::allocations;
    }
    /// How many nodes' processes ended for want of memory, before the trial killed them.
    [[nodiscard]] std::size_t starved_by_themselves() const;
    /// Until each of them answers. Throws std::runtime_error if one doesn't, for long.
    void await_nodes();
    /// Answers that come through a spreader to any node are lost now and then.
    void lose_answers();
    /// Null where there is none.
    [[nodiscard]] OuterApplication* application() const noexcept { return application_.get(); }

    /// The IdP that can be asked to end its sessions; null where there is no strain.
    [[nodiscard]] OuterIdp* other() const noexcept { return other_.get(); }

private:
    [[nodiscard]] std::filesystem::path file_of(std::size_t node, std::string_view kind) const;
    void read_logs();
    [[nodiscard]] Node& node_of(const Fault& fault) { return nodes_[fault.pick % nodes_.size()]; }
    [[nodiscard]] std::string limits() const;
    void open_doors(bool have_namespaces);
    void write_keys();
    void write_configuration(std::size_t node) const;
    [[nodiscard]] std::string idps(std::size_t node) const;
    [[nodiscard]] std::vector<std::string> command(std::size_t node) const;
    void fetch_metadata();

    SiteOptions options_;
    Workspace workspace_;
    std::unique_ptr<SharedStore> store_;
    std::vector<std::shared_ptr<Machine>> machines_;
    std::vector<std::uint16_t> soap_ports_;
    std::vector<std::uint16_t> local_ports_;
    std::vector<std::unique_ptr<Spreader>> spreaders_;
    Doors doors_;
    std::string slo_url_;
    std::optional<examples::TestIdp> idp_;
    std::optional<examples::TestIdp> alias_;
    std::optional<examples::TrustedSp> sp_;
    std::unique_ptr<OuterApplication> application_;
    std::unique_ptr<OuterIdp> other_;
    std::unique_ptr<LogReader> log_reader_;
    std::vector<Node> nodes_;
    std::optional<std::size_t> down_ = {};  ///< killed by a fault that isn't over
    const Machine* isolated_ = nullptr;     ///< together with a node
};

}  // namespace slo::test
