// demo: real endpoint processes, a test IdP, real HTTP on loopback; and whether the promise is kept.
// Exit codes: 0 everything was as promised; 1 something wasn't.

#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
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

/// Replaces every `from` in `text`: a change that a man in the middle could make.
std::string tampered(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// A part of the demo, and the claim that it shows; empty if it only prepares another.
void scene(Stage& stage, std::string_view heading, std::string claim = {}) {
    stage.timeline().claim(std::move(claim));
    stage.timeline().heading(heading);
}

void sign_in_all_users(Stage& stage) {
    scene(stage, "Alice signs on at the IdP with three devices, Bob with one", "an assertion opens a session");
    const Instant some_time_ago = now() - minutes(10);
    stage.admit({"alice", "laptop", "_s1", some_time_ago}, stage.node());
    stage.admit({"alice", "phone", "_s2", some_time_ago}, stage.node());
    stage.admit({"alice", "tablet", "_s3", some_time_ago}, stage.node());
    stage.admit({"bob", "desk", "_s4", some_time_ago}, stage.node());
    stage.timeline().seen("4 signed on");
}

/// Logs sessions out. Returns the order that named all of Alice's.
SentLogout log_out(Stage& stage) {
    scene(stage, "The IdP orders: end Alice's session _s1", "a logout ends the session that it names");
    const SentLogout one = order(stage, stage.idp(), "alice", "_s1");
    stage.post(one, one.body, {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-laptop"}},
               stage.node());

    scene(stage, "The IdP orders: end every session of Alice", "without a SessionIndex: all of the user's");
    SentLogout all = order(stage, stage.idp(), "alice", "");
    stage.post(all, all.body,
               {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-phone", "alice-tablet"}},
               stage.node());
    return all;
}

void sign_in_again(Stage& stage, const SentLogout& all) {
    scene(stage, "An assertion from before that logout arrives late", "a late assertion opens no session");
    stage.refuse({"alice", "late", "_s5", all.issue_instant - minutes(1)}, stage.node());

    scene(stage, "Alice signs on anew at the IdP: that is a new session", "a new sign-on opens one");
    while (now() <= all.issue_instant) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stage.admit({"alice", "anew", "_s6", now()}, stage.node());
    stage.timeline().seen("signed on");
}

void attack(Stage& stage, const SentLogout& all) {
    scene(stage, "The same request again: its answer was lost, or it was recorded", "a repeat ends nothing new");
    stage.post(all, all.body, {.status = "Success", .event = "repeat", .rule = "", .ended = {}}, stage.node());

    scene(stage, "A forger orders Bob's logout in the IdP's name, with their own key", "a forged request ends nothing");
    const auto forger = TestIdp::make(stage.idp().entity_id(), now() - minutes(1));
    const SentLogout forged = order(stage, *forger, "bob", "");
    stage.post(forged, forged.body, {.status = "Requester", .event = "refused", .rule = "sig.invalid", .ended = {}},
               stage.node());

    scene(stage, "A request that the IdP signed is changed on its way: bob for alice",
          "a changed request ends nothing");
    const SentLogout genuine = order(stage, stage.idp(), "alice", "_s1");
    stage.post(genuine, tampered(genuine.body, ">alice<", ">bob<"),
               {.status = "Requester", .event = "refused", .rule = "sig.invalid", .ended = {}}, stage.node());
}

/// The property of SQLite that memory can't have.
void crash(Stage& stage, const SentLogout& all) {
    scene(stage, "The endpoint is killed and started again", "a crash forgets no logout");
    stage.kill_and_restart(stage.node());
    stage.timeline().heading("The same request once more, and the late assertion: both are known");
    stage.post(all, all.body, {.status = "Success", .event = "repeat", .rule = "", .ended = {}}, stage.node());
    stage.refuse({"alice", "later", "_s5", all.issue_instant - minutes(1)}, stage.node());
}

/// The second act: a user logs out here, and the IdP tells the others.
void log_out_everywhere(Stage& stage) {
    scene(stage, "Second act. Bob is signed in at two other service providers of the IdP");
    if (!stage.add_others("bob")) return;
    stage.expect_others("bob", 200);
    scene(stage, "Bob logs out here: the IdP tells the others over SOAP, and confirms",
          "a logout here ends the others' sessions");
    stage.log_out_here({"bob", "desk", "_s4", {}}, "everywhere");
    stage.expect_others("bob", 404);

    scene(stage, "The IdP is down when Alice logs out: she is logged out here alone",
          "it claims no more than was proven");
    stage.stop_idp();
    stage.log_out_here({"alice", "anew", "_s6", {}}, "local_only");
}

void play_on_one_node(Stage& stage, StoreEngine engine) {
    sign_in_all_users(stage);
    const SentLogout all = log_out(stage);
    sign_in_again(stage, all);
    attack(stage, all);
    if (engine == StoreEngine::sqlite) crash(stage, all);
    log_out_everywhere(stage);
}

void play_on_two_nodes(Stage& stage) {
    Node& a = stage.node(0);
    Node& b = stage.node(1);
    scene(stage, "Alice signs on at A and at B, Bob at B", "an assertion opens a session");
    const Instant some_time_ago = now() - minutes(10);
    stage.admit({"alice", "laptop", "_s1", some_time_ago}, a);
    stage.admit({"alice", "phone", "_s2", some_time_ago}, b);
    stage.admit({"bob", "desk", "_s3", some_time_ago}, b);
    stage.timeline().seen("3 signed on");

    scene(stage, "The IdP orders the end of Alice's sessions at A: they end at B too",
          "a logout ends sessions at all nodes");
    const SentLogout all = order(stage, stage.idp(), "alice", "");
    stage.post(all, all.body,
               {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-laptop", "alice-phone"}}, a);

    scene(stage, "B knows of it: it refuses a late login, and repeats A's answer", "each node knows of it");
    stage.refuse({"alice", "late", "_s4", all.issue_instant - minutes(1)}, b);
    stage.post(all, all.body, {.status = "Success", .event = "repeat", .rule = "", .ended = {}}, b);

    scene(stage, "The Redis server dies, and the IdP orders Bob's logout", "without the store there is no Success");
    stage.kill_redis();
    const SentLogout of_bob = order(stage, stage.idp(), "bob", "");
    stage.post(of_bob, of_bob.body, {.status = "Responder", .event = "refused", .rule = "store.failed", .ended = {}},
               a);

    scene(stage, "The server is back with all that it had, and the IdP asks again, at B",
          "with the store again there is");
    stage.restart_redis();
    stage.post(of_bob, of_bob.body, {.status = "Success", .event = "logout", .rule = "", .ended = {"bob-desk"}}, b);

    scene(stage, "A is killed and started again: it finds what B left", "a node that restarts finds the same");
    stage.kill_and_restart(a);
    stage.timeline().seen("started again");
}

struct Options {
    StoreEngine engine = StoreEngine::sqlite;
    std::string endpoint_program;
    bool is_verbose = false;
};

int play(const Options& options) {
    Timeline timeline(options.is_verbose);
    timeline.heading("saml-slo: a signed Success means gone");
    auto stage = Stage::set_up(options.endpoint_program, options.engine, timeline);
    if (!stage) return 1;
    if (options.engine == StoreEngine::redis) {
        play_on_two_nodes(*stage);
    } else {
        play_on_one_node(*stage, options.engine);
    }
    scene(*stage, "The operator stops the endpoint");
    stage->stop();
    timeline.conclude();
    return timeline.mistakes() == 0 ? 0 : 1;
}

/// std::nullopt if `words` can't be understood.
std::optional<Options> parse(const std::vector<std::string>& words) {
    static const std::map<std::string, StoreEngine> engines{
        {"memory", StoreEngine::memory}, {"sqlite", StoreEngine::sqlite}, {"redis", StoreEngine::redis}};
    Options options;
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (*word == "--verbose") {
            options.is_verbose = true;
        } else if (*word == "--store" && word + 1 != words.end() && engines.contains(word[1])) {
            options.engine = engines.at(*++word);
        } else if (options.endpoint_program.empty() && !word->starts_with("-")) {
            options.endpoint_program = *word;
        } else {
            return std::nullopt;
        }
    }
    const auto built = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
    if (options.endpoint_program.empty()) options.endpoint_program = (built / "sp/daemon/saml-slod").string();
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse({argv + 1, argv + argc});
    if (!options) {
        std::fputs(
            "demo [--verbose] [--store sqlite|memory|redis] [saml-slod]: shows the endpoint at work; by default with\n"
            "sqlite, and the one that was built with this program. --verbose: with the endpoint's own lines, its audit "
            "too\n",
            stderr);
        return 2;
    }
    if (!slo::saml::harden_process()) return 1;
    return play(*options);
}
