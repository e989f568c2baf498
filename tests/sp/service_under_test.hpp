// A LogoutService over a scripted store, and the requests for it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fixtures.hpp"
#include "logout_request_text.hpp"
#include "ports.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/soap.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/logout_service.hpp"
#include "values.hpp"

namespace slo::test {

/// ScriptedStore notes each call and returns the answers that the test put there.
class ScriptedStore final : public sp::SessionStore {
public:
    Result<sp::BegunLogout> begun = sp::BegunLogout(sp::FreshLogout{});
    std::optional<Result<sp::RepeatedLogout>> resumed;  ///< absent: what `unfinished` has
    std::optional<Result<sp::LogoutOutcome>> recorded;  ///< absent: what was reported
    Result<std::vector<sp::UnfinishedLogout>> unfinished = std::vector<sp::UnfinishedLogout>{};
    Result<std::vector<sp::NearMiss>> misses = std::vector<sp::NearMiss>{};
    std::function<void()> on_begin;
    std::function<void()> on_complete;
    std::function<void()> on_take_due;
    std::function<void()> on_sweep;

    std::string calls;                         ///< "begin complete ", in order
    std::optional<sp::LogoutOrder> order;      ///< under the present names, which come first
    std::optional<sp::LogoutOutcome> outcome;  ///< as reported; what wasn't gone of what was given out is `failed`
    std::string gone;
    std::vector<sp::LogoutOrder> orders;  ///< under every name
    std::vector<sp::Session> admitted;

    Result<sp::Admission> admit(const sp::Session& session) override {
        admitted.push_back(session);
        return sp::Admission::admitted;
    }
    Result<sp::Admission> would_admit(const sp::Session&) override { return sp::Admission::admitted; }
    Result<sp::BegunLogout> begin_logout(const sp::LogoutOrder& given, const sp::RoundClaim&) override {
        calls += "begin ";
        if (!order || order->key.idp == given.key.idp) order = given;
        orders.push_back(given);
        if (on_begin) on_begin();
        if (begun) given_out_ = ending_of(*begun);
        return begun;
    }
    Result<sp::RepeatedLogout> resume_logout(const sp::LogoutKey& key, const sp::RoundClaim&) override {
        if (resumed) return *resumed;
        for (const sp::UnfinishedLogout& logout : *unfinished) {
            if (logout.key != key) continue;
            given_out_ = logout.ending.size();
            return sp::RepeatedLogout{{}, logout.ending};
        }
        return sp::fail(sp::StoreErrc::store_failed, "no such logout has begun");
    }
    Result<sp::LogoutOutcome> complete_logout(const sp::LogoutKey&, const sp::RoundReport& report) override {
        calls += "complete ";
        const std::size_t failed = given_out_ - std::min(given_out_, report.gone.size()) + report.near_misses;
        outcome = sp::LogoutOutcome{
            .ended = report.ended, .already_gone = report.already_gone, .failed = static_cast<std::uint32_t>(failed)};
        for (const auto& id : report.gone) gone += id.str() + " ";
        if (on_complete) on_complete();
        return recorded.value_or(*outcome);
    }
    Result<std::optional<sp::Session>> find(const sp::LocalSessionID&) override { return std::optional<sp::Session>(); }
    Result<std::vector<sp::UnfinishedLogout>> unfinished_logouts() override { return unfinished; }
    Result<std::vector<sp::Session>> named_by(const sp::SessionNaming&) override { return std::vector<sp::Session>{}; }
    Result<std::vector<sp::NearMiss>> near_misses(const sp::LogoutOrder&) override { return misses; }
    Result<sp::SessionPage> sessions_of(const saml::EntityID&, const std::string&, std::size_t) override {
        return sp::SessionPage{};
    }
    Result<std::vector<saml::EntityID>> idps_of_sessions() override { return std::vector<saml::EntityID>{}; }
    Result<void> keep_request(const sp::KeptRequest&) override { return Done{}; }
    Result<std::vector<sp::KeptRequest>> take_due_requests(Instant, Instant, std::size_t) override {
        if (on_take_due) on_take_due();
        return std::vector<sp::KeptRequest>{};
    }
    Result<void> drop_request(const sp::LogoutKey&) override { return Done{}; }
    std::size_t sweep_some() override {
        if (on_sweep) on_sweep();
        return 0;
    }

private:
    static std::size_t ending_of(const sp::BegunLogout& begun) {
        return std::visit([](const auto& logout) { return logout.ending.size(); }, begun);
    }
    std::size_t given_out_ = 0;
};

inline saml::SigningKey signing_key(const std::string& name) {
    return taken(saml::SigningKey::parse(fixture(name + ".key.pem"), fixture(name + ".crt.pem")));
}

inline idp_adapter::Idp idp_with_first_key(idp_adapter::InteropProfile profile = {}) {
    const auto certificate = taken(saml::Certificate::parse(fixture("keys/idp1-first.crt.pem")));
    return {.entity_id = idp_id,
            .keys = {taken(saml::VerificationKey::from(certificate))},
            .single_logout_services = {},
            .valid_until = {},
            .profile = std::move(profile),
            .algorithms = {}};
}

/// pysaml2 labels SOAP 1.1 with SOAP 1.2's media type.
inline idp_adapter::InteropProfile profile_with_soap_12_type() {
    idp_adapter::InteropProfile profile;
    profile.extra_content_types = {"application/soap+xml"};
    return profile;
}

inline std::shared_ptr<const idp_adapter::IdpDirectory> directory_of(std::vector<idp_adapter::Idp> idps) {
    return std::make_shared<const idp_adapter::IdpDirectory>(taken(idp_adapter::IdpDirectory::of(std::move(idps))));
}

/// ScriptedLink notes each request to IdPs, and returns the answers that the test put there; Success by default.
class ScriptedLink final : public idp_adapter::IdpLink {
public:
    idp_adapter::LogoutVerdict ask(const idp_adapter::Idp& idp, const idp_adapter::LogoutAsk& ask,
                                   const saml::MessageSigner&, Instant, const std::stop_token& stop) noexcept override {
        const std::lock_guard lock(mutex_);
        asked.push_back({idp.entity_id, ask, stop.stop_requested()});
        if (on_ask) on_ask();
        idp_adapter::LogoutVerdict verdict{
            .kind = idp_adapter::LogoutVerdict::Kind::success, .status = {}, .why = {}, .request_id = {}};
        if (answers.empty()) return verdict;
        verdict = answers.front();
        answers.pop_front();
        return verdict;
    }
    void will(idp_adapter::LogoutVerdict::Kind kind, idp_adapter::ReplyErrc why) {
        answers.push_back({kind, {}, {make_error_code(why), {}}, {}});
    }

