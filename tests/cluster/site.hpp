// A service provider of three nodes behind spreaders, and an IdP that trusts it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "faults.hpp"
#include "network.hpp"
#include "outer_application.hpp"
#include "shared_store.hpp"
#include "spreader.hpp"
#include "test_idp.hpp"

namespace slo::test {

inline constexpr std::size_t nodes = 3;
/// What the service provider was called before, and still answers to in qualifiers.
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
    /// It isn't removed, because somebody will want to read the nodes' logs.
    void keep() noexcept { kept_ = true; }

private:
    std::filesystem::path path_;
    bool kept_ = false;
};

/// A node's process with a machine of its own. Its output goes to a file.
class Node {
public:
    /// `command` lacks the configuration, which stands at the end: --config FILE.
    Node(std::shared_ptr<Machine> machine, std::vector<std::string> command, std::filesystem::path configuration);

    [[nodiscard]] const Machine& machine() const noexcept { return *machine_; }
    void kill();
    void pause() const;
    void resume() const;
    /// As a service manager does: starts it, or again if it has ended by itself.
    void keep_up();

private:
    std::shared_ptr<Machine> machine_;
    std::vector<std::string> command_;
    std::filesystem::path configuration_;
    std::optional<examples::ChildProcess> process_;
};

/// What is wrong on purpose, to see that the trial sees it.
enum class Plant {
    nothing,
    own_store,          ///< the last node keeps its sessions to itself
    alias_apart,        ///< to the last node the IdP's alias is another IdP
    loose_names,        ///< to the nodes a NameID is its value
    refused_repeats,    ///< a repeated request is refused, also one whose answer was lost
    lying_application,  ///< hosts only: says that sessions are gone while it works, and fails
    wrong_clock,        ///< hosts only: their clocks are minutes apart
};

enum class NodeKind {
    endpoints,  ///< soap_endpoint
    hosts,      ///< cluster_host: with an application outside, and clocks that differ
};

struct SiteOptions {
    NodeKind kind = NodeKind::endpoints;
    std::string program = {};                  ///< that the nodes run
    std::chrono::milliseconds clocks_apart{};  ///< of hosts: the first is behind, the last ahead, by half of it
    Plant plant = Plant::nothing;
    std::uint64_t seed = 1;
};

/// Doors are where a caller gets in, all on this machine's loopback.
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

    [[nodiscard]] const examples::TestIdp& idp() const noexcept { return *idp_; }
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
    /// Until each of them answers. Throws std::runtime_error if one doesn't, for long.
    void await_nodes();
    /// Answers that come through a spreader to any node are lost now and then.
    void lose_answers();
    /// Null where there is none.
    [[nodiscard]] OuterApplication* application() const noexcept { return application_.get(); }

private:
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
    std::vector<Node> nodes_;
    std::optional<std::size_t> down_ = {};  ///< killed by a fault that isn't over
    const Machine* isolated_ = nullptr;     ///< together with a node
};

}  // namespace slo::test
