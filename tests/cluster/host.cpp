// cluster_host: a node whose sessions live in an application outside of it, and whose clock may be wrong. Otherwise it
// serves what saml-slod does, from the same configuration. Without an application it ends sessions as saml-slod
// does. A plant (plant.hpp) makes it do wrong.
//
//   cluster_host --config FILE [--application PORT] [--clock-ahead MILLISECONDS] [--plant NUMBER]
//                [--failing-allocations 1]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "failing_memory.hpp"
#include "local_sessions.hpp"
#include "network.hpp"
#include "plant.hpp"
#include "planted.hpp"
#include "settings.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/housekeeper.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/store_options.hpp"

namespace {

using namespace slo;

class WrongClock final : public sp::Clock {
public:
    explicit WrongClock(std::chrono::milliseconds ahead) noexcept : ahead_(ahead) {}
    [[nodiscard]] Instant now() const noexcept override { return sp::SystemClock().now() + ahead_; }

private:
    std::chrono::milliseconds ahead_;
};

/// The line that the application on `port` answers; empty if none came.
std::string ask_application(std::uint16_t port, const std::string& question) {
    const test::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    for (std::string_view rest = question; !rest.empty();) {
        const ssize_t count = ::send(socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count <= 0) return {};
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    std::string answer;
    std::array<char, 4096> octets{};
    while (!answer.ends_with('\n')) {
        const ssize_t count = ::recv(socket.get(), octets.data(), octets.size(), 0);
        if (count <= 0) return {};
        answer.append(octets.data(), static_cast<std::size_t>(count));
    }
    return answer;
}

/// Asks without a time limit. Without an answer the report is dropped, which is a failure.
class RemoteApplication final : public sp::Application {
public:
    explicit RemoteApplication(std::uint16_t port) noexcept : port_(port) {}
    [[nodiscard]] std::string_view name() const noexcept override { return "remote"; }
    void end_sessions(const std::vector<sp::Session>& sessions, sp::ReportEnded report) override {
        std::string question;
        for (const sp::Session& session : sessions) question += session.id.str() + ' ';
        question.back() = '\n';
        std::thread([port = port_, question = std::move(question), report = std::move(report)] {
            std::istringstream words(ask_application(port, question));
            std::vector<sp::Ended> ended;
            for (std::string word; words >> word;) {
                ended.push_back(word == "gone" ? sp::Ended::ended : sp::Ended::failed);
            }
            if (!ended.empty()) report(std::move(ended));
        }).detach();
    }

private:
    std::uint16_t port_;
};

struct Arguments {
    std::string configuration;
    std::uint16_t application = 0;  ///< 0: none
    test::Plant plant = test::Plant::nothing;
    bool lacks_memory = false;
    std::chrono::milliseconds clock_ahead{0};
};

Arguments read_arguments(int count, char** words) {
    Arguments arguments;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view word = words[i];
        const std::string_view value = words[i + 1];
        int number = 0;
        std::from_chars(value.data(), value.data() + value.size(), number);
        if (word == "--config") arguments.configuration = value;
        if (word == "--application") arguments.application = static_cast<std::uint16_t>(number);
        if (word == "--plant") arguments.plant = static_cast<test::Plant>(number);
        if (word == "--failing-allocations") arguments.lacks_memory = number != 0;
        if (word == "--clock-ahead") arguments.clock_ahead = std::chrono::milliseconds(number);
    }
    return arguments;
}

int complain(const Failure& failure) {
    std::fprintf(stderr, "cluster_host: %s: %s\n", failure.code.message().c_str(), failure.detail.c_str());
    return 2;
}

std::unique_ptr<sp::Application> make_application(std::uint16_t port) {
    if (port != 0) return std::make_unique<RemoteApplication>(port);
    return std::make_unique<sp::SynchronousApplication>(
        "local", [](const sp::Session&) { return sp::Ended::ended; }, sp::SynchronousApplication::in_callers_thread);
}

std::unique_ptr<sp::AuditSink> make_audit(test::Plant plant) {
    if (plant == test::Plant::slow_log) return std::make_unique<test::SlowLog>();
    if (plant == test::Plant::lost_lines) return std::make_unique<test::LosingLog>(sp::make_boost_log_audit());
    return sp::make_boost_log_audit();
}

std::unique_ptr<sp::SessionStore> make_store(sp::SessionStore& store, test::Plant plant) {
    if (plant == test::Plant::hasty_store) return std::make_unique<test::HastyStore>(store);
    if (plant == test::Plant::forgetful_store) return std::make_unique<test::ForgetfulStore>(store);
    return std::make_unique<test::StoreInFront>(store);
}

/// The parts behind both servers.
struct Parts {
    Parts(const sp::Clock& clock, sp::Configuration& configuration, const saml::KeyedDigest& digest,
          sp::SessionStore& the_store, idp_adapter::IdpDirectory directory, const Arguments& arguments,
          std::shared_ptr<metadata::PublishedMetadata> published)
        : application(make_application(arguments.application)),
          store(make_store(the_store, arguments.plant)),
          audit(make_audit(arguments.plant)),
          honest_link({.destinations = configuration.destinations, .clock_skew = configuration.policy.clock_skew}),
          rash_link(honest_link),
          service({.entity_id = configuration.entity_id,
                   .destinations = configuration.destinations,
                   .idps = std::make_shared<idp_adapter::IdpDirectory>(std::move(directory)),
                   .signer = saml::MessageSigner(configuration.signing_key),
                   .decryption_keys = configuration.decryption_keys,
                   .audit_digest = digest,
                   .policy = configuration.policy,
                   .store = *store,
                   .applications = {application.get()},
                   .audit = *audit,
                   .clock = clock,
                   .idp_link = link(arguments.plant),
                   .former_entity_ids = configuration.former_entity_ids},
                  sp::Housekeeping::by_host),
          endpoint(service, with_metadata(configuration.endpoint, clock, std::move(published))),
          local_sessions(*store, service, configuration.entity_id),
          one_lane(local_sessions) {}

