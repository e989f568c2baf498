// Whether honest logouts get through while unproven clients take all the connections that they can.
//
// Each logout is a genuine signed request for a session of its own, on a connection of its own, as an identity provider
// sends it that keeps none. The flooding clients come from many addresses of 127.0.0.0/8, take their time in every way
// there is, and connect again as soon as they are dropped. The flood runs in the same process and on the same cores as
// the server and the honest client, so part of what the ratios show is the cost of flooding.
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../server/client.hpp"
#include "bench_client.hpp"
#include "fixtures.hpp"
#include "measured.hpp"
#include "service_provider.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/saml/soap.hpp"

namespace {

using namespace slo;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using bench::must;
using bench::Transport;

constexpr int logouts_in_a_phase = 200;
constexpr std::string_view soap_path = "/saml/slo/soap";

/// An IdP with a session for each of its logouts.
class HonestIdp {
public:
    explicit HonestIdp(test::ServiceProvider& provider)
        : provider_(provider),
          signer_(must(saml::SigningKey::parse(test::fixture("keys/idp1-first.key.pem"),
                                               test::fixture("keys/idp1-first.crt.pem")))) {}

    /// The SOAP body that ends a session which has just been made.
    [[nodiscard]] std::string next() {
        const auto number = std::to_string(++made_);
        const auto name_id = test::transient("n" + number);
        provider_.admit(test::session("S" + number, test::idp1_entity_id, name_id, {"i" + number}));
        const auto now = provider_.clock.now();
        return saml::soap::encode(
            must(signer_.sign(saml::LogoutRequest{.id = must(saml::MessageID::parse("_r" + number)),
                                                  .version = {},
                                                  .issue_instant = now,
                                                  .destination = std::string(test::our_soap_url),
                                                  .consent = std::nullopt,
                                                  .issuer = test::entity_id(test::idp1_entity_id),
                                                  .identifier = name_id,
                                                  .session_indexes = {must(saml::SessionIndex::parse("i" + number))},
                                                  .not_on_or_after = now + 5min,
                                                  .reason = std::nullopt})));
    }

private:
    test::ServiceProvider& provider_;
    saml::MessageSigner signer_;
    unsigned made_ = 0;
};

/// Slow clients and the thread that keeps them slow.
class Flood {
public:
    Flood(std::uint16_t port, Transport transport, int count, int addresses)
        : port_(port), transport_(transport), addresses_(addresses) {
        for (int i = 0; i < count; ++i) clients_.push_back(connect(i));
        thread_ = std::thread([this] {
            while (!stop_) sweep();
        });
    }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;
    ~Flood() {
        stop_ = true;
        thread_.join();
    }

    [[nodiscard]] unsigned reconnects() const noexcept { return reconnects_; }

private:
    struct Slow {
        std::unique_ptr<test::Client> client;
        bool trickles;
    };

    /// Silent, slow with its head, slow with its body, or not reading its answers; with TLS silent, or stuck at one of
    /// three places in its handshake.
    [[nodiscard]] Slow connect(int number) const {
        // .1 is the honest peer's.
        const auto last_octet = static_cast<std::uint8_t>(addresses_ == 1 ? 1 : 2 + number % addresses_);
        Slow slow{.client = std::make_unique<test::Client>(port_, last_octet), .trickles = false};
        const int way = number / addresses_ % 4;
        if (way == 0) return slow;
        slow.trickles = way == 2 || (way == 1 && transport_ == Transport::http);
        slow.client->send(transport_ == Transport::tls ? unfinished_hello(way) : unfinished_request(way));
        return slow;
    }

    static std::string unfinished_request(int way) {
        const std::string head =
            "POST " + std::string(soap_path) + " HTTP/1.1\r\nHost: sp\r\nContent-Length: 60000\r\n";
        if (way == 1) return head + "X-Slow: ";
        if (way == 2) return head + "\r\n";
        std::string many;
        for (int i = 0; i < 100; ++i) many += "GET / HTTP/1.1\r\nHost: sp\r\n\r\n";
        return many;
    }

