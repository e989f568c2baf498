// What others notice of one partner, one log reader or some clients that behave badly: session checks, registrations
// and another IdP's logouts at saml-slod, in ratio to the same program left in peace.
//
//   isolation_bench SOAP_ENDPOINT [SECONDS]
//
// The disturbance and the measurement share the processors with the server, so a flood shows in the ratios as the
// processors' share that it is granted; what only waits must not show.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "child_process.hpp"
#include "http_client.hpp"
#include "loopback_server.hpp"
#include "measured.hpp"
#include "slo/idp_adapter/descriptor.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/saml/time.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
namespace fs = std::filesystem;
using bench::must;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* destination = "http://127.0.0.1/saml/slo";
constexpr std::size_t logouts_of_hanging = 1'000;
constexpr std::size_t slow_clients = 500;

Instant now() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

/// One keep-alive connection to 127.0.0.1, made anew where the server has closed it.
class Connection {
public:
    explicit Connection(std::uint16_t port, std::string from = "127.0.0.1") : port_(port), from_(std::move(from)) {}

    /// Sends a request and reads the whole answer. Empty: there was none.
    std::string ask(const std::string& request) {
        for (int tries = 0; tries < 2; ++tries) {
            if (!socket_.is_open()) open();
            if (!idp_adapter::write_all(socket_, request)) {
                close();
                continue;
            }
            std::string answer = read();
            if (!answer.empty()) return answer;
            close();
        }
        return {};
    }
    void open() {
        socket_ = idp_adapter::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        ::inet_pton(AF_INET, from_.c_str(), &address.sin_addr);
        ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        address.sin_port = htons(port_);
        ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("can't connect");
        }
        const int on = 1;
        ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    [[nodiscard]] bool send(std::string_view octets) const {
        return ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(octets.size());
    }
    void close() { socket_ = idp_adapter::Descriptor(); }

private:
    std::string read() {
        std::string answer;
        for (char octets[16'384];;) {
            const auto size = ::recv(socket_.get(), octets, sizeof octets, 0);
            if (size <= 0) return {};
            answer.append(octets, static_cast<std::size_t>(size));
            const auto end = answer.find("\r\n\r\n");
            if (end == std::string::npos) continue;
            const auto length = answer.find("Content-Length: ");
            const std::size_t body = length < end ? std::stoul(answer.substr(length + 16)) : 0;
            if (answer.size() >= end + 4 + body) return answer;
        }
    }

    std::uint16_t port_;
    std::string from_;
    idp_adapter::Descriptor socket_;
};

std::string request_text(const std::string& line, std::uint16_t port, const std::string& type,
                         const std::string& body) {
    return line + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
           (type.empty() ? "" : "\r\nContent-Type: " + type) + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// Two IdPs: the one that behaves badly, and the other one.
struct Partners {
    examples::TestIdp bad = must(examples::TestIdp::make(must(saml::EntityID::parse("https://bad.example")), now()));
    examples::TestIdp good = must(examples::TestIdp::make(must(saml::EntityID::parse("https://good.example")), now()));
};

/// saml-slod, freshly started.
class Endpoint {
public:
    Endpoint(const std::string& program, const Partners& partners, const std::string& url_of_bad,
             const std::string& store) {
        std::string name = (fs::temp_directory_path() / "slo-isolation-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = name;
        for (const std::string kind : {".key.pem", ".crt.pem"}) {
            fs::copy_file(fs::path(SLO_FIXTURES) / ("keys/sp-old" + kind), folder_ / ("sp" + kind));
        }
        fs::permissions(folder_ / "sp.key.pem", fs::perms::owner_read | fs::perms::owner_write);
        std::ofstream(folder_ / "bad.xml") << partners.bad.metadata(url_of_bad);
        std::ofstream(folder_ / "good.xml") << partners.good.metadata();
        std::ofstream(folder_ / "slo.toml")
            << "[sp]\nentity_id = \"https://sp.example.org/saml\"\nslo_url = \"" << destination
            << "\"\nacs_url = \"https://sp.example.org/saml/acs\"\n"
            << "signing_key = \"sp.key.pem\"\nsigning_certificate = \"sp.crt.pem\"\n"
            << "[[idp]]\nmetadata = \"bad.xml\"\n[idp.logout]\nallow_http = true\n"
            << "[[idp]]\nmetadata = \"good.xml\"\n[store]\n"
            << store << "[server]\nlisten = \"127.0.0.1:" << port << "\"\n[local]\nport = " << local_port << "\n";
        auto started = examples::ChildProcess::start({program, "--config", folder_ / "slo.toml"});
        if (!started) throw std::runtime_error("can't start " + program);
        process_.emplace(*std::move(started));
        for (;;) {
            const auto line = process_->next_line(std::chrono::seconds(10));
            if (!line) throw std::runtime_error("saml-slod doesn't start");
            if (line->find("local interface") != std::string::npos) break;
            if (line->find("note:") == std::string::npos && line->find("listens") == std::string::npos) {
                throw std::runtime_error(*line);
            }
        }
    }
    ~Endpoint() {
        reader_ = {};
        static_cast<void>(process_->stop(std::chrono::seconds(20)));
        fs::remove_all(folder_);
    }
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    /// A log collector's work.
    void read_audit() {
        reader_ = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) static_cast<void>(process_->next_line(milliseconds(100)));
        });
    }
    [[nodiscard]] std::string registration(const std::string& id, const examples::TestIdp& idp) const {
        const std::string form = "local_id=" + id + "&name_id=" + id +
                                 "&format=" + examples::escape("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent") +
                                 "&session_index=index-of-" + id + "&idp=" + examples::escape(idp.entity_id().str()) +
                                 "&authn_instant=" + examples::escape(saml::format_instant(now())) +
                                 "&expires=" + examples::escape(saml::format_instant(now() + std::chrono::hours(1)));
        return request_text("POST /sessions", local_port, "application/x-www-form-urlencoded", form);
    }
    [[nodiscard]] std::string order(const std::string& user, const examples::TestIdp& idp,
                                    const std::vector<saml::SessionIndex>& indexes = {}) const {
        const auto sent = must(idp.order(
            {.destination = destination, .name_id = examples::persistent_name(user), .session_indexes = indexes},
            now()));
        return request_text("POST /saml/slo", port, "text/xml", sent.body);
    }