    struct Asked {
        saml::EntityID idp;
        idp_adapter::LogoutAsk ask;
        bool is_to_stop;
    };
    std::vector<Asked> asked;
    std::deque<idp_adapter::LogoutVerdict> answers;
    std::function<void()> on_ask;

private:
    std::mutex mutex_;
};

inline idp_adapter::Idp idp_that_can_be_asked(const saml::EntityID& id = idp_id,
                                              idp_adapter::InteropProfile profile = {}) {
    auto idp = idp_with_first_key(std::move(profile));
    idp.entity_id = id;
    idp.single_logout_services = {{.binding = std::string(metadata::soap_binding),
                                   .location = parsed<saml::EndpointUrl>("https://idp1.example.org/slo"),
                                   .response_location = {},
                                   .supports_asynchronous = false}};
    return idp;
}

/// The baseline request as a value: _r1 of IdP1 for N1 and i1.
inline saml::LogoutRequest baseline_request() {
    return {
        .id = parsed<saml::MessageID>("_r1"),
        .version = {},
        .issue_instant = at(baseline_now),
        .destination = std::string(our_soap_url),
        .consent = {},
        .issuer = idp_id,
        .asynchronous = false,
        .identifier = session_named("S1").name_id,
        .session_indexes = {parsed<saml::SessionIndex>("i1")},
        .not_on_or_after = at("2030-01-15T10:05:00Z"),
        .reason = {},
    };
}

inline std::string signed_body(const saml::LogoutRequest& request, const std::string& key = "keys/idp1-first") {
    return saml::soap::encode(taken(saml::MessageSigner(signing_key(key)).sign(request)));
}

/// Everything around one LogoutService. Change the parts first, then ask for service().
struct ServiceUnderTest {
    FixedClock clock{at(baseline_now)};
    Recorder audit;
    ScriptedStore store;
    RecordingApplication application{"shop"};
    saml::KeyedDigest digest = taken(saml::KeyedDigest::with_key("0123456789abcdef"));
    sp::LogoutServiceParts parts{
        .entity_id = our_id,
        .destinations = {parsed<saml::EndpointUrl>(our_soap_url)},
        .idps = directory_of({idp_with_first_key()}),
        .signer = saml::MessageSigner(signing_key("sp/sp")),
        .decryption_keys = {},
        .audit_digest = digest,
        .policy = {},
        .store = store,
        .applications = {&application},
        .audit = audit,
        .clock = clock,
    };

    /// The same parts over another store.
    [[nodiscard]] sp::LogoutServiceParts parts_over(sp::SessionStore& other) const {
        return {parts.entity_id,         parts.destinations, parts.idps,   parts.signer,
                parts.decryption_keys,   parts.audit_digest, parts.policy, other,
                parts.applications,      parts.audit,        parts.clock,  parts.idp_link,
                parts.former_entity_ids, parts.pace};
    }
    sp::LogoutService& service() {
        if (!made_) made_ = std::make_unique<sp::LogoutService>(parts, sp::Housekeeping::by_host);
        return *made_;
    }
    void end_service() { made_.reset(); }
    idp_adapter::ClientCredentials client;  ///< of the sender of the next requests

    sp::SoapReply handle(const std::string& body, std::string_view media_type = "text/xml") {
        return sp::BackChannel(service()).handle({.body = body, .content_type = media_type, .client = client});
    }

private:
    std::unique_ptr<sp::LogoutService> made_;
};

}  // namespace slo::test
