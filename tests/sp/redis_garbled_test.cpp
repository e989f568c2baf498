// A server whose answer is none that its script gives, or none of its kind: the operation fails, or it returns a
// true result.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "redis_nodes.hpp"
#include "rounds.hpp"
#include "store_rules.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using sp::redis::Reply;

Reply list_of(const std::vector<std::string>& words) {
    Reply list{.kind = Reply::Kind::array};
    for (const std::string& word : words) list.elements.push_back({.kind = Reply::Kind::text, .text = word});
    return list;
}

/// Answers that no script gives, whatever its arguments; also beginnings of some of their answers.
std::vector<Reply> nonsense() {
    const Reply number{.kind = Reply::Kind::integer, .integer = 7};
    const Reply word{.kind = Reply::Kind::text, .text = "nonsense"};
    const Reply text_of_an_error{.kind = Reply::Kind::error, .text = "WRONGTYPE of this test"};
    std::vector<Reply> all{number,
                           word,
                           text_of_an_error,
                           {.kind = Reply::Kind::array, .elements = {number}},
                           {.kind = Reply::Kind::array, .elements = {number, number, number, number, number}}};
    const std::vector<std::vector<std::string>> lists{{"nonsense", "nonsense"},
                                                      {"nonsense", "nonsense", "nonsense", "nonsense"},
                                                      {std::string(16, 'n'), "nonsense"},
                                                      {"fresh"},
                                                      {"fresh", "x"},
                                                      {"fresh", "-1"},
                                                      {"fresh", "1"},
                                                      {"repeated", "2", "x"},
                                                      {"recorded"},
                                                      {"recorded", "x"},
                                                      {"finished"},
                                                      {"finished", "1", "x"},
                                                      {"finished", "1", "x", "x"},
                                                      {"unfinished"},
                                                      {"unfinished", "x"}};
    for (const auto& words : lists) all.push_back(list_of(words));
    // SCAN and its like answer a position and a list.
    all.push_back({.kind = Reply::Kind::array, .elements = {word, list_of({})}});
    all.push_back({.kind = Reply::Kind::array, .elements = {number, list_of({})}});
    all.push_back({.kind = Reply::Kind::array, .elements = {list_of({"0"}).elements.front(), number}});
    all.push_back({.kind = Reply::Kind::array, .elements = {list_of({"0"}).elements.front(), list_of({}), number}});
    for (const std::string& outcome : {std::string(13, '\0'), "\1" + std::string(11, '\0')}) {
        all.push_back(list_of({"recorded", outcome}));
        all.push_back(list_of({"finished", "1", "x", outcome}));
    }
    return all;
}

/// The result of an operation: its value as a text, or "failed".
using Act = std::string (*)(Node& node);

std::string failure(const Failure& failure) {
    // A place that names something else is taken for another login's, or another order's.
    BOOST_TEST((failure.code == sp::StoreErrc::store_failed || failure.code == sp::StoreErrc::session_id_taken ||
                failure.code == sp::StoreErrc::request_id_reused));
    BOOST_TEST(failure.detail.find("nonsense") == std::string::npos);
    return "failed";
}

std::string one(const sp::BegunLogout& begun) {
    return granted(begun);
}
std::string one(const sp::RepeatedLogout& again) {
    return ids_of(again.ending) + (again.recorded ? " recorded" : "");
}
std::string one(sp::Admission admission) {
    return admission == sp::Admission::admitted ? "admitted" : "refused";
}
std::string one(const sp::LogoutOutcome& outcome) {
    return std::to_string(outcome.ended) + " " + std::to_string(outcome.already_gone) + " " +
           std::to_string(outcome.failed);
}
std::string one(const std::vector<sp::NearMiss>& misses) {
    return std::to_string(misses.size());
}
std::string one(const std::optional<sp::Session>& session) {
    return session ? session->id.str() : "nothing";
}
std::string one(const std::vector<sp::Session>& sessions) {
    return ids_of(sessions);
}
std::string one(const std::vector<saml::EntityID>& idps) {
    return std::to_string(idps.size());
}
std::string one(const std::vector<sp::KeptRequest>& requests) {
    return std::to_string(requests.size());
}
std::string one(Done) {
    return "done";
}
std::string one(const std::vector<sp::UnfinishedLogout>& logouts) {
    std::string words;
    for (const auto& logout : logouts) words += logout.key.request_id.str() + ": " + ids_of(logout.ending) + "; ";
    return words;
}

template <class T>
std::string in_words(const Result<T>& result) {
    return result ? one(*result) : failure(result.error());
}

