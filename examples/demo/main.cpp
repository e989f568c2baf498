// demo: real endpoint processes, a test IdP, real HTTP on loopback; and whether the promise is kept.
// Exit codes: 0 everything was as promised; 1 something wasn't.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "slo/saml/runtime.hpp"
#include "stage.hpp"

namespace {

using namespace slo;
using namespace slo::examples;
using std::chrono::minutes;

/// Orders the logout of `user`'s sessions with this SessionIndex, or of all. A test IdP whose values are constants only
/// fails where the machine does, and then there's nothing to show.
SentLogout order(const Stage& stage, const TestIdp& idp, const std::string& user, const std::string& index) {
    std::vector<saml::SessionIndex> indexes;
    if (!index.empty()) indexes.push_back(*saml::SessionIndex::parse(index));
    return *idp.order({.destination = stage.slo_url(), .name_id = persistent_name(user), .session_indexes = indexes},
                      now());
}

/// Replaces every `from` in `text`: what somebody in the middle could do.
std::string tampered(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

void sign_in_everybody(Stage& stage) {
    Timeline::heading("Alice signs in on three devices, Bob on one");
    const Instant some_time_ago = now() - minutes(10);
    stage.admit({"alice", "laptop", "_s1", some_time_ago}, stage.node());
    stage.admit({"alice", "phone", "_s2", some_time_ago}, stage.node());
    stage.admit({"alice", "tablet", "_s3", some_time_ago}, stage.node());
    stage.admit({"bob", "desk", "_s4", some_time_ago}, stage.node());
}

/// Logs sessions out. Returns the order that named all of Alice's.
SentLogout log_out(Stage& stage) {
    Timeline::heading("The IdP orders: end Alice's session _s1");
    const SentLogout one = order(stage, stage.idp(), "alice", "_s1");
    stage.post(one, one.body, {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-laptop"}},
               stage.node());

    Timeline::heading("The IdP orders: end every session of Alice");
    SentLogout all = order(stage, stage.idp(), "alice", "");
    stage.post(all, all.body,
               {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-phone", "alice-tablet"}},
               stage.node());
    return all;
}

void sign_in_again(Stage& stage, const SentLogout& all) {
    Timeline::heading("A login of Alice from before that logout arrives late: it must not bring her back");
    stage.refuse({"alice", "late", "_s5", all.issue_instant - minutes(1)}, stage.node());

    Timeline::heading("Alice signs in anew at the IdP: that is a new session");
    while (now() <= all.issue_instant) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stage.admit({"alice", "anew", "_s6", now()}, stage.node());
}

void attack(Stage& stage, const SentLogout& all) {
    Timeline::heading(
        "The same request again (its answer got lost, or somebody recorded it): the same answer, nothing new ends");
    stage.post(all, all.body, {.status = "Success", .event = "repeat", .rule = "", .ended = {}}, stage.node());

    Timeline::heading("A stranger orders Bob's logout in the IdP's name, with a key of his own");
    const auto stranger = TestIdp::make(stage.idp().entity_id(), now() - minutes(1));
    const SentLogout forged = order(stage, *stranger, "bob", "");
    stage.post(forged, forged.body, {.status = "Requester", .event = "refused", .rule = "sig.invalid", .ended = {}},
               stage.node());

    Timeline::heading("Somebody changes alice to bob in a request that the IdP signed");
    const SentLogout genuine = order(stage, stage.idp(), "alice", "_s1");
    stage.post(genuine, tampered(genuine.body, ">alice<", ">bob<"),
               {.status = "Requester", .event = "refused", .rule = "sig.invalid", .ended = {}}, stage.node());
}

/// What SQLite promises, and memory can't.
void crash(Stage& stage, const SentLogout& all) {
    Timeline::heading("The endpoint is killed and started again: who was logged out stays so, who lives lives on");
    stage.kill_and_restart(stage.node());
    Timeline::heading("The same request once more, and the login that was too late: the new process knows both");
    stage.post(all, all.body, {.status = "Success", .event = "repeat", .rule = "", .ended = {}}, stage.node());
    stage.refuse({"alice", "later", "_s5", all.issue_instant - minutes(1)}, stage.node());
}

/// The second act: a user logs out here, and the IdP tells the others.
void log_out_everywhere(Stage& stage) {
    Timeline::heading("Second act. Bob is signed in at two other service providers of the same IdP");
    if (!stage.add_others("bob")) return;
    stage.expect_others("bob", 200);
    Timeline::heading("Bob logs out here: his session ends, the IdP notifies the others over SOAP, and confirms");
    stage.log_out_here({"bob", "desk", "_s4", {}}, "everywhere");
    stage.expect_others("bob", 404);

    Timeline::heading(
        "The IdP is down when Alice logs out: she is gone here, and nobody pretends that she is elsewhere");
    stage.stop_idp();
    stage.log_out_here({"alice", "anew", "_s6", {}}, "local_only");
}

void play_on_one_node(Stage& stage, StoreEngine engine) {
    sign_in_everybody(stage);
    const SentLogout all = log_out(stage);
    sign_in_again(stage, all);
    attack(stage, all);
    if (engine == StoreEngine::sqlite) crash(stage, all);
    log_out_everywhere(stage);
}

void play_on_two_nodes(Stage& stage) {
    Node& a = stage.node(0);
    Node& b = stage.node(1);
    Timeline::heading("Alice signs in at A and at B, Bob at B");
    const Instant some_time_ago = now() - minutes(10);
    stage.admit({"alice", "laptop", "_s1", some_time_ago}, a);
    stage.admit({"alice", "phone", "_s2", some_time_ago}, b);
    stage.admit({"bob", "desk", "_s3", some_time_ago}, b);

    Timeline::heading("The IdP orders the end of Alice's sessions, and the request arrives at A: they die at B too");
    const SentLogout all = order(stage, stage.idp(), "alice", "");
    stage.post(all, all.body,
               {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-laptop", "alice-phone"}}, a);

    Timeline::heading("B knows of it: a late login is refused there, and the same request gets the same answer");
    stage.refuse({"alice", "late", "_s4", all.issue_instant - minutes(1)}, b);
    stage.post(all, all.body, {.status = "Success", .event = "repeat", .rule = "", .ended = {}}, b);

    Timeline::heading("The Redis server dies. The IdP orders Bob's logout: nobody pretends that it happened");
    stage.kill_redis();
    const SentLogout of_bob = order(stage, stage.idp(), "bob", "");
    stage.post(of_bob, of_bob.body, {.status = "Responder", .event = "refused", .rule = "store.failed", .ended = {}},
               a);

    Timeline::heading("The server is back, with all that it had acknowledged, and the IdP asks again, at B");
    stage.restart_redis();
    stage.post(of_bob, of_bob.body, {.status = "Success", .event = "logout", .rule = "", .ended = {"bob-desk"}}, b);

    Timeline::heading("A is killed and started again: it finds what B left");
    stage.kill_and_restart(a);
}

int play(const std::string& endpoint_program, StoreEngine engine) {
    Timeline timeline;
    Timeline::heading("saml-slo: a signed Success means gone");
    auto stage = Stage::set_up(endpoint_program, engine, timeline);
    if (!stage) return 1;
    if (engine == StoreEngine::redis) {
        play_on_two_nodes(*stage);
    } else {
        play_on_one_node(*stage, engine);
    }
    Timeline::heading("The operator stops the endpoint");
    stage->stop();
    if (timeline.mistakes() != 0) {
        std::printf("\nNOT AS PROMISED: %d of the lines above\n", timeline.mistakes());
        return 1;
    }
    std::printf("\nEverything as promised, in %.1f s\n", timeline.milliseconds() / 1000);
    return 0;
}

struct Options {
    StoreEngine engine = StoreEngine::sqlite;
    std::string endpoint_program;
};

std::optional<Options> parse(std::vector<std::string> words) {
    Options options;
    if (words.size() >= 2 && words.front() == "--store") {
        if (words[1] == "memory") {
            options.engine = StoreEngine::memory;
        } else if (words[1] == "redis") {
            options.engine = StoreEngine::redis;
        } else if (words[1] != "sqlite") {
            return std::nullopt;
        }
        words.erase(words.begin(), words.begin() + 2);
    }
    if (words.size() > 1 || (words.size() == 1 && words.front().starts_with("-"))) return std::nullopt;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "soap_endpoint";
    options.endpoint_program = words.empty() ? beside.string() : words.front();
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse({argv + 1, argv + argc});
    if (!options) {
        std::fputs(
            "demo [--store sqlite|memory|redis] [soap_endpoint]: shows the endpoint at work; by default with "
            "sqlite, and the endpoint beside this program\n",
            stderr);
        return 2;
    }
    if (!slo::saml::harden_process()) return 1;
    return play(options->endpoint_program, options->engine);
}
