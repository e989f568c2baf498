// How recovery finds logouts that were begun, and what it removes of those that are over.
#include <utility>

#include "redis_store_impl.hpp"
#include "store_answers.hpp"

namespace slo::sp {
namespace {

using namespace redis;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

// An entry of a journal whose logout isn't there: it is on its way, or its node died before it could begin.
constexpr milliseconds on_its_way = 10min;

// A request's place is kept as long as the logout's record, which answers repeats: a margin after the last of them can
// be proven, by the node's clock (keep() in store_scripts.cpp). It is given its end later than the record, so there is
// no moment with the record alone; and one that is wanted again has no end until recovery has seen its logout finished.
constexpr milliseconds place_outlives_logout = server_margin;

}  // namespace

void RedisOperations::settle(const JournalEntry& entry, std::string_view order, milliseconds time_left,
                             std::vector<Request> besides) {
    besides.push_back(script(scripts.settle, {writer.request_place_key(entry.request_name)},
                             {entry.principal + std::string(order), text_of(time_left + place_outlives_logout)}));
    // An entry written again since then belongs to a logout that is just beginning.
    besides.push_back(script(scripts.forget, {writer.journal_key(RecordWriter::journal_of(entry.principal))},
                             {entry.text(), entry.since ? text_of(*entry.since) : ""}));
    // If this fails, recovery does it when it comes to the entry.
    static_cast<void>(servers.call_all(std::move(besides)));
}

Result<std::vector<JournalEntry>> RedisOperations::journal(unsigned number) {
    const auto reply = ask(command({"ZRANGE", writer.journal_key(number), "0", "-1", "WITHSCORES"}));
    if (!reply) return reply.error();
    if (!is_list_of_pairs(*reply)) return broken();
    std::vector<JournalEntry> entries;
    for (std::size_t i = 0; i + 1 < reply->elements.size(); i += 2) {
        const std::string& text = reply->elements[i].text;
        const auto since = number_in(reply->elements[i + 1].text);
        if (text.size() != principal_octets + name_octets || !since) return broken();
        entries.push_back(
            {text.substr(0, principal_octets), text.substr(principal_octets), Instant(milliseconds(*since))});
    }
    return entries;
}

Result<std::optional<UnfinishedLogout>> RedisOperations::look_at(const JournalEntry& entry, Instant now) {
    const auto reply = ask(script(
        scripts.look, {writer.sessions_key(entry.principal), writer.logout_key(entry.principal, entry.request_name)},
        {text_of(now)}));
    if (!reply) return reply.error();
    if (!is_list(*reply, 1)) return broken();
    const std::string& word = reply->elements.front().text;
    if (word == "absent") {
        if (entry.since.value_or(now) + on_its_way <= now) settle(entry, "", 0ms);
        return std::optional<UnfinishedLogout>();
    }
    if (word == "finished" && reply->elements.size() == 3 && reply->elements[2].text.size() == name_octets) {
        settle(entry, reply->elements[2].text, milliseconds(number_in(reply->elements[1].text).value_or(0)));
        return std::optional<UnfinishedLogout>();
    }
    if (word != "unfinished" || reply->elements.size() < 3) return broken();
    auto key = writer.open_logout_key(reply->elements[2].text, entry.principal, entry.request_name);
    if (!key) return std::move(key).error();
    // It may have begun while another recovery, which saw it absent, gave its place an end.
    static_cast<void>(ask(script(scripts.claim, {writer.request_place_key(entry.request_name)},
                                 {entry.principal + reply->elements[1].text, "0"})));
    auto ending = open_sessions(*reply, 3, entry.principal);
    if (!ending) return std::move(ending).error();
    return std::optional(UnfinishedLogout{*std::move(key), *std::move(ending)});
}

/// An unreadable one keeps no other from being recovered; it is reported when it is the only one left.
Result<std::vector<UnfinishedLogout>> RedisOperations::unfinished_logouts() {
    const Instant now = clock.now();
    std::vector<UnfinishedLogout> unfinished;
    std::optional<Failure> trouble;
    for (unsigned number = 0; number < RecordWriter::journals; ++number) {
        const auto entries = journal(number);
        if (!entries) return entries.error();
        for (const JournalEntry& entry : *entries) {
            auto looked = look_at(entry, now);
            if (!looked) trouble = looked.error();
            if (looked && *looked) unfinished.push_back(**std::move(looked));
        }
    }
    if (trouble && unfinished.empty()) return *trouble;
    return unfinished;
}

}  // namespace slo::sp