    /// A record header that announces a long ClientHello, and some of it.
    static std::string unfinished_hello(int way) {
        const std::string record("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
        if (way == 1) return record.substr(0, 3);
        return way == 2 ? record : record + std::string(200, 'x');
    }

    void sweep() {
        const auto begin = Clock::now();
        for (std::size_t i = 0; i < clients_.size() && !stop_; ++i) {
            if (ended(*clients_[i].client)) {
                clients_[i] = connect(static_cast<int>(i));
                ++reconnects_;
            } else if (clients_[i].trickles) {
                clients_[i].client->send("x");
            }
        }
        std::this_thread::sleep_until(begin + 100ms);
    }

    static bool ended(const test::Client& client) {
        pollfd wanted{.fd = client.native(), .events = POLLRDHUP, .revents = 0};
        return ::poll(&wanted, 1, 0) > 0;
    }

    std::uint16_t port_;
    Transport transport_;
    int addresses_;
    std::vector<Slow> clients_;
    std::atomic<bool> stop_ = false;
    std::atomic<unsigned> reconnects_ = 0;
    std::thread thread_;
};

struct Figures {
    int succeeded = 0;
    double p50_ms = 0;
    double p99_ms = 0;
};

Figures run_logouts(HonestIdp& idp, std::uint16_t port, Transport transport) {
    std::vector<std::string> bodies;
    for (int i = 0; i < logouts_in_a_phase; ++i) bodies.push_back(idp.next());
    Figures figures;
    std::vector<double> times;
    for (const auto& body : bodies) {
        const auto begin = Clock::now();
        try {
            bench::Client client(port, transport);
            const auto answer = client.post(std::string(soap_path), body);
            if (answer.find("status:Success") != std::string::npos) ++figures.succeeded;
        } catch (const std::runtime_error&) {
            // Counts as failed, and with its time.
        }
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    std::sort(times.begin(), times.end());
    figures.p50_ms = times[times.size() / 2];
    figures.p99_ms = times[times.size() * 99 / 100];
    return figures;
}

class Report {
public:
    Report(Transport transport, const bench::ServedEndpoint& served)
        : transport_(transport == Transport::tls ? "TLS" : "HTTP"), served_(served) {
        std::printf("\n%-5s%-52s %9s %8s %8s %6s %6s %9s %9s %9s\n", transport_, "", "succeeded", "p50 ms", "p99 ms",
                    "x p50", "x p99", "displaced", "refused", "reconnect");
    }

    void line(const char* phase, const Figures& figures, unsigned reconnects) {
        if (quiet_.p50_ms == 0) quiet_ = figures;
        const auto counters = served_.counters();
        std::printf(
            "%-57s %4d/%4d %8.2f %8.2f %6.2f %6.2f %9ju %9ju %9u\n", phase, figures.succeeded, logouts_in_a_phase,
            figures.p50_ms, figures.p99_ms, figures.p50_ms / quiet_.p50_ms, figures.p99_ms / quiet_.p99_ms,
            static_cast<std::uintmax_t>(counters.displaced_connections - before_.displaced_connections),
            static_cast<std::uintmax_t>(counters.refused_connections - before_.refused_connections), reconnects);
        std::fflush(stdout);
        before_ = counters;
    }

private:
    const char* transport_;
    const bench::ServedEndpoint& served_;
    Figures quiet_;
    sp::HttpServer::Counters before_;
};

void run(Transport transport) {
    test::ServiceProvider provider;
    sp::HttpEndpoint endpoint(provider.service(), {});
    const bench::ServedEndpoint served(endpoint, transport);
    HonestIdp idp(provider);
    Report report(transport, served);
    const auto under = [&](const char* phase, int count, int addresses) {
        const Flood flood(served.port(), transport, count, addresses);
        const auto figures = run_logouts(idp, served.port(), transport);
        report.line(phase, figures, flood.reconnects());
    };
    report.line("undisturbed", run_logouts(idp, served.port(), transport), 0);
    under("500 slow clients from 50 addresses", 500, 50);
    under("1200 slow clients from 100 addresses (cap: 1024)", 1200, 100);
    under("1200 slow clients from 5 addresses (cap: 256 each)", 1200, 5);
    under("500 slow clients from the honest peer's address (256)", 500, 1);
    report.line("after it", run_logouts(idp, served.port(), transport), 0);
}

/// Both ends of every connection are ours.
void allow_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main() {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's client writes to a connection that was refused
    if (const auto hardened = saml::harden_process(); !hardened) return 1;
    allow_descriptors();
    run(Transport::http);
    run(Transport::tls);
}