    const std::uint16_t port = examples::free_port();
    const std::uint16_t local_port = examples::free_port();

private:
    fs::path folder_;
    std::optional<examples::ChildProcess> process_;
    std::jthread reader_;
};

/// Milliseconds.
struct Times {
    std::vector<double> all;

    [[nodiscard]] double at(double part) const {
        std::vector<double> sorted = all;
        std::ranges::sort(sorted);
        return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(part * double(sorted.size())))];
    }
};
struct Figures {
    Times checks;
    Times registrations;
    Times logouts;
};

void take_time(Times& times, Connection& connection, const std::string& request, std::string_view expected) {
    const auto begun = SteadyClock::now();
    const std::string answer = connection.ask(request);
    times.all.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begun).count());
    if (answer.find(expected) == std::string::npos) throw std::runtime_error("unexpected answer: " + answer);
}

Figures measure(const Endpoint& endpoint, const Partners& partners, std::chrono::seconds time) {
    Connection local(endpoint.local_port);
    Connection saml(endpoint.port, "127.0.0.2");
    Times unused;
    take_time(unused, local, endpoint.registration("stays", partners.good), " 201 ");
    const std::string check = request_text("GET /sessions/stays", endpoint.local_port, "", "");
    Figures figures;
    const auto end = SteadyClock::now() + time;
    for (int i = 0; SteadyClock::now() < end; ++i) {
        const std::string user = "user" + std::to_string(i);
        take_time(figures.registrations, local, endpoint.registration(user, partners.good), " 201 ");
        for (int j = 0; j < 8; ++j) take_time(figures.checks, local, check, " 200 ");
        take_time(figures.logouts, saml, endpoint.order(user, partners.good), "status:Success");
    }
    return figures;
}

/// The load beside the measurement, in threads of its own until they are told to stop.
using Disturbance = std::function<void(const Endpoint&, const Partners&, std::vector<std::jthread>&)>;

void nothing(const Endpoint&, const Partners&, std::vector<std::jthread>&) {}

