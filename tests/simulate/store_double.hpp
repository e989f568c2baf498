// A node's connection to the store, on which answers get lost and the node dies.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "slo/sp/session_store.hpp"
#include "world.hpp"

namespace slo::simulate {

struct Process;

/// StoreDouble passes every call on to the engine that all nodes share. Before and after, others get a turn; the script
/// says which of an operation's calls meets which fault. It also has the planted faults.
class StoreDouble final : public sp::SessionStore {
public:
    explicit StoreDouble(Process& process) : process_(process) {}

    [[nodiscard]] Result<sp::Admission> admit(const sp::Session& session) override;
    [[nodiscard]] Result<sp::Admission> would_admit(const sp::Session& session) override;
    [[nodiscard]] Result<sp::BegunLogout> begin_logout(const sp::LogoutOrder& order,
                                                       const sp::RoundClaim& claim) override;
    [[nodiscard]] Result<sp::RepeatedLogout> resume_logout(const sp::LogoutKey& key,
                                                           const sp::RoundClaim& claim) override;
    [[nodiscard]] Result<sp::LogoutOutcome> complete_logout(const sp::LogoutKey& key,
                                                            const sp::RoundReport& report) override;
    [[nodiscard]] Result<std::optional<sp::Session>> find(const sp::LocalSessionID& id) override;
    [[nodiscard]] Result<std::vector<sp::UnfinishedLogout>> unfinished_logouts() override;
    [[nodiscard]] Result<std::vector<sp::Session>> named_by(const sp::SessionNaming& naming) override;
    [[nodiscard]] Result<std::vector<sp::NearMiss>> near_misses(const sp::LogoutOrder& order) override;
    [[nodiscard]] Result<sp::SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                                      std::size_t count) override;
    [[nodiscard]] Result<std::vector<saml::EntityID>> idps_of_sessions() override;
    [[nodiscard]] Result<void> keep_request(const sp::KeptRequest& request) override;
    [[nodiscard]] Result<std::vector<sp::KeptRequest>> take_due_requests(Instant now, Instant until,
                                                                         std::size_t count) override;
    [[nodiscard]] Result<void> drop_request(const sp::LogoutKey& key) override;
    std::size_t sweep_some() override;

private:
    enum class Fate { usual, refused, lost, dead };
    template <class Work>
    auto call(const char* what, Work work) -> decltype(work());
    Fate before(const char* what);
    Fate after(Fault::Kind kind);
    [[nodiscard]] sp::RoundClaim planted(sp::RoundClaim claim) const;
    template <class Logout>
    void note(const sp::LogoutKey& key, const sp::RoundID& round, Logout& logout);
    void forget_for_others(const sp::LogoutKey& key, const sp::RoundReport& report);

    Process& process_;
    std::optional<Fault::Kind> fault_;  ///< of the call that is about to be made: no turn passes in between

    struct Share {
        std::size_t granted = 0;
        std::vector<sp::LocalSessionID> hidden;
    };
    std::map<std::pair<std::string, std::uint64_t>, Share> shares_;  ///< for planted faults: of a logout's round
};

}  // namespace slo::simulate
