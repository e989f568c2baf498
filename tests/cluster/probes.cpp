#include "probes.hpp"

#include <utility>

#include "questions.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto patience = 300s;  // longer than any trouble is borne
constexpr auto between_questions = 15ms;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

Probes::Probes(const Site& site, Recorder& recorder) : site_(site), recorder_(recorder) {
    for (std::size_t node = 0; node < site.nodes(); ++node) {
        add_thread(node, [this, node](std::uint64_t number) { return ask_node(node, number); });
    }
    add_thread(site.nodes(), [this](std::uint64_t number) { return order(number); });
}

Probes::~Probes() = default;

void Probes::add_thread(std::size_t door, std::function<bool(std::uint64_t)> ask) {
    threads_.emplace_back([this, door, ask = std::move(ask)](const std::stop_token& stop) {
        for (std::uint64_t number = 0; !stop.stop_requested(); ++number) {
            std::this_thread::sleep_for(between_questions);
            ++asking_;  // first, so that a count of none means that none begins either
            if (!resting_) {
                Probe probe{.door = door, .span = {}, .is_answered = false};
                probe.span.begin = SteadyClock::now();
                probe.is_answered = ask(number);
                probe.span.end = SteadyClock::now();
                recorder_.add(probe);
            }
            --asking_;
        }
    });
}

/// Four checks, and a registration of a user who stays.
bool Probes::ask_node(std::size_t node, std::uint64_t number) const {
    const std::uint16_t port = site_.doors().nodes[node];
    const std::string& host = site_.doors().hosts[node];
    const std::string name = "probe-" + std::to_string(node) + "-" + std::to_string(number / 5);
    if (number % 5 != 0) {
        return examples::call(port, {.method = "GET", .path = "/sessions/" + name, .host = host, .patience = patience})
            .has_value();
    }
    std::mt19937_64 random(number);
    const std::string form = login_form({.id = name, .user = name, .index = {}, .authn_instant = now()}, site_, random);
    examples::HttpCall call = login_call(form, host);
    call.patience = patience;
    return examples::call(port, call).has_value();
}

/// It names no registered user.
bool Probes::order(std::uint64_t number) const {
    const examples::WantedLogout wanted{site_.slo_url(), name_in("nobody-" + std::to_string(number), {}), {}};
    const auto request = site_.idp().order(wanted, now());
    if (!request) return false;
    return examples::call(site_.doors().logouts, {.method = "POST",
                                                  .path = "/saml/slo/soap",
                                                  .content_type = "text/xml",
                                                  .body = request->body,
                                                  .patience = patience})
        .has_value();
}

}  // namespace slo::test
