// Bad input over a real connection: each gets its answer, changes nothing, tells nobody, and the connection, the server
// and the process serve the next good request as if nothing had been.
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

    /// Ends S1. A session that is newer than that logout shows whether a replay would end it.
    void make_history() {
        BOOST_TEST_REQUIRE(client_->ask(good_request()).status == 200);
        auto newer = session("S5", idp1_entity_id, transient(alice), {"i1"});
        newer.authn_instant = at(baseline_now) + 1s;
        BOOST_TEST_REQUIRE((provider.admit(newer) == sp::Admission::admitted));
    }

    /// Sends the octets of `bad`, receives its answer and, where the connection ends, makes a new one.
    Outcome send(const BadInput& bad, std::string_view octets) {
        client_->send(octets);
        if (bad.connection == Connection::given_up_by_client) client_->finish_sending();
        Outcome outcome{.answer = client_->receive(), .connection_as_expected = false};
        if (bad.connection == Connection::goes_on) {
            outcome.connection_as_expected = !outcome.answer.has("Connection: close");
            return outcome;
        }
        client_->finish_sending();
        outcome.connection_as_expected = client_->closed_by_server();
        reconnect();
        return outcome;
    }

    Answer ask(std::string_view octets) { return client_->ask(octets); }

    ServiceProvider provider;

private:
    void reconnect() { client_.emplace(server_.connect()); }

    sp::HttpEndpoint endpoint_{provider.service(), {}};
    RunningServer server_{{}, [this](const sp::HttpRequest& request) { return endpoint_.handle(request); }};
    std::optional<Client> client_;
};

/// Catches what this process writes to stdout and stderr, until it is destroyed.
class Output {
public:
    Output() : file_(std::tmpfile()), stdout_(::dup(1)), stderr_(::dup(2)) {
        BOOST_REQUIRE(file_ && stdout_ >= 0 && stderr_ >= 0);
        flush();
        ::dup2(::fileno(file_), 1);
        ::dup2(::fileno(file_), 2);
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() {
        flush();
        ::dup2(stdout_, 1);
        ::dup2(stderr_, 2);
        ::close(stdout_);
        ::close(stderr_);
        std::fclose(file_);
    }

    /// Everything so far.
    [[nodiscard]] std::string text() const {
        flush();
        std::string text(1 << 16, '\0');
        const auto size = ::pread(::fileno(file_), text.data(), text.size(), 0);
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }

private:
    static void flush() {
        std::cout.flush();
        std::clog.flush();
        std::fflush(stdout);
    }

    std::FILE* file_;
    int stdout_;
    int stderr_;
};

std::string next_request() {
    return posted(soap(marked({.id = "_next", .session_indexes = {"i2"}})));
}

/// One that names S2 and nobody else, on the connection as `bad` left it.
void expect_next_request_works(Served& served, const std::string& alive_before, const std::string& told_before) {
    const auto entries = served.provider.audit.entries().size();
    expect_ok(read(served.ask(next_request())), "_next");
    expect_sessions(served.provider, replaced(alive_before, "S2 ", ""),
                    told_before.empty() ? "S2" : told_before + " S2");
    BOOST_TEST(served.provider.audit.entries().size() == entries + 1);
    BOOST_TEST(served.provider.audit.last().ended == 1U);
}

/// What `entry` says about the outcome, e.g. "refused sig.missing".
std::string event_and_rule(const sp::AuditEntry& entry) {
    return entry.event + (entry.rule.empty() ? "" : " " + entry.rule);
}

void expect_audit(const BadInput& bad, const std::vector<sp::AuditEntry>& entries, std::size_t before) {
    BOOST_TEST_REQUIRE(entries.size() - before == (bad.audit.empty() ? 0U : 1U));
    if (bad.audit.empty()) return;
    BOOST_TEST(event_and_rule(entries.back()) == bad.audit);
    const auto line = sp::to_json(entries.back());
    BOOST_TEST(line.find(marker) == std::string::npos, line);
}

void expect_answer(const BadInput& bad, const Outcome& outcome) {
    BOOST_TEST(outcome.connection_as_expected);
    BOOST_TEST((outcome.answer.head + outcome.answer.body).find(marker) == std::string::npos);
    BOOST_TEST_REQUIRE(std::to_string(outcome.answer.status) == bad.answer.substr(0, bad.answer.find(' ')));
    if (outcome.answer.status == 0) return;
    const auto reply = read(outcome.answer);
    expect_sound(reply);
    BOOST_TEST(reply.summary() == bad.answer);
    if (reply.saml) BOOST_TEST(reply.saml->in_response_to.value_or("") == "_r1");
    if (reply.fault) BOOST_TEST((reply.fault->children.size() == 3 || reply.fault->code != "Client"));  // with detail
    if (!reply.saml && !reply.fault) BOOST_TEST(reply.body.empty());
    if (reply.http_status == 405) BOOST_TEST(reply.header("Allow").value_or("") == "POST");
}

void expect_harmless(const BadInput& bad) {
    Served served;
    if (bad.history == History::good_request) served.make_history();
    const auto octets = bad.octets();
    BOOST_TEST(octets.find(marker) != std::string::npos);
    const auto alive = served.provider.alive();
    const auto told = served.provider.told();
    const auto entries = served.provider.audit.entries().size();
    BOOST_TEST(alive == (bad.history == History::good_request ? "S2 S3 S4 S5" : all_alive));

    expect_answer(bad, served.send(bad, octets));
    expect_sessions(served.provider, alive, told);
    expect_audit(bad, served.provider.audit.entries(), entries);
    expect_next_request_works(served, alive, told);
}

void expect_silence() {
    Served served;
    const auto all = bad_inputs();
    std::vector<std::string> octets;
    for (const auto& bad : all) octets.push_back(bad.octets());
    served.make_history();
    const auto alive = served.provider.alive();
    const auto told = served.provider.told();

    std::string spoke_first;
    std::string printed;
    std::vector<std::string> unexpected;
    {
        // No check inside: its report would be caught.
        Output output;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto outcome = served.send(all[i], octets[i]);
            const bool expected = std::to_string(outcome.answer.status) == all[i].answer.substr(0, 3);
            if (!expected && all[i].answer != "0") unexpected.push_back(all[i].name);
            if (spoke_first.empty() && !output.text().empty()) spoke_first = all[i].name;
        }
        printed = output.text();
    }
    BOOST_TEST(printed == "", "printed, first by the input that " << spoke_first << ": " << printed);
    BOOST_TEST(unexpected.empty());
    expect_sessions(served.provider, alive, told);
    expect_next_request_works(served, alive, told);
}

void add_case(boost::unit_test::test_suite& suite, const std::string& name, const std::function<void()>& check) {
    suite.add(boost::unit_test::make_test_case(check, name, __FILE__, __LINE__));
}

/// One test case per row of the table, so that each has its name in every report.
const bool registered = [] {
    auto* suite = BOOST_TEST_SUITE("bad_input");
    for (const auto& bad : bad_inputs()) add_case(*suite, bad.name, [bad] { expect_harmless(bad); });
    add_case(*suite, "prints_nothing_and_goes_on_whatever_comes_in_a_row", expect_silence);
    boost::unit_test::framework::master_test_suite().add(suite);
    return true;
}();

}  // namespace
