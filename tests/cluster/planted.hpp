// Deliberate faults in a host of the library, which the trial must see.
#pragma once

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::test {

/// A store as good as the one behind it, which must outlive it.
class StoreInFront : public sp::SessionStore {
public:
    explicit StoreInFront(sp::SessionStore& behind) noexcept : behind_(behind) {}

    Result<sp::Admission> admit(const sp::Session& session) override { return behind_.admit(session); }
    Result<sp::Admission> would_admit(const sp::Session& session) override { return behind_.would_admit(session); }
    Result<sp::BegunLogout> begin_logout(const sp::LogoutOrder& order, const sp::RoundClaim& claim) override {
        return behind_.begin_logout(order, claim);
    }
    Result<sp::RepeatedLogout> resume_logout(const sp::LogoutKey& key, const sp::RoundClaim& claim) override {
        return behind_.resume_logout(key, claim);
    }
    Result<sp::LogoutOutcome> complete_logout(const sp::LogoutKey& key, const sp::RoundReport& report) override {
        return behind_.complete_logout(key, report);
    }
    Result<std::optional<sp::Session>> find(const sp::LocalSessionID& id) override { return behind_.find(id); }
    Result<std::vector<sp::UnfinishedLogout>> unfinished_logouts() override { return behind_.unfinished_logouts(); }
    Result<std::vector<sp::Session>> named_by(const sp::SessionNaming& naming) override {
        return behind_.named_by(naming);
    }
    Result<std::vector<sp::NearMiss>> near_misses(const sp::LogoutOrder& order) override {
        return behind_.near_misses(order);
    }
    Result<sp::SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                        std::size_t count) override {
        return behind_.sessions_of(idp, after, count);
    }
    Result<std::vector<saml::EntityID>> idps_of_sessions() override { return behind_.idps_of_sessions(); }
    Result<void> keep_request(const sp::KeptRequest& request) override { return behind_.keep_request(request); }
    Result<std::vector<sp::KeptRequest>> take_due_requests(Instant now, Instant until, std::size_t count) override {
        return behind_.take_due_requests(now, until, count);
    }
    Result<void> drop_request(const sp::LogoutKey& key) override { return behind_.drop_request(key); }
    std::size_t sweep_some() override { return behind_.sweep_some(); }

private:
    sp::SessionStore& behind_;
};

/// A record that can't be made counts as done.
class HastyStore final : public StoreInFront {
public:
    using StoreInFront::StoreInFront;
    Result<sp::BegunLogout> begin_logout(const sp::LogoutOrder& order, const sp::RoundClaim& claim) override {
        auto begun = StoreInFront::begin_logout(order, claim);
        return begun ? std::move(begun) : sp::BegunLogout(sp::FreshLogout{});
    }
    Result<sp::LogoutOutcome> complete_logout(const sp::LogoutKey& key, const sp::RoundReport& report) override {
        auto outcome = StoreInFront::complete_logout(key, report);
        return outcome ? std::move(outcome) : sp::LogoutOutcome{};
    }
    Result<std::vector<sp::NearMiss>> near_misses(const sp::LogoutOrder&) override {
        return std::vector<sp::NearMiss>{};
    }
};

/// Says that it keeps requests for IdPs, and doesn't.
class ForgetfulStore final : public StoreInFront {
public:
    using StoreInFront::StoreInFront;
    Result<void> keep_request(const sp::KeptRequest&) override { return Done{}; }
};

/// Takes any reply of an IdP, and none too, for a Success.
class RashLink final : public idp_adapter::IdpLink {
public:
    explicit RashLink(idp_adapter::IdpLink& behind) noexcept : behind_(behind) {}
    idp_adapter::LogoutVerdict ask(const idp_adapter::Idp& idp, const idp_adapter::LogoutAsk& ask,
                                   const saml::MessageSigner& signer, Instant now,
                                   const std::stop_token& stop) noexcept override {
        idp_adapter::LogoutVerdict verdict = behind_.ask(idp, ask, signer, now, stop);
        const bool was_asked = verdict.kind != idp_adapter::LogoutVerdict::Kind::impossible;
        if (was_asked) verdict.kind = idp_adapter::LogoutVerdict::Kind::success;
        return verdict;
    }

private:
    idp_adapter::IdpLink& behind_;
};

/// The thread that makes a line writes it, and waits while stderr takes nothing.
class SlowLog final : public sp::AuditSink {
public:
    void record(const sp::AuditEntry& entry) noexcept override {
        std::fprintf(stderr, "%s\n", sp::to_json(entry).c_str());
    }
};

/// One of so many lines is lost, without a report.
class LosingLog final : public sp::AuditSink {
public:
    explicit LosingLog(std::unique_ptr<sp::AuditSink> behind) noexcept : behind_(std::move(behind)) {}
    void record(const sp::AuditEntry& entry) noexcept override {
        constexpr unsigned one_of = 16;
        if (++lines_ % one_of != 0) behind_->record(entry);
    }

private:
    std::unique_ptr<sp::AuditSink> behind_;
    std::atomic<unsigned> lines_ = 0;
};

/// Requests that wait for an IdP and others run in the same threads.
class OneLane final : public sp::HttpHandler {
public:
    explicit OneLane(sp::HttpHandler& behind) noexcept : behind_(behind) {}
    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        return behind_.handle(request);
    }

private:
    sp::HttpHandler& behind_;
};

}  // namespace slo::test
