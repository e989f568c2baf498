#include "arena.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>

#include "fixtures.hpp"
#include "slo/sp/http_endpoint.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

/// Lets the endpoint answer and asks, on the same thread, whether a C library still holds an error.
class WatchedEndpoint final : public sp::HttpHandler {
public:
    WatchedEndpoint(ServiceProvider& provider, sp::HttpEndpointOptions options)
        : endpoint_(provider.service(), std::move(options)) {}

    sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        auto step = endpoint_.handle(request);
        const auto left = slo::test::errors_left_behind();
        const std::lock_guard lock(mutex_);
        if (left_.empty()) left_ = left;
        return step;
    }

    void refused(const sp::RefusedByServer& refused) noexcept override { endpoint_.refused(refused); }

    [[nodiscard]] std::string errors_left_behind() const {
        const std::lock_guard lock(mutex_);
        return left_;
    }

private:
    sp::HttpEndpoint endpoint_;
    mutable std::mutex mutex_;
    std::string left_;
};

sp::HttpServer opened(sp::HttpHandler& handler) {
    auto server = sp::HttpServer::open({}, handler);
    if (!server) throw std::runtime_error(server.error().detail);
    return *std::move(server);
}

class Arena {
public:
    explicit Arena(const ServiceProviderOptions& options)
        : provider(options), endpoint(provider, options.endpoint), server_(opened(endpoint)) {
        std::promise<void> confined;
        thread_ = std::thread([&] {
            try {
                forbid_calls_outside_on_this_thread();
                confined.set_value();
            } catch (...) {
                confined.set_exception(std::current_exception());
                return;
            }
            server_.run();
        });
        try {
            confined.get_future().get();
        } catch (...) {
            thread_.join();
            throw;
        }
        provider.admit(session("S1", idp1_entity_id, transient(alice), {"i1"}));
        provider.admit(session("S2", idp1_entity_id, transient(alice), {"i2"}));
        provider.admit(session("S3", idp1_entity_id, transient(bob), {"i1"}));
        provider.admit(session("S4", idp2_entity_id, transient(alice), {"i1"}));
    }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() {
        server_.stop();
        if (thread_.joinable()) thread_.join();
    }

    /// Ends S1, and then admits a session that is newer than that logout: it shows whether a replay would end it.
    void make_history() {
        if (connect().ask(good_request()).status != 200) throw std::runtime_error("the good request failed");
        auto newer = session("S5", idp1_entity_id, transient(alice), {"i1"});
        newer.authn_instant = at(baseline_now) + 1s;
        provider.admit(newer);
    }

    [[nodiscard]] Client connect() const { return Client(server_.port()); }
    [[nodiscard]] double cpu_ms() { return cpu_milliseconds(thread_.native_handle()); }
    [[nodiscard]] bool failed() const { return server_.counters().failures != 0; }

    ServiceProvider provider;
    WatchedEndpoint endpoint;

private:
    sp::HttpServer server_;
    std::thread thread_;
};

Reply read(const Answer& answer) {
    sp::HttpReply http{.status = answer.status, .headers = {}, .body = answer.body};
    if (answer.status == 0) return {};
    std::size_t begin = answer.head.find("\r\n") + 2;
    for (std::size_t end = 0; (end = answer.head.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
        const auto field = answer.head.substr(begin, end - begin);
        const auto colon = field.find(": ");
        http.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
    }
    return read_reply(http, fixture("sp/sp.crt.pem"), our_entity_id);
}

/// What a request got that isn't the attack itself. Success is known by its mark, since each signature costs a process
/// of xmlsec1's to judge.
std::string summary(const Answer& answer) {
    const bool success = answer.status == 200 &&
                         answer.body.find(R"(Value="urn:oasis:names:tc:SAML:2.0:status:Success")") != std::string::npos;
    return success ? "200 LogoutResponse Success" : read(answer).summary();
}

std::string request_of_idp2() {
    return posted(soap(marked({.id = "_last", .issuer = issuer_of(idp2_entity_id)}), "keys/idp2.key.pem"));
}

/// Whether the connection is open, or ended, as `attack` says; leaves it unusable where it ended.
bool connection_is_as_expected(const Attack& attack, Client& client, const Answer& answer) {
    if (attack.connection == Connection::goes_on) return !answer.has("Connection: close");
    client.finish_sending();
    return client.closed_by_server();
}

}  // namespace

Observation observe(const Attack& attack) {
    Arena arena(attack.provider ? attack.provider() : ServiceProviderOptions{});
    if (attack.history == History::good_request) arena.make_history();
    auto& provider = arena.provider;
    const auto octets = attack.octets();
    const auto good = attack.history == History::good_request
                          ? posted(soap(marked({.id = "_next", .session_indexes = {"i2"}})))
                          : good_request();
    const auto last = request_of_idp2();
    auto client = arena.connect();
    if (!client.connected()) throw std::runtime_error("no connection");

    Observation seen;
    seen.alive_before = provider.alive();
    seen.told_before = provider.told();
    const auto entries = provider.audit.entries().size();
    const auto changes = provider.store.changes();
    static_cast<void>(attempted_calls());
    Answer answer;
    {
        const Output output;  // no check in here: its report would be caught
        const auto cpu = arena.cpu_ms();
        const MemoryPeak memory;
        client.send(octets);
        if (attack.connection == Connection::given_up_by_client) client.finish_sending();
        answer = client.receive();
        seen.connection_as_expected = connection_is_as_expected(attack, client, answer);
        seen.memory_kib = memory.kib();
        seen.cpu_ms = arena.cpu_ms() - cpu;
        seen.printed = output.text();
    }
    seen.wire = answer.head + "\r\n" + answer.body;
    seen.reply = read(answer);
    seen.store_changes = provider.store.changes() - changes;
    seen.alive = provider.alive();
    seen.told = provider.told();
    seen.audit = provider.audit.entries();
    seen.audit.erase(seen.audit.begin(), seen.audit.begin() + static_cast<std::ptrdiff_t>(entries));

    if (attack.connection == Connection::goes_on) {
        seen.good_answer = summary(client.ask(good));
    } else {
        seen.good_answer = summary(arena.connect().ask(good));
    }
    seen.other_answer = summary(arena.connect().ask(last));
    seen.alive_at_last = provider.alive();
    seen.attempted_calls = attempted_calls();
    seen.errors_left_behind = arena.endpoint.errors_left_behind();
    seen.server_failed = arena.failed();
    return seen;
}

std::string faceless(std::string wire) {
    const auto blank = [&wire](std::string_view before, std::string_view after) {
        for (auto at = wire.find(before); at != std::string::npos; at = wire.find(before, at)) {
            at += before.size();
            const auto end = wire.find(after, at);
            if (end != std::string::npos) wire.replace(at, end - at, std::string(end - at, '.'));
        }
    };
    blank(" ID=\"", "\"");
    blank("URI=\"", "\"");
    blank("InResponseTo=\"", "\"");
    blank("<ds:DigestValue>", "<");
    blank("<ds:SignatureValue>", "<");
    blank("\r\nDate: ", "\r\n");
    return wire;
}

}  // namespace slo::test