/// A thousand users of the IdP that doesn't answer log out, 32 at a time.
void log_out_of_bad(const Endpoint& endpoint, const Partners& partners, std::vector<std::jthread>& threads) {
    Connection local(endpoint.local_port);
    Times unused;
    for (std::size_t i = 0; i < logouts_of_hanging; ++i) {
        take_time(unused, local, endpoint.registration("h" + std::to_string(i), partners.bad), " 201 ");
    }
    const auto next = std::make_shared<std::atomic<std::size_t>>(0);
    for (int t = 0; t < 32; ++t) {
        threads.emplace_back([&endpoint, next](const std::stop_token& stop) {
            Connection connection(endpoint.local_port);
            for (std::size_t i = (*next)++; i < logouts_of_hanging && !stop.stop_requested(); i = (*next)++) {
                static_cast<void>(
                    connection.ask(request_text("POST /sessions/h" + std::to_string(i) + "/logout", endpoint.local_port,
                                                "application/x-www-form-urlencoded", "")));
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));  // by now they wait
}

/// Orders that name no session, made beforehand, each with so many large SessionIndexes, on four connections; `pause`
/// between two.
Disturbance orders_of_bad(std::size_t count, milliseconds pause, int large_indexes) {
    return [=](const Endpoint& endpoint, const Partners& partners, std::vector<std::jthread>& threads) {
        const auto orders = std::make_shared<std::vector<std::string>>();
        for (std::size_t i = 0; i < count; ++i) {
            std::vector<saml::SessionIndex> indexes;
            for (int j = 0; j < large_indexes; ++j) {
                indexes.push_back(must(saml::SessionIndex::parse(std::string(1000, 'i') + std::to_string(j))));
            }
            orders->push_back(endpoint.order("unknown" + std::to_string(i), partners.bad, indexes));
        }
        for (std::size_t t = 0; t < 4; ++t) {
            threads.emplace_back([&endpoint, orders, pause, t](const std::stop_token& stop) {
                Connection connection(endpoint.port, "127.0.0.3");
                for (std::size_t i = t; !stop.stop_requested(); i += 4) {
                    static_cast<void>(connection.ask((*orders)[i % orders->size()]));
                    if (pause.count() > 0) std::this_thread::sleep_for(pause);
                }
            });
        }
    };
}

/// Lines for an audit without a reader.
void post_rubbish(const Endpoint& endpoint, const Partners&, std::vector<std::jthread>& threads) {
    threads.emplace_back([&endpoint](const std::stop_token& stop) {
        Connection connection(endpoint.port, "127.0.0.4");
        while (!stop.stop_requested()) {
            static_cast<void>(connection.ask(request_text("POST /saml/slo", endpoint.port, "text/xml", "x")));
            std::this_thread::sleep_for(milliseconds(1));
        }
    });
}

/// An octet of a request every now and then, and a new connection where the server has had enough.
void be_slow(const Endpoint& endpoint, const Partners&, std::vector<std::jthread>& threads) {
    threads.emplace_back([&endpoint](const std::stop_token& stop) {
        std::vector<std::unique_ptr<Connection>> connections;
        for (std::size_t i = 0; i < slow_clients; ++i) {
            const std::string from = "127.0.1." + std::to_string(1 + i % 250);
            connections.push_back(std::make_unique<Connection>(endpoint.port, from));
            connections.back()->open();
        }
        while (!stop.stop_requested()) {
            for (const auto& connection : connections) {
                if (connection->send("P")) continue;
                connection->close();
                connection->open();
            }
            std::this_thread::sleep_for(milliseconds(500));
        }
    });
    std::this_thread::sleep_for(std::chrono::seconds(1));
}

struct Case {
    const char* name;
    Disturbance disturb;
    enum class Idp { hangs, drips } idp = Idp::hangs;
    std::string store = "engine = \"memory\"\n";
    bool reads_audit = true;
};

Figures run(const std::string& program, const Case& one, std::chrono::seconds time) {
    const Partners partners;
    const test::LoopbackServer bad([&one](const std::string&) {
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 10000\r\n\r\n";
        return one.idp == Case::Idp::hangs ? std::string() : test::dripping(head, " ");
    });
    Endpoint endpoint(program, partners, bad.url("/slo"), one.store);
    if (one.reads_audit) endpoint.read_audit();
    std::vector<std::jthread> threads;
    one.disturb(endpoint, partners, threads);
    Figures figures = measure(endpoint, partners, time);
    for (std::jthread& thread : threads) thread.request_stop();
    return figures;
}

void print(const char* name, const Figures& figures, const Figures& in_peace) {
    std::printf("%-22s", name);
    for (const auto member : {&Figures::checks, &Figures::registrations, &Figures::logouts}) {
        const Times& times = figures.*member;
        std::printf("  %7.2f %7.2f %5.2f %5.2f", times.at(0.5), times.at(0.99),
                    times.at(0.5) / (in_peace.*member).at(0.5), times.at(0.99) / (in_peace.*member).at(0.99));
    }
    std::printf("\n");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || !saml::harden_process()) return 2;
    const std::chrono::seconds time(argc > 2 ? std::atoi(argv[2]) : 10);
    const std::string small = "engine = \"memory\"\nmax_logout_records = 40000\n";
    const std::vector<Case> cases{
        {"an IdP hangs", log_out_of_bad},
        {"an IdP drips", log_out_of_bad, Case::Idp::drips},
        {"an IdP floods", orders_of_bad(4'000, milliseconds(0), 0)},
        {"an IdP at its quota", orders_of_bad(400, milliseconds(20), 50), Case::Idp::hangs, small},
        {"the audit has no reader", post_rubbish, Case::Idp::hangs, "engine = \"memory\"\n", false},
        {"500 slow clients", be_slow},
    };
    std::printf("%-22s  %-28s  %-28s  %-28s\n", "", "session checks", "registrations", "another IdP's logouts");
    std::printf("%-22s", "");
    for (int i = 0; i < 3; ++i) std::printf("  %7s %7s %5s %5s", "p50 ms", "p99 ms", "p50:", "p99:");
    std::printf("\n");
    const Figures in_peace = run(argv[1], {"in peace", nothing}, time);
    print("in peace", in_peace, in_peace);
    for (const Case& one : cases) print(one.name, run(argv[1], one, time), in_peace);
    print("in peace, once more", run(argv[1], {"", nothing}, time), in_peace);
}
