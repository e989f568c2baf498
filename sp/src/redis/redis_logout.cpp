// A logout's way through the shared store, and what recovery finds of it.
#include <utility>

#include "redis/redis_store_impl.hpp"
#include "redis/store_answers.hpp"
#include "slo/sp/error.hpp"

namespace slo::sp {
namespace {

using namespace redis;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

// An entry of a journal whose logout isn't there: it is on its way, or its node died before it could begin.
constexpr milliseconds on_its_way = 10min;

}  // namespace

Result<Reply> RedisOperations::run_begin(const LogoutOrder& order, const std::string& principal, Instant now) {
    const auto record = writer.logout_record(order, principal);
    if (!record) return fail(Errc::store_failed, record.error().detail);
    std::vector<std::string> keys{writer.sessions_key(principal), writer.counter_key(principal),
                                  writer.logout_key(principal, writer.request_name(order.key))};
    for (std::string& key : writer.barrier_keys(principal, order)) keys.push_back(std::move(key));
    Request request = script(scripts.begin, std::move(keys),
                             {text_of(now), *record, text_of(order.keep_until - now), writer.channel(), principal});
    request.acknowledgement = Acknowledgement::replicas;
    return ask(std::move(request));
}

/// The request's place and the journal come first: a logout that is in no journal couldn't be recovered, and one whose
/// ID stands for another order mustn't begin.
Result<BegunLogout> RedisOperations::begin_logout(const LogoutOrder& order) {
    const Instant now = clock.now();
    const std::string principal = writer.principal(order.key.idp, order.name_id.value);
    const std::string request_name = writer.request_name(order.key);
    const std::string place = principal + writer.order_name(order);

    Request note = command(
        {"ZADD", writer.journal_key(RecordWriter::journal_of(principal)), text_of(now), principal + request_name});
    std::vector<Request> requests;
    requests.push_back(script(scripts.claim, {writer.request_place_key(request_name)}, {place, "0"}));
    requests.push_back(std::move(note));
    const std::vector<Result<Answer>> answers = servers.call_all(std::move(requests));
    for (const Result<Answer>& answer : answers) {
        if (!answer) return answer.error();
        if (answer->reply.kind == Reply::Kind::error) return refused_by_server(answer->reply);
    }
    if (answers.front()->reply.text != place) return fail(Errc::request_id_reused);

    const auto begun = run_begin(order, principal, now);
    if (!begun) return begun.error();
    return read_begun(*begun, principal);
}

Result<BegunLogout> RedisOperations::read_begun(const Reply& reply, const std::string& principal) const {
    if (!is_list(reply, 1)) return broken();
    const std::string& word = reply.elements.front().text;
    if (word == "reused") return fail(Errc::request_id_reused);
    if (word == "full") return fail(Errc::store_full);
    if (word == "recorded") {
        const auto outcome =
            reply.elements.size() == 2 ? RecordWriter::read_outcome(reply.elements[1].text) : std::nullopt;
        if (!outcome) return broken();
        return BegunLogout(RepeatedLogout{outcome, {}});
    }
    Result<std::vector<Session>> ending = open_sessions(reply, 1, principal);
    if (!ending) return std::move(ending).error();
    if (word == "fresh") return BegunLogout(FreshLogout{*std::move(ending)});
    if (word == "repeated") return BegunLogout(RepeatedLogout{std::nullopt, *std::move(ending)});
    return broken();
}

Result<std::vector<Session>> RedisOperations::open_sessions(const Reply& list, std::size_t first,
                                                            std::string_view principal) const {
    std::vector<Session> sessions;
    for (std::size_t i = first; i + 1 < list.elements.size(); i += 2) {
        auto session = writer.open_session(list.elements[i + 1].text, principal, list.elements[i].text);
        if (!session) return std::move(session).error();
        sessions.push_back(*std::move(session));
    }
    return sessions;
}

Result<LogoutOutcome> RedisOperations::complete_logout(const LogoutKey& key, const LogoutOutcome& outcome,
                                                       const std::vector<LocalSessionID>& gone) {
    const std::string request_name = writer.request_name(key);
    const auto place = ask(command({"GET", writer.request_place_key(request_name)}));
    if (!place) return place.error();
    if (place->kind == Reply::Kind::nil) return fail(Errc::store_failed, "no such logout has begun");
    const std::string principal = place->text.substr(0, principal_octets);

    std::vector<std::string> arguments{text_of(clock.now()), RecordWriter::outcome_record(outcome)};
    for (const LocalSessionID& id : gone) arguments.push_back(writer.session_name(id));
    Request request =
        script(scripts.complete, {writer.sessions_key(principal), writer.logout_key(principal, request_name)},
               std::move(arguments));
    request.acknowledgement = Acknowledgement::replicas;
    const auto reply = ask(std::move(request));
    if (!reply) return reply.error();
    if (!is_list(*reply, 1)) return broken();
    if (reply->elements.front().text == "unknown") return fail(Errc::store_failed, "no such logout has begun");
    const auto recorded = is_list(*reply, 3) ? RecordWriter::read_outcome(reply->elements[2].text) : std::nullopt;
    if (!recorded) return broken();

    std::vector<Request> places;  // of the sessions that are gone
    for (std::size_t i = 3; i + 1 < reply->elements.size(); i += 2) {
        places.push_back(script(scripts.replace, {writer.session_place_key(reply->elements[i].text)},
                                {principal + reply->elements[i + 1].text, "", "0"}));
    }
    if (reply->elements.front().text == "finished") {
        settle({principal, request_name, {}}, milliseconds(number_in(reply->elements[1].text).value_or(0)),
               std::move(places));
    } else if (!places.empty()) {
        static_cast<void>(servers.call_all(std::move(places)));
    }
    return *recorded;
}

void RedisOperations::settle(const JournalEntry& entry, milliseconds time_left, std::vector<Request> besides) {
    Request place =
        command({"PEXPIRE", writer.request_place_key(entry.request_name), text_of(time_left + place_margin)});
    Request note = command({"ZREM", writer.journal_key(RecordWriter::journal_of(entry.principal)), entry.text()});
    besides.push_back(std::move(place));
    besides.push_back(std::move(note));
    // What isn't done now, recovery does when it comes to the entry.
    static_cast<void>(servers.call_all(std::move(besides)));
}

Result<std::vector<JournalEntry>> RedisOperations::journal(unsigned number) {
    const auto reply = ask(command({"ZRANGE", writer.journal_key(number), "0", "-1", "WITHSCORES"}));
    if (!reply) return reply.error();
    if (!is_list(*reply, 0)) return broken();
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
    if (word == "absent" || (word == "finished" && reply->elements.size() == 2)) {
        const bool is_over = word == "finished" || entry.since + on_its_way <= now;
        const auto time_left = reply->elements.size() == 2 ? number_in(reply->elements[1].text) : std::nullopt;
        if (is_over) settle(entry, milliseconds(time_left.value_or(0)));
        return std::optional<UnfinishedLogout>();
    }
    if (word != "unfinished" || reply->elements.size() < 2) return broken();
    auto key = writer.open_logout_key(reply->elements[1].text, entry.principal, entry.request_name);
    if (!key) return std::move(key).error();
    auto ending = open_sessions(*reply, 2, entry.principal);
    if (!ending) return std::move(ending).error();
    return std::optional(UnfinishedLogout{*std::move(key), *std::move(ending)});
}

/// One that can't be read keeps no other from being recovered; it is told of when it is the only one left.
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
