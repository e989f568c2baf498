// An application's sessions, and how it ends them: as slowly, as badly and as late as the port allows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slo/sp/application.hpp"
#include "world.hpp"

namespace slo::simulate {

struct Process;
class Oracle;

/// SessionTable is the application's own, which all its nodes share.
class SessionTable {
public:
    struct Entry {
        std::size_t home = 0;  ///< the node where the user logged in
        Milliseconds expires{};
        int erased_by = 0;  ///< the call that has erased it, but may yet fail
    };
    void put(const std::string& id, Entry entry) { entries_[id] = entry; }
    void erase(const std::string& id) { entries_.erase(id); }
    /// Whether a client finds it. It ends by itself, somewhat late.
    [[nodiscard]] bool has(const std::string& id, Milliseconds now) const;
    /// False: there was nothing.
    bool try_erase(const std::string& id, int call, Milliseconds now);
    void commit(const std::string& id, int call);
    void roll_back(const std::string& id, int call);
    void erase_all_of(std::size_t home);

private:
    std::map<std::string, Entry> entries_;
};

/// Calls are those that the application is at work on, of processes that live.
class Calls {
public:
    struct Call {
        int number = 0;
        const Process* process = nullptr;
        const Actor* actor = nullptr;
        std::vector<std::string> sessions;
        std::vector<bool> erased;
    };
    std::shared_ptr<Call> begin(const Process& process, const Actor& actor, std::vector<std::string> sessions);
    void end(const Call& call);
    [[nodiscard]] bool is_at_work_on(const std::string& session) const;
    [[nodiscard]] bool is_at_work_for(const Actor& actor) const;
    [[nodiscard]] bool is_at_work() const noexcept { return !calls_.empty(); }
    /// Takes those of a process that has died.
    [[nodiscard]] std::vector<std::shared_ptr<Call>> take_all_of(const Process& process);

private:
    int last_ = 0;
    std::vector<std::shared_ptr<Call>> calls_;
};

/// SimulatedApplication is the double of one process.
class SimulatedApplication final : public sp::Application {
public:
    explicit SimulatedApplication(Process& process) : process_(process) {}
    [[nodiscard]] std::string_view name() const noexcept override { return "shop"; }
    void end_sessions(const std::vector<sp::Session>& sessions, sp::ReportEnded report) override;

private:
    enum class Manner { prompt, slow, very_slow, fails_late, throws, short_list, drops_report };
    [[nodiscard]] Manner choose(Chance& chance) const;
    void work(Calls::Call& call, Manner manner, const sp::ReportEnded& report);
    std::vector<sp::Ended> erase_all(Calls::Call& call, Milliseconds longest);
    void take_back(Calls::Call& call, std::vector<sp::Ended>& verdicts);

    Process& process_;
};

}  // namespace slo::simulate