/// One principal with an ending session "a" and a living one "b", another's session for a near miss, and a request.
void furnish(Node& node) {
    static_cast<void>(taken(node.store.admit(session_with("a", {"i1"}))));
    static_cast<void>(taken(node.store.admit(session_with("b", {"i2"}))));
    static_cast<void>(taken(node.store.admit(hinted("n", "N2"))));
    static_cast<void>(taken(begin_logout(node.store, order_for("begun", {"i1"}))));
    BOOST_TEST_REQUIRE(node.store.keep_request(request_of("kept")).has_value());
}

/// The ids of all live sessions, page by page.
std::string walked(Node& node) {
    std::vector<sp::Session> sessions;
    std::string after;
    do {
        auto page = node.store.sessions_of(idp_id, after, 1);
        if (!page) return failure(page.error());
        std::ranges::move(page->sessions, std::back_inserter(sessions));
        after = page->next;
    } while (!after.empty());
    return ids_of(sessions);
}

const Act acts[] = {
    [](Node& node) { return in_words(node.store.admit(hinted("new", "user@example.com"))); },
    [](Node& node) { return in_words(node.store.would_admit(session_with("c", {"i2"}))); },
    [](Node& node) { return in_words(node.store.near_misses(order_for("r", {"_an-index-of-its-own"}))); },
    [](Node& node) { return in_words(begin_logout(node.store, order_for_all("r"))); },
    [](Node& node) { return in_words(begin_logout(node.store, order_for("begun", {"i1"}))); },
    [](Node& node) {
        const sp::LogoutKey key = order_for("begun", {"i1"}).key;
        return in_words(node.store.resume_logout(key, claim_of(key)));
    },
    [](Node& node) {
        return in_words(
            complete_logout(node.store, order_for("begun", {"i1"}).key, {.ended = 1}, {session_of("a").id}));
    },
    [](Node& node) {
        // So many that the first piece is dropped before.
        std::vector<sp::LocalSessionID> gone(sp::largest_piece, session_of("none").id);
        gone.push_back(session_of("a").id);
        return in_words(complete_logout(node.store, order_for("begun", {"i1"}).key, {.ended = 1}, gone));
    },
    [](Node& node) { return in_words(node.store.unfinished_logouts()); },
    [](Node& node) { return in_words(node.store.find(session_of("b").id)); },
    [](Node& node) { return in_words(node.store.named_by(order_for_all("r").naming())); },
    walked,
    [](Node& node) { return in_words(node.store.idps_of_sessions()); },
    [](Node& node) { return in_words(node.store.keep_request(request_of("another"))); },
    [](Node& node) { return in_words(node.store.take_due_requests(noon, noon + 1min, 9)); },
    [](Node& node) { return in_words(node.store.drop_request(request_of("kept").order.key)); },
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_garbled)

BOOST_AUTO_TEST_CASE(an_operation_that_gets_nonsense_anywhere_fails_or_returns_the_truth) {
    for (const Act& act : acts) {
        Site::server().ask({"FLUSHALL"});
        Site undisturbed;
        Node sound(undisturbed);
        furnish(sound);
        const std::string truth = act(sound);
        for (const Reply& reply : nonsense()) {
            bool is_garbled = true;
            for (int passed = 0; is_garbled; ++passed) {
                Site::server().ask({"FLUSHALL"});  // a walk goes over all keys
                Site site;
                Node node(site);
                furnish(node);
                node.line.garble_after(passed, reply);
                const std::string words = act(node);
                is_garbled = node.line.has_garbled();
                BOOST_TEST((words == "failed" || words == truth),
                           std::string("act ") + std::to_string(&act - acts) + ": " + words + " instead of " + truth);
            }
        }
    }
}

// A text that is no place of ours is told apart from one that the server refuses.
BOOST_AUTO_TEST_CASE(a_place_where_no_page_of_sessions_ended_is_refused) {
    Site::server().ask({"FLUSHALL"});
    Site site;
    Node node(site);
    for (int i = 0; i < 100; ++i) {
        const std::string number = std::to_string(i);
        static_cast<void>(taken(node.store.admit(hinted("s" + number, "N" + number))));
    }
    const std::string place = taken(node.store.sessions_of(idp_id, "", 1)).next;
    BOOST_TEST_REQUIRE(!place.empty());
    BOOST_TEST(node.store.sessions_of(idp_id, place, 1).has_value());
    const std::string servers = place.substr(0, place.find('-'));
    for (const char* wrong : {"-", "-0", "-0-", "-0-x", "-0-1x", "-0--1", "-x-0", "-1-0", "--1-0", "--0"}) {
        const auto page = node.store.sessions_of(idp_id, servers + wrong, 1);
        BOOST_TEST_REQUIRE(!page.has_value(), wrong);
        BOOST_TEST((page.error().code == sp::StoreErrc::store_failed));
        BOOST_TEST(page.error().detail == "no page of sessions ended there");
    }
    // One of other servers is a beginning: they may have been restarted.
    BOOST_TEST(!taken(node.store.sessions_of(idp_id, "x" + place, 1)).sessions.empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
