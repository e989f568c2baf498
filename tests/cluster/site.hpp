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
#include "shared_store.hpp"
#include "spreader.hpp"
#include "test_idp.hpp"

namespace slo::test {

inline constexpr std::size_t nodes = 3;

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

/// A soap_endpoint process with a machine of its own. Its output goes to a file.
class Node {
public:
    Node(std::shared_ptr<Machine> machine, std::string program, std::filesystem::path configuration);

    [[nodiscard]] const Machine& machine() const noexcept { return *machine_; }
    void kill();
    void pause() const;
    void resume() const;
    /// As a service manager does: starts it, or again if it has ended by itself.
    void keep_up();

private:
    std::shared_ptr<Machine> machine_;
    std::string program_;
    std::filesystem::path configuration_;
    std::optional<examples::ChildProcess> process_;
};

/// What is wrong with the store's configuration on purpose, to see that the trial sees it.
enum class Plant {
    nothing,
    own_store,  ///< the last node keeps its sessions to itself
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
    /// Throws std::runtime_error if it can't be set up.
    Site(Network& network, const std::string& program, std::unique_ptr<SharedStore> store, Plant plant);

    [[nodiscard]] const examples::TestIdp& idp() const noexcept { return *idp_; }
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

private:
    void write_keys();
    void write_configuration(std::size_t node, Plant plant) const;
    void fetch_metadata();

    Workspace workspace_;
    std::unique_ptr<SharedStore> store_;
    std::vector<std::shared_ptr<Machine>> machines_;
    std::vector<std::uint16_t> soap_ports_;
    std::vector<std::uint16_t> local_ports_;
    std::vector<std::unique_ptr<Spreader>> spreaders_;
    Doors doors_;
    std::string slo_url_;
    std::optional<examples::TestIdp> idp_;
    std::optional<examples::TrustedSp> sp_;
    std::vector<Node> nodes_;
    std::optional<std::size_t> down_ = {};  ///< killed by a fault that isn't over
    const Machine* isolated_ = nullptr;     ///< together with a node
};

}  // namespace slo::test