    static sp::HttpEndpointOptions with_metadata(sp::HttpEndpointOptions options, const sp::Clock& clock,
                                                 std::shared_ptr<metadata::PublishedMetadata> published) {
        options.metadata = [&clock, published = std::move(published)] { return published->at(clock.now()); };
        return options;
    }
    [[nodiscard]] idp_adapter::IdpLink* link(test::Plant plant) {
        if (plant == test::Plant::rash_link) return &rash_link;
        return &honest_link;
    }

    std::unique_ptr<sp::Application> application;
    std::unique_ptr<sp::SessionStore> store;
    std::unique_ptr<sp::AuditSink> audit;
    idp_adapter::SingleLogoutClient honest_link;
    test::RashLink rash_link;
    sp::LogoutService service;
    sp::HttpEndpoint endpoint;
    daemon::LocalSessions local_sessions;
    test::OneLane one_lane;
};

int serve(const daemon::Configuration& configuration, Parts& parts, test::Plant plant) {
    const bool has_one_lane = plant == test::Plant::one_lane;
    sp::HttpServerOptions local_options;
    local_options.port = configuration.local.port;
    local_options.handler_threads = has_one_lane ? 4 : configuration.server.handler_threads;
    local_options.waiting_threads = 32;
    auto server = sp::HttpServer::open(configuration.server, parts.endpoint);
    sp::HttpHandler& local_sessions = parts.local_sessions;
    auto local = sp::HttpServer::open(local_options, has_one_lane ? parts.one_lane : local_sessions);
    if (!server) return complain(server.error());
    if (!local) return complain(local.error());
    server->stop_on_signals();
    const sp::StderrLog log;
    const sp::Housekeeper housekeeper(parts.service);
    const std::jthread local_thread([&local] { local->run(); });
    server->run();
    parts.local_sessions.stop_waiting();
    local->stop();
    return 0;
}

int run(const Arguments& arguments) {
    const WrongClock clock(arguments.clock_ahead);
    auto configuration = daemon::load_configuration(arguments.configuration, clock.now());
    if (!configuration) return complain(configuration.error());
    const auto digest = saml::KeyedDigest::with_random_key();
    if (!digest) return complain(digest.error());
    auto store = sp::open_session_store(clock, configuration->store);
    if (!store) return complain(store.error());
    auto published = metadata::PublishedMetadata::make(configuration->publication, clock.now());
    if (!published) return complain(published.error());
    auto directory = idp_adapter::IdpDirectory::of(configuration->idps);
    if (!directory) return complain(directory.error());
    Parts parts(clock, *configuration, *digest, **store, *std::move(directory), arguments, *std::move(published));
    if (arguments.lacks_memory) test::let_allocations_fail();
    return serve(*configuration, parts, arguments.plant);
}

}  // namespace

int main(int count, char** words) {
    if (const auto hardened = saml::harden_process(); !hardened) return complain(hardened.error());
    return run(read_arguments(count, words));
}
