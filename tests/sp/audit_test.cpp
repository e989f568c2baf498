#include "slo/sp/audit.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace slo::sp {

namespace {

using namespace std::chrono_literals;

constexpr Instant ten_o_clock{std::chrono::sys_days{std::chrono::year{2030} / 1 / 15} + std::chrono::hours{10}};

/// An event with all that it can tell, and its whole line.
struct Sample {
    AuditEvent event;
    std::string line;
};

const std::string idp = "https://idp1.example.org/metadata";
const AuditTrouble trouble{"store", "store.failed", "the disk is full"};
const AuditedSessions sessions{1, 2, 3, {"shop", "desk"}};

std::vector<Sample> of_requests() {
    const AuditedRequest request{idp, "_r1", "http_basic", "0011", {"ff", "ee"}, 70};
    return {{LogoutByIdp{LogoutByIdp::Kind::logout, request, "Responder", trouble, sessions, 1234us},
             R"({"time":"2030-01-15T10:00:00Z","event":"logout","idp":"https://idp1.example.org/metadata",)"
             R"("request_id":"_r1","authenticated_by":"http_basic","name_id":"0011",)"
             R"("session_indexes":["ff","ee"],"session_index_count":70,"status":"Responder",)"
             R"("stage":"store","rule":"store.failed","detail":"the disk is full","ended":1,)"
             R"("already_gone":2,"failed":3,"failed_applications":["shop","desk"],"duration_us":1234})"},
            {LogoutByIdp{LogoutByIdp::Kind::repeat, request, "Responder", trouble, sessions, 1234us},
             R"({"time":"2030-01-15T10:00:00Z","event":"repeat","idp":"https://idp1.example.org/metadata",)"
             R"("request_id":"_r1","authenticated_by":"http_basic","name_id":"0011",)"
             R"("session_indexes":["ff","ee"],"session_index_count":70,"status":"Responder",)"
             R"("stage":"store","rule":"store.failed","detail":"the disk is full","ended":1,)"
             R"("already_gone":2,"failed":3,"failed_applications":["shop","desk"],"duration_us":1234})"},
            {SignOnEnded{SignOnEnded::Kind::admitted, "", {idp, "_q1", "", "0011", {"ff"}, 2}, "", {}},
             R"({"time":"2030-01-15T10:00:00Z","event":"sign_on","idp":"https://idp1.example.org/metadata",)"
             R"("request_id":"_q1","name_id":"0011","session_indexes":["ff"],"session_index_count":2,)"
             R"("status":"","stage":"","rule":"","ended":0,"already_gone":0,"failed":0,)"
             R"("failed_applications":[],"duration_us":0})"},
            {SignOnEnded{SignOnEnded::Kind::refused,
                         "4630c96141",
                         {idp, "_q1", "", "0011", {"ff"}, 2},
                         "Responder/NoPassive",
                         {"response", "response.status", "not signed"}},
             R"({"time":"2030-01-15T10:00:00Z","event":"sign_on_refused","number":"4630c96141",)"
             R"("idp":"https://idp1.example.org/metadata","request_id":"_q1","name_id":"0011",)"
             R"("session_indexes":["ff"],"session_index_count":2,"status":"","idp_status":"Responder/NoPassive",)"
             R"("stage":"response","rule":"response.status","detail":"not signed","ended":0,"already_gone":0,)"
             R"("failed":0,"failed_applications":[],"duration_us":0})"},
            {HttpRefused{"192.0.2.7", "/saml/slo/soap", "405", {"http", "http.method", "POST goes there"}},
             R"({"time":"2030-01-15T10:00:00Z","event":"http_refused","peer":"192.0.2.7",)"
             R"("path":"/saml/slo/soap","idp":"","request_id":"","name_id":"","session_indexes":[],)"
             R"("status":"405","stage":"http","rule":"http.method","detail":"POST goes there","ended":0,)"
             R"("already_gone":0,"failed":0,"failed_applications":[],"duration_us":0})"},
            {LogoutRefused{"0a1b2c3d4e", request, "Responder", trouble, 1234us},
             R"({"time":"2030-01-15T10:00:00Z","event":"refused","number":"0a1b2c3d4e",)"
             R"("idp":"https://idp1.example.org/metadata",)"
             R"("request_id":"_r1","authenticated_by":"http_basic","name_id":"0011",)"
             R"("session_indexes":["ff","ee"],"session_index_count":70,"status":"Responder",)"
             R"("stage":"store","rule":"store.failed","detail":"the disk is full","ended":0,)"
             R"("already_gone":0,"failed":0,"failed_applications":[],"duration_us":1234})"}};
}

std::vector<Sample> of_logouts_here_and_later() {
    const AuditTrouble no_answer{"reply", "reply.timed_out", "no octet came"};
    return {
        {LogoutHere{LogoutHere::Kind::start,
                    idp,
                    "_r1",
                    "0011",
                    {"ff", "ee"},
                    "local_only",
                    "Requester/RequestDenied",
                    no_answer,
                    sessions,
                    1234us},
         R"({"time":"2030-01-15T10:00:00Z","event":"start","idp":"https://idp1.example.org/metadata",)"
         R"("request_id":"_r1","name_id":"0011","session_indexes":["ff","ee"],"status":"local_only",)"
         R"("idp_status":"Requester/RequestDenied","stage":"reply","rule":"reply.timed_out","detail":"no octet came","ended":1,)"
         R"("already_gone":2,"failed":3,"failed_applications":["shop","desk"],"duration_us":1234})"},
        {LogoutHere{LogoutHere::Kind::resend,
                    idp,
                    "_r1",
                    "0011",
                    {"ff", "ee"},
                    "local_only",
                    "Requester/RequestDenied",
                    no_answer,
                    sessions,
                    1234us},
         R"({"time":"2030-01-15T10:00:00Z","event":"resend","idp":"https://idp1.example.org/metadata",)"
         R"("request_id":"_r1","name_id":"0011","session_indexes":["ff","ee"],"status":"local_only",)"
         R"("idp_status":"Requester/RequestDenied","stage":"reply","rule":"reply.timed_out","detail":"no octet came","ended":1,)"
         R"("already_gone":2,"failed":3,"failed_applications":["shop","desk"],"duration_us":1234})"},
        {LogoutRecovered{idp, "_r1", "0011", trouble, sessions, 1234us},
         R"({"time":"2030-01-15T10:00:00Z","event":"recover","idp":"https://idp1.example.org/metadata",)"
         R"("request_id":"_r1","name_id":"0011","session_indexes":[],"status":"","stage":"store",)"
         R"("rule":"store.failed","detail":"the disk is full","ended":1,"already_gone":2,"failed":3,)"
         R"("failed_applications":["shop","desk"],"duration_us":1234})"},
        {HousekeepingFailed{HousekeepingFailed::Work::recover, trouble},
         R"({"time":"2030-01-15T10:00:00Z","event":"recover","idp":"","request_id":"","name_id":"",)"
         R"("session_indexes":[],"status":"","stage":"store","rule":"store.failed",)"
         R"("detail":"the disk is full","ended":0,"already_gone":0,"failed":0,"failed_applications":[],)"
         R"("duration_us":0})"},
        {HousekeepingFailed{HousekeepingFailed::Work::resend, trouble},
         R"({"time":"2030-01-15T10:00:00Z","event":"resend","idp":"","request_id":"","name_id":"",)"
         R"("session_indexes":[],"status":"","stage":"store","rule":"store.failed",)"
         R"("detail":"the disk is full","ended":0,"already_gone":0,"failed":0,"failed_applications":[],)"
         R"("duration_us":0})"}};
}

std::vector<Sample> of_what_serves() {
    return {{MetadataNews{"federation", idp, "refused", {"metadata", "meta.signature", "no key fits"}},
             R"({"time":"2030-01-15T10:00:00Z","event":"metadata","source":"federation",)"
             R"("idp":"https://idp1.example.org/metadata","request_id":"","name_id":"",)"
             R"("session_indexes":[],"status":"refused","stage":"metadata","rule":"meta.signature",)"
             R"("detail":"no key fits","ended":0,"already_gone":0,"failed":0,"failed_applications":[],)"
             R"("duration_us":0})"},
            {KeyNews{"signing: a"},
             R"({"time":"2030-01-15T10:00:00Z","event":"keys","idp":"","request_id":"","name_id":"",)"
             R"("session_indexes":[],"status":"","stage":"","rule":"","detail":"signing: a","ended":0,)"
             R"("already_gone":0,"failed":0,"failed_applications":[],"duration_us":0})"},
            {KeysFailed{{"config", "config.key", "keys.toml can't be read"}},
             R"({"time":"2030-01-15T10:00:00Z","event":"keys","idp":"","request_id":"","name_id":"",)"
             R"("session_indexes":[],"status":"","stage":"config","rule":"config.key",)"
             R"("detail":"keys.toml can't be read","ended":0,"already_gone":0,"failed":0,)"
             R"("failed_applications":[],"duration_us":0})"},
            {StoreNews{{"store", "store.replica_shortfall", "3 more steps"}},
             R"({"time":"2030-01-15T10:00:00Z","event":"store","idp":"","request_id":"","name_id":"",)"
             R"("session_indexes":[],"status":"","stage":"store","rule":"store.replica_shortfall",)"
             R"("detail":"3 more steps","ended":0,"already_gone":0,"failed":0,"failed_applications":[],)"
             R"("duration_us":0})"},
            {RefusalsSummedUp{"sig", "sig.missing", 7, 12},
             R"({"time":"2030-01-15T10:00:00Z","event":"summary","idp":"","request_id":"","name_id":"",)"
             R"("session_indexes":[],"status":"","stage":"sig","rule":"sig.missing","ended":0,)"
             R"("already_gone":0,"failed":0,"failed_applications":[],"duration_us":0,"more":7,)"
             R"("more_in_all":12})"},
            {LinesLost{7, 3}, R"({"time":"2030-01-15T10:00:00Z","event":"lines_lost","lost":7,"proven":3})"}};
}

std::vector<Sample> samples() {
    std::vector<Sample> all = of_requests();
    std::ranges::move(of_logouts_here_and_later(), std::back_inserter(all));
    std::ranges::move(of_what_serves(), std::back_inserter(all));
    return all;
}

/// The members of a line and their values; no value in the samples has "," before a quotation mark but the arrays'.
std::vector<std::pair<std::string, std::string>> members(std::string_view line) {
    std::vector<std::pair<std::string, std::string>> found;
    line = line.substr(1, line.size() - 2);
    while (!line.empty()) {
        const auto name = line.find("\":");
        const bool is_array = line[name + 2] == '[';
        const auto end = std::min(is_array ? line.find("],") + 1 : line.find(",\"", name), line.size());
        found.emplace_back(line.substr(1, name - 1), line.substr(name + 2, end - name - 2));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return found;
}

bool tells_something(const std::string& value) {
    return value != R"("")" && value != "[]" && value != "0";
}

using KeysByEvent = std::map<std::string, std::set<std::string>>;

KeysByEvent keys_that_tell() {
    KeysByEvent keys;
    for (const Sample& sample : samples()) {
        auto& of_event = keys[std::string(event_name(sample.event))];
        for (const auto& [key, value] : members(to_json({.time = ten_o_clock, .event = sample.event}))) {
            if (key != "time" && key != "event" && tells_something(value)) of_event.insert(key);
        }
    }
    return keys;
}

std::set<std::string> quoted(std::string_view cell) {
    std::set<std::string> words;
    for (auto begin = cell.find('`'); begin != std::string_view::npos; begin = cell.find('`')) {
        const auto end = cell.find('`', begin + 1);
        words.emplace(cell.substr(begin + 1, end - begin - 1));
        cell.remove_prefix(end + 1);
    }
    return words;
}

/// The rows | `event`, ... | words | `key`, ... |.
KeysByEvent documented_keys() {
    std::ifstream file(SLO_SOURCE_DIR "/docs/audit.md");
    KeysByEvent keys;
    for (std::string row; std::getline(file, row);) {
        if (row.starts_with("## ")) break;  // the tables behind it are of rules
        if (!row.starts_with("| `")) continue;
        const auto first = row.find(" | ");
        const auto last = row.rfind(" | ");
        for (const std::string& event : quoted(row.substr(0, first))) keys[event] = quoted(row.substr(last));
    }
    return keys;
}

std::string text_of(const KeysByEvent& keys) {
    std::string text;
    for (const auto& [event, of_event] : keys) {
        text += event + ":";
        for (const std::string& key : of_event) text += " " + key;
        text += "\n";
    }
    return text;
}

/// The JSON string that `value` becomes.
std::string as_json(std::string value) {
    const std::string json = to_json({.time = {}, .event = LogoutRefused{.request = {.idp = std::move(value)}}});
    const std::string name = "\"idp\":";
    const auto begin = json.find(name) + name.size();
    return json.substr(begin, json.find(",\"request_id\"") - begin);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit)

BOOST_AUTO_TEST_CASE(writes_each_event_in_one_line_of_json) {
    std::set<std::size_t> kinds;
    for (const Sample& sample : samples()) {
        BOOST_TEST(to_json({.time = ten_o_clock, .event = sample.event}) == sample.line);
        kinds.insert(sample.event.index());
    }
    BOOST_TEST(kinds.size() == std::variant_size_v<AuditEvent>);
}

BOOST_AUTO_TEST_CASE(writes_empty_values_too) {
    const std::string empty =
        R"("idp":"","request_id":"","name_id":"","session_indexes":[],"status":"","stage":"","rule":"",)"
        R"("ended":0,"already_gone":0,"failed":0,"failed_applications":[],"duration_us":0)";
    const std::string with_counts = empty + R"(,"more":0,"more_in_all":0)";
    const auto after_the_event = [](const AuditEvent& event) {
        const std::string before =
            R"({"time":"2030-01-15T10:00:00Z","event":")" + std::string(event_name(event)) + "\",";
        const std::string line = to_json({.time = ten_o_clock, .event = event});
        BOOST_TEST_REQUIRE(line.starts_with(before));
        return line.substr(before.size(), line.size() - before.size() - 1);
    };
    for (const AuditEvent& event :
         std::vector<AuditEvent>{LogoutByIdp{}, LogoutRefused{}, LogoutHere{}, LogoutRecovered{}, HousekeepingFailed{},
                                 MetadataNews{}, KeyNews{}, KeysFailed{}, StoreNews{}}) {
        BOOST_TEST(after_the_event(event) == empty);
    }
    BOOST_TEST(after_the_event(RefusalsSummedUp{}) == with_counts);
    BOOST_TEST(after_the_event(LinesLost{}) == R"("lost":0,"proven":0)");
}

BOOST_AUTO_TEST_CASE(the_documentation_has_a_row_for_each_event_with_the_keys_that_tell_something) {
    BOOST_TEST(text_of(keys_that_tell()) == text_of(documented_keys()));
}

BOOST_AUTO_TEST_CASE(escapes_all_but_printable_ascii) {
    BOOST_TEST(as_json("a\"b\\c/ ~") == R"("a\"b\\c/ ~")");
    BOOST_TEST(as_json("\r\n2026 INFO \x1b[2J\x7f") == R"("\u000d\u000a2026 INFO \u001b[2J\u007f")");
    BOOST_TEST(as_json(std::string(1, '\0')) == R"("\u0000")");
    BOOST_TEST(as_json("\u00e9\u2028\u202e\U0001f600") == R"("\u00e9\u2028\u202e\ud83d\ude00")");
}

BOOST_AUTO_TEST_CASE(marks_octets_that_are_not_utf8) {
    BOOST_TEST(as_json("a\xff"
                       "b") == R"("a\ufffdb")");
    BOOST_TEST(as_json("\xc0\xaf") == R"("\ufffd\ufffd")");
    BOOST_TEST(as_json("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");
    BOOST_TEST(as_json("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
    BOOST_TEST(as_json("\xe0\x80\xaf") == R"("\ufffd\ufffd\ufffd")");
    BOOST_TEST(as_json("\xf0\x9f\x98") == R"("\ufffd\ufffd\ufffd")");
}

BOOST_AUTO_TEST_CASE(cuts_long_values) {
    BOOST_TEST(as_json(std::string(256, 'x')) == '"' + std::string(256, 'x') + '"');
    BOOST_TEST(as_json(std::string(257, 'x')) == '"' + std::string(256, 'x') + '"');
    BOOST_TEST(as_json(std::string(1 << 20, 'x')).size() == 258U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
