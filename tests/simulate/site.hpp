// The nodes of an episode, their ports, and their shared state.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "application_model.hpp"
#include "cast.hpp"
#include "oracle.hpp"
#include "plant.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/logout_service.hpp"
#include "store_double.hpp"

namespace slo::simulate {

struct Site;

/// A node's clock, or the store's: off the time by as much as the bound allows.
class OffClock final : public sp::Clock {
public:
    explicit OffClock(const World& world) : world_(world) {}
    [[nodiscard]] Instant now() const noexcept override { return instant_of(world_.now() + off_); }
    void set_off(Milliseconds off) noexcept { off_ = off; }

private:
    const World& world_;
    Milliseconds off_{};
};

/// Waiting gives the turn to other fibers.
class FiberPace final : public sp::Pace {
public:
    explicit FiberPace(const Process& process) : process_(process) {}
    [[nodiscard]] sp::SteadyTime now() const noexcept override;
    void wait(sp::Alarm& alarm, sp::SteadyTime deadline) const override;
    void run_all(const std::vector<std::function<void()>>& works) const override;

private:
    const Process& process_;
};

/// IdPs that answer, refuse, hang or are never reached.
class SimulatedLink final : public idp_adapter::IdpLink {
public:
    explicit SimulatedLink(Process& process) : process_(process) {}
    [[nodiscard]] idp_adapter::LogoutVerdict ask(const idp_adapter::Idp& idp, const idp_adapter::LogoutAsk& ask,
                                                 const saml::MessageSigner& signer, Instant now,
                                                 const std::stop_token& stop) noexcept override;

private:
    Process& process_;
};

class SilentAudit final : public sp::AuditSink {
public:
    void record(const sp::AuditEntry&) noexcept override {}
};

/// Process is a node from its start to its death. A dead one comes to its end without touching anything: each of its
/// calls fails, each of its waits is over.
struct Process {
    Process(Site& its_site, std::size_t its_node);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    Site& site;
    const std::size_t node;
    bool is_dead = false;
    StoreDouble store;
    SimulatedApplication application;
    SimulatedLink link;
    FiberPace pace;
    std::unique_ptr<sp::LogoutService> service;
};

struct Site {
    Site(const Cast& its_cast, const Script& its_script, Plant its_plant, std::vector<std::string>* its_trace);
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    /// The node's process; null while it's down.
    [[nodiscard]] std::shared_ptr<Process> process_of(std::size_t node) { return nodes[node]; }
    void start(std::size_t node);
    /// The node dies, and comes back after a while. With SQLite all nodes are one process.
    void crash(Process& process);
    void trace(const std::string& text) const;
    /// All processes die, for good, so that all fibers come to their end.
    void shut_down();

    const Cast& cast;
    const Script& script;
    const Plant plant;
    World world;
    OffClock store_clock{world};
    std::vector<std::unique_ptr<OffClock>> clocks;
    SilentAudit audit;
    saml::KeyedDigest digest;
    std::filesystem::path folder;  ///< of the SQLite engine
    std::unique_ptr<sp::SessionStore> engine;
    SessionTable table;
    Calls calls;
    Oracle oracle;
    std::map<std::string, sp::RoundID> last_round;  ///< which was granted a session last
    std::vector<std::shared_ptr<Process>> nodes;
    std::vector<std::shared_ptr<Process>> dead;
    bool is_quiet = false;    ///< no more faults, and applications that do as asked
    bool is_closing = false;  ///< nothing begins any more

private:
    void open_engine();
    void kill(std::size_t node);
    void keep_house(const std::shared_ptr<Process>& process);
    std::vector<std::string>* trace_;
};

[[nodiscard]] std::string joined(const std::vector<std::string>& words);

}  // namespace slo::simulate
