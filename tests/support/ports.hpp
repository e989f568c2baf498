// Test doubles for the service provider's ports: clock, audit, application, session store.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit_line.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/application.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/session_store.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {

/// The instant that `text` names. Throws std::logic_error if it names none.
[[nodiscard]] Instant at(std::string_view text);

/// FixedClock doesn't advance until it is set.
class FixedClock final : public sp::Clock {
public:
    explicit FixedClock(Instant now) : now_(now) {}
    [[nodiscard]] Instant now() const noexcept override { return now_.load(); }
    void set(Instant now) noexcept { now_ = now; }
    void advance(std::chrono::milliseconds by) noexcept { now_ = now_.load() + by; }

private:
    std::atomic<Instant> now_;
};

/// Recorder keeps every audit entry.
class Recorder final : public sp::AuditSink {
public:
    void record(const sp::AuditEntry& entry) noexcept override;
    [[nodiscard]] std::vector<AuditLine> entries() const;
    /// The last entry. Throws std::logic_error if there is none.
    [[nodiscard]] AuditLine last() const;

private:
    mutable std::mutex mutex_;
    std::vector<sp::AuditEntry> entries_;
};

/// RecordingApplication remembers which sessions it was told to end, and reports as configured. While it holds
/// back, it reports nothing until release().
class RecordingApplication final : public sp::Application {
public:
    explicit RecordingApplication(std::string name) : name_(std::move(name)) {}

    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    void end_sessions(const std::vector<sp::Session>& sessions, sp::ReportEnded report) override;

    /// Sets the report for a session from now on; `ended` unless set.
    void answer(const std::string& session_id, sp::Ended result);
    void answer_all(sp::Ended result);
    void throw_from_now_on();
    void hold_back();
    void release();
    /// Every session that it was told to end, sorted (their order has no meaning), joined by blanks.
    [[nodiscard]] std::string told() const;

private:
    struct Held {
        std::vector<sp::Ended> results;
        sp::ReportEnded report;
    };
    enum class Manner { answers, throws, holds_back };

    std::string name_;
    mutable std::mutex mutex_;
    std::map<std::string, sp::Ended> results_;
    sp::Ended otherwise_ = sp::Ended::ended;
    Manner manner_ = Manner::answers;
    std::vector<std::string> told_;
    std::vector<Held> held_;
};

/// FailingStore passes everything on to another store, except the calls that are to fail, and counts the ones passed
/// on.
class FailingStore final : public sp::SessionStore {
public:
    explicit FailingStore(sp::SessionStore& store) : store_(store) {}

    enum class Fault {
        none,
        begin_fails,
        begin_finds_no_room,
        begin_loses_its_answer,
        begin_throws,
        complete_fails,
        find_fails,
        keep_fails,
        listing_fails,
        naming_fails
    };
    void inject(Fault fault) noexcept { fault_ = fault; }

    /// How many calls that may change the store have reached it.
    [[nodiscard]] unsigned changes() const noexcept { return changes_; }

    [[nodiscard]] Result<sp::Admission> admit(const sp::Session& session) override {
        ++changes_;
        return store_.admit(session);
    }
    [[nodiscard]] Result<sp::Admission> would_admit(const sp::Session& session) override {
        return store_.would_admit(session);
    }
    [[nodiscard]] Result<sp::BegunLogout> begin_logout(const sp::LogoutOrder& order,
                                                       const sp::RoundClaim& claim) override;
    [[nodiscard]] Result<sp::RepeatedLogout> resume_logout(const sp::LogoutKey& key,
                                                           const sp::RoundClaim& claim) override {
        ++changes_;
        return store_.resume_logout(key, claim);
    }
    [[nodiscard]] Result<sp::LogoutOutcome> complete_logout(const sp::LogoutKey& key,
                                                            const sp::RoundReport& report) override;
    [[nodiscard]] Result<std::optional<sp::Session>> find(const sp::LocalSessionID& id) override {
        if (fault_ == Fault::find_fails) return failed();
        return store_.find(id);
    }
    [[nodiscard]] Result<std::vector<sp::UnfinishedLogout>> unfinished_logouts() override {
        return store_.unfinished_logouts();
    }
    [[nodiscard]] Result<std::vector<sp::Session>> named_by(const sp::SessionNaming& naming) override {
        if (fault_ == Fault::naming_fails) return failed();
        return store_.named_by(naming);
    }
    [[nodiscard]] Result<std::vector<sp::NearMiss>> near_misses(const sp::LogoutOrder& order) override {
        return store_.near_misses(order);
    }
    [[nodiscard]] Result<sp::SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                                      std::size_t count) override {
        if (fault_ == Fault::listing_fails) return failed();
        return store_.sessions_of(idp, after, count);
    }
    [[nodiscard]] Result<std::vector<saml::EntityID>> idps_of_sessions() override { return store_.idps_of_sessions(); }
    [[nodiscard]] Result<void> keep_request(const sp::KeptRequest& request) override {
        if (fault_ == Fault::keep_fails) return failed();
        ++changes_;
        return store_.keep_request(request);
    }
    [[nodiscard]] Result<std::vector<sp::KeptRequest>> take_due_requests(Instant now, Instant until,
                                                                         std::size_t count) override {
        auto due = store_.take_due_requests(now, until, count);
        if (!due || !due->empty()) ++changes_;
        return due;
    }
    [[nodiscard]] Result<void> drop_request(const sp::LogoutKey& key) override {
        ++changes_;
        return store_.drop_request(key);
    }

private:
    static Failure failed() { return sp::fail(sp::StoreErrc::store_failed, "the disk of this test is full"); }

    sp::SessionStore& store_;
    std::atomic<Fault> fault_ = Fault::none;
    std::atomic<unsigned> changes_ = 0;
};

}  // namespace slo::test
