#include "slo/sp/audit.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace slo::sp {

namespace {

constexpr Instant ten_o_clock{std::chrono::sys_days{std::chrono::year{2030} / 1 / 15} + std::chrono::hours{10}};

AuditEntry some_entry() {
    return {
        .time = ten_o_clock,
        .idp = "https://idp1.example.org/metadata",
        .request_id = "_r1",
        .name_id = "00112233445566778899aabbccddeeff",
        .session_indexes = {"ff", "ee"},
        .event = "logout",
        .stage = "application",
        .rule = "application.failed",
        .detail = {},
        .status = "Responder",
        .ended = 1,
        .already_gone = 2,
        .failed = 3,
        .failed_applications = {"shop"},
        .duration = std::chrono::microseconds{1234},
    };
}

/// The JSON string that `value` becomes.
std::string as_json(std::string value) {
    AuditEntry entry;
    entry.idp = std::move(value);
    const std::string json = to_json(entry);
    const std::string name = "\"idp\":";
    const auto begin = json.find(name) + name.size();
    return json.substr(begin, json.find(",\"request_id\"") - begin);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit)

BOOST_AUTO_TEST_CASE(writes_one_line_of_json) {
    BOOST_TEST(to_json(some_entry()) ==
               R"({"time":"2030-01-15T10:00:00Z","event":"logout","idp":"https://idp1.example.org/metadata",)"
               R"("request_id":"_r1","name_id":"00112233445566778899aabbccddeeff","session_indexes":["ff","ee"],)"
               R"("status":"Responder","stage":"application","rule":"application.failed",)"
               R"("ended":1,"already_gone":2,"failed":3,"failed_applications":["shop"],"duration_us":1234})");
}

BOOST_AUTO_TEST_CASE(writes_empty_values_too) {
    AuditEntry entry;
    entry.time = ten_o_clock;
    BOOST_TEST(to_json(entry) == R"({"time":"2030-01-15T10:00:00Z","event":"","idp":"","request_id":"","name_id":"",)"
                                 R"("session_indexes":[],"status":"","stage":"","rule":"",)"
                                 R"("ended":0,"already_gone":0,"failed":0,"failed_applications":[],)"
                                 R"("duration_us":0})");
}

BOOST_AUTO_TEST_CASE(tells_how_a_store_failed) {
    AuditEntry entry = some_entry();
    entry.rule = "store.failed";
    entry.detail = "the disk is full";
    BOOST_TEST(
        (to_json(entry).find(R"("rule":"store.failed","detail":"the disk is full","ended")") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(tells_how_many_it_stands_for) {
    AuditEntry entry = some_entry();
    entry.more = 7;
    entry.more_in_all = 12;
    BOOST_TEST(to_json(entry).ends_with(R"("duration_us":1234,"more":7,"more_in_all":12})"));
}

BOOST_AUTO_TEST_CASE(escapes_all_but_printable_ascii) {
    BOOST_TEST(as_json("a\"b\\c/ ~") == R"("a\"b\\c/ ~")");
    BOOST_TEST(as_json("\r\n2026 INFO \x1b[2J\x7f") == R"("\u000d\u000a2026 INFO \u001b[2J\u007f")");
    BOOST_TEST(as_json(std::string(1, '\0')) == R"("\u0000")");
    BOOST_TEST(as_json("\u00e9\u2028\u202e\U0001f600") == R"("\u00e9\u2028\u202e\ud83d\ude00")");
}

BOOST_AUTO_TEST_CASE(marks_what_is_not_utf8) {
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
