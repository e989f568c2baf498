// demo: a real endpoint process, a test IdP, real HTTP on loopback; and whether the promise is kept.
// Exit codes: 0 everything was as promised; 1 something wasn't.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

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
    stage.admit({"alice", "laptop", "_s1", some_time_ago});
    stage.admit({"alice", "phone", "_s2", some_time_ago});
    stage.admit({"alice", "tablet", "_s3", some_time_ago});
    stage.admit({"bob", "desk", "_s4", some_time_ago});
}

/// Logs sessions out. Returns the order that named all of Alice's.
SentLogout log_out(Stage& stage) {
    Timeline::heading("The IdP orders: end Alice's session _s1");
    const SentLogout one = order(stage, stage.idp(), "alice", "_s1");
    stage.post(one, one.body, {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-laptop"}});

    Timeline::heading("The IdP orders: end every session of Alice");
    SentLogout all = order(stage, stage.idp(), "alice", "");
    stage.post(all, all.body,
               {.status = "Success", .event = "logout", .rule = "", .ended = {"alice-phone", "alice-tablet"}});
    return all;
}

void sign_in_again(Stage& stage, const SentLogout& all) {
    Timeline::heading("A login of Alice from before that logout arrives late: it must not bring her back");
    stage.refuse({"alice", "late", "_s5", all.issue_instant - minutes(1)});

    Timeline::heading("Alice signs in anew at the IdP: that is a new session");
    while (now() <= all.issue_instant) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stage.admit({"alice", "anew", "_s6", now()});
}

void attack(Stage& stage, const SentLogout& all) {
    Timeline::heading(
        "The same request again (its answer got lost, or somebody recorded it): the same answer, nothing new ends");
    stage.post(all, all.body, {.status = "Success", .event = "repeat", .rule = "", .ended = {}});

    Timeline::heading("A stranger orders Bob's logout in the IdP's name, with a key of his own");
    const auto stranger = TestIdp::make(stage.idp().entity_id(), now() - minutes(1));
    const SentLogout forged = order(stage, *stranger, "bob", "");
    stage.post(forged, forged.body, {.status = "Requester", .event = "refused", .rule = "sig.invalid", .ended = {}});

    Timeline::heading("Somebody changes alice to bob in a request that the IdP signed");
    const SentLogout genuine = order(stage, stage.idp(), "alice", "_s1");
    stage.post(genuine, tampered(genuine.body, ">alice<", ">bob<"),
               {.status = "Requester", .event = "refused", .rule = "sig.invalid", .ended = {}});
}

int play(const std::string& endpoint_program) {
    Timeline timeline;
    Timeline::heading("saml-slo: a signed Success means gone");
    auto stage = Stage::set_up(endpoint_program, timeline);
    if (!stage) return 1;
    sign_in_everybody(*stage);
    const SentLogout all = log_out(*stage);
    sign_in_again(*stage, all);
    attack(*stage, all);
    Timeline::heading("The operator stops the endpoint");
    stage->stop();
    if (timeline.mistakes() != 0) {
        std::printf("\nNOT AS PROMISED: %d of the lines above\n", timeline.mistakes());
        return 1;
    }
    std::printf("\nEverything as promised, in %.1f s\n", timeline.milliseconds() / 1000);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 2) {
        std::fputs("demo [soap_endpoint]: shows the endpoint at work; the default is the one beside this program\n",
                   stderr);
        return 2;
    }
    if (!slo::saml::harden_process()) return 1;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "soap_endpoint";
    return play(argc == 2 ? argv[1] : beside.string());
}
