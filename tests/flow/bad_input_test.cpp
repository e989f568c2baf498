// Bad input over a real connection: each gets its answer, changes nothing, tells nobody, and the connection, the server
// and the process serve the next good request as if nothing had been.
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bad_inputs.hpp"
#include "expectations.hpp"
#include "fixtures.hpp"
#include "running_server.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

Reply read(const Answer& answer) {
    sp::HttpReply http{.status = answer.status, .headers = {}, .body = answer.body};
    std::size_t begin = answer.head.find("\r\n") + 2;
    for (std::size_t end = 0; (end = answer.head.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
        const auto field = answer.head.substr(begin, end - begin);
        const auto colon = field.find(": ");
        http.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
    }
    return read_reply(http, fixture("sp/sp.crt.pem"), our_entity_id);
}

/// What came of an input: the answer, and whether the connection went on or ended as it should.
struct Outcome {
    Answer answer;
    bool connection_as_expected;
};

/// A service provider behind a server on loopback with alice's sessions, and one connection of an IdP to it.
class Served {
public:
    Served() {
        provider.admit(session("S1", idp1_entity_id, transient(alice), {"i1"}));
        provider.admit(session("S2", idp1_entity_id, transient(alice), {"i2"}));
        provider.admit(session("S3", idp1_entity_id, transient("N2"), {"i1"}));
        provider.admit(session("S4", idp2_entity_id, transient(alice), {"i1"}));
        reconnect();
    }

    /// Sends what must come first. A session that is newer than that logout shows whether a replay would end it.
    void prepare(const BadInput& bad) {
        if (!bad.before) return;
        BOOST_TEST_REQUIRE(client_->ask(bad.before()).status == 200);
        auto newer = session("S5", idp1_entity_id, transient(alice), {"i1"});
        newer.authn_instant = at(baseline_now) + 1s;
        BOOST_TEST_REQUIRE((provider.admit(newer) == sp::Admission::admitted));
    }

    /// Sends the octets of `bad`, receives its answer and, where the connection ends, makes a new one.
    Outcome send(const BadInput& bad, std::string_view octets) {
        client_->send(octets);
        if (bad.connection == Connection::given_up_by_client) client_->finish_sending();
        Outcome outcome{.answer = client_->receive(), .connection_as_expected = !client_->has_ended()};
        if (bad.connection != Connection::goes_on) {
            client_->finish_sending();
            outcome.connection_as_expected = client_->closed_by_server();
            reconnect();
        }
        return outcome;
    }

    Answer ask(std::string_view octets) { return client_->ask(octets); }

    void stop() { server_.stop(); }

    ServiceProvider provider;

private:
    void reconnect() { client_.emplace(server_.connect()); }

    sp::HttpEndpoint endpoint_{provider.service(), {}};
    RunningServer server_{{}, [this](const sp::HttpRequest& request) { return endpoint_.handle(request); }};
    std::optional<Client> client_;
};
