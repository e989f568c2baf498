// A logout's way through the shared store.
#include <algorithm>
#include <utility>

#include "redis_store_impl.hpp"
#include "slo/sp/store_error.hpp"
#include "store_answers.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

using namespace redis;
using std::chrono::milliseconds;

/// For the scripts: what starts here is written when the server's memory is full, too.
const char* name(LogoutOrigin origin) noexcept {
    return origin == LogoutOrigin::here ? "here" : "idp";
}

/// Of its record and its barriers, with what the server needs for each.
std::size_t weight_of(const LogoutOrder& order) noexcept {
    constexpr std::size_t of_record = 400;
    constexpr std::size_t of_barrier = 200;
    constexpr std::size_t usual_id = 128;  // in of_record already
    const std::size_t long_id = std::max(order.key.request_id.str().size(), usual_id) - usual_id;
    const std::size_t barriers = std::max<std::size_t>(1, order.session_indexes.size() + order.authn_instants.size());
    return weight_of_octets(of_record + long_id + barriers * of_barrier);
}

Failure none_has_begun() {
    return fail(StoreErrc::store_failed, "no such logout has begun");
}

}  // namespace

Result<Reply> RedisOperations::run_begin(const LogoutOrder& order, const RoundClaim& claim,
                                         const std::string& principal, Instant now) {
    const auto record = writer.logout_record(order, principal);
    if (!record) return fail(StoreErrc::store_failed, record.error().detail);
    std::vector<std::string> keys{writer.sessions_key(principal), writer.counter_key(principal),
                                  writer.logout_key(principal, writer.request_name(order.key)),
                                  writer.rounds_key(principal)};
    for (std::string& key : writer.barrier_keys(principal, order)) keys.push_back(std::move(key));
    Request request = script(
        scripts.begin, std::move(keys),
        {text_of(now), *record, text_of(order.keep_until - now), writer.channel(), principal,
         RecordWriter::round_name(claim.round), text_of(claim.until), writer.barred_form(order), name(order.origin)});
    request.acknowledgement = Acknowledgement::replicas;
    return ask(std::move(request));
}

Result<bool> RedisOperations::has_room(const LogoutOrder& order, const std::string& principal, Instant now) {
    if (order.origin == LogoutOrigin::here) return true;
    if (ledger.has_room(order.key.idp.str(), weight_of(order), now)) return true;
    const auto known = ask(command({"GET", writer.logout_key(principal, writer.request_name(order.key))}));
    if (!known) return known.error();
    return known->kind == Reply::Kind::text;
}

/// The request's place and the journal come first: a logout that is in no journal couldn't be recovered, and one whose
/// ID belongs to another order mustn't begin.
Result<BegunLogout> RedisOperations::begin_logout(const LogoutOrder& order, const RoundClaim& claim) {
    const Instant now = clock.now();
    const std::string principal = writer.principal(order);
    const std::string request_name = writer.request_name(order.key);
    const std::string place = principal + writer.order_name(order);
    const auto room = has_room(order, principal, now);
    if (!room) return room.error();
    if (!*room) return fail(StoreErrc::store_full);

    std::vector<Request> requests;
    requests.push_back(
        script(scripts.claim, {writer.request_place_key(request_name)}, {place, "0", name(order.origin)}));
    std::string journal = writer.journal_key(RecordWriter::journal_of(principal));
    std::string entry = principal + request_name;
    requests.push_back(order.origin == LogoutOrigin::here
                           ? script(scripts.enter, {std::move(journal)}, {text_of(now), std::move(entry)})
                           : command({"ZADD", std::move(journal), text_of(now), std::move(entry)}));
    const auto replies = ask_all(std::move(requests));
    if (!replies) return replies.error();
    if (replies->front().text != place) return fail(StoreErrc::request_id_reused);

    const auto begun = run_begin(order, claim, principal, now);
    if (!begun) return begun.error();
    auto read = read_begun(*begun, principal);
    if (read && std::holds_alternative<FreshLogout>(*read) && order.origin == LogoutOrigin::idp) {
        ledger.add(order.key.idp.str(), weight_of(order), order.keep_until);
    }
    return read;
}

Result<BegunLogout> RedisOperations::read_begun(const Reply& reply, const std::string& principal) const {
    if (!is_list(reply, 1)) return broken();
    const std::string& word = reply.elements.front().text;
    if (word == "reused") return fail(StoreErrc::request_id_reused);
    if (word == "full") return fail(StoreErrc::store_full);
    if (word == "unknown") return none_has_begun();
    if (!is_list(reply, 2)) return broken();
    const std::string& second = reply.elements[1].text;
    if (word == "recorded") {
        const auto outcome = RecordWriter::read_outcome(second);
        if (!outcome) return broken();
        return BegunLogout(RepeatedLogout{outcome, {}, {}});
    }
    auto granted = open_sessions(reply, 2, principal);
    if (!granted) return std::move(granted).error();
    const auto count = number_in(second);
    if (!count || *count < 0 || static_cast<std::size_t>(*count) > granted->size()) return broken();
    const auto first_other = granted->begin() + *count;
    std::vector<Session> others(std::make_move_iterator(first_other), std::make_move_iterator(granted->end()));
    granted->erase(first_other, granted->end());
    if (word == "fresh") return BegunLogout(FreshLogout{*std::move(granted), std::move(others)});
    if (word == "repeated") return BegunLogout(RepeatedLogout{std::nullopt, *std::move(granted), std::move(others)});
    return broken();
}

Result<std::vector<Session>> RedisOperations::open_sessions(const Reply& list, std::size_t first,
                                                            std::string_view principal) const {
    if (!is_list_of_pairs(list, first)) return broken();
    std::vector<Session> sessions;
    for (std::size_t i = first; i + 1 < list.elements.size(); i += 2) {
        auto session = writer.open_session(list.elements[i + 1].text, principal, list.elements[i].text);
        if (!session) return std::move(session).error();
        sessions.push_back(*std::move(session));
    }
    return sessions;
}

Result<std::string> RedisOperations::principal_of(const std::string& request_name) {
    const auto place = ask(command({"GET", writer.request_place_key(request_name)}));
    if (!place) return place.error();
    if (place->kind == Reply::Kind::nil) return none_has_begun();
    return place->text.substr(0, principal_octets);
}

std::vector<std::string> RedisOperations::keys_of_logout(const std::string& principal,
                                                         const std::string& request_name) const {
    return {writer.sessions_key(principal), writer.logout_key(principal, request_name), writer.rounds_key(principal)};
}

Result<RepeatedLogout> RedisOperations::resume_logout(const LogoutKey& key, const RoundClaim& claim) {
    const std::string request_name = writer.request_name(key);
    const auto principal = principal_of(request_name);
    if (!principal) return principal.error();
    Request request = script(scripts.resume, keys_of_logout(*principal, request_name),
                             {text_of(clock.now()), RecordWriter::round_name(claim.round), text_of(claim.until)});
    request.acknowledgement = Acknowledgement::replicas;
    const auto reply = ask(std::move(request));
    if (!reply) return reply.error();
    auto begun = read_begun(*reply, *principal);
    if (!begun) return std::move(begun).error();
    auto* const repeated = std::get_if<RepeatedLogout>(&*begun);
    if (repeated == nullptr) return broken();
    return std::move(*repeated);
}

Result<void> RedisOperations::drop_piece(const RoundID& round, std::span<const LocalSessionID> gone,
                                         const std::string& principal, const std::string& request_name) {
    std::vector<std::string> arguments{RecordWriter::round_name(round)};
    for (const LocalSessionID& id : gone) arguments.push_back(writer.session_name(id));
    const auto reply = ask(script(scripts.drop, keys_of_logout(principal, request_name), std::move(arguments)));
    if (!reply) return reply.error();
    if (!is_list(*reply, 1)) return broken();
    const std::string& word = reply->elements.front().text;
    if (word == "unknown") return none_has_begun();
    if (word != "dropped") return broken();
    static_cast<void>(servers.call_all(traces_of_dropped(*reply, 1, principal)));
    return Done{};
}

Result<Reply> RedisOperations::run_complete(const RoundReport& report, std::span<const LocalSessionID> gone,
                                            const std::string& principal, const std::string& request_name) {
    std::vector<std::string> arguments{text_of(clock.now()),
                                       RecordWriter::round_name(report.round),
                                       std::to_string(report.ended),
                                       std::to_string(report.already_gone),
                                       std::to_string(report.near_misses),
                                       report.at_work_until ? text_of(*report.at_work_until) : ""};
    for (const LocalSessionID& id : gone) arguments.push_back(writer.session_name(id));
    Request request = script(scripts.complete, keys_of_logout(principal, request_name), std::move(arguments));
    request.acknowledgement = Acknowledgement::replicas;
    return ask(std::move(request));
}

/// In pieces, each a script: the sessions that an application reports gone may be forgotten one by one, and only the
/// last piece takes the report. If the node dies in between, the logout isn't completed, and recovery finds the rest.
Result<LogoutOutcome> RedisOperations::complete_logout(const LogoutKey& key, const RoundReport& report) {
    const std::string request_name = writer.request_name(key);
    const auto principal = principal_of(request_name);
    if (!principal) return principal.error();
    std::span<const LocalSessionID> gone = report.gone;
    for (; gone.size() > largest_piece; gone = gone.subspan(largest_piece)) {
        const auto dropped = drop_piece(report.round, gone.first(largest_piece), *principal, request_name);
        if (!dropped) return dropped.error();
    }
    const auto reply = run_complete(report, gone, *principal, request_name);
    if (!reply) return reply.error();
    if (!is_list(*reply, 1)) return broken();
    const std::string& word = reply->elements.front().text;
    if (word == "unknown") return none_has_begun();
    const auto recorded = is_list(*reply, 4) ? RecordWriter::read_outcome(reply->elements[3].text) : std::nullopt;
    if (!recorded) return broken();

    std::vector<Request> traces = traces_of_dropped(*reply, 4, *principal);
    if (word == "finished") {
        const milliseconds time_left(number_in(reply->elements[1].text).value_or(0));
        settle({*principal, request_name}, reply->elements[2].text, time_left, std::move(traces));
    } else if (!traces.empty()) {
        static_cast<void>(servers.call_all(std::move(traces)));
    }
    return *recorded;
}

std::vector<Request> RedisOperations::traces_of_dropped(const Reply& answer, std::size_t first,
                                                        const std::string& principal) const {
    std::vector<Request> traces;
    for (std::size_t i = first; i + 2 < answer.elements.size(); i += 3) {
        const std::string& name = answer.elements[i].text;
        const std::string& nonce = answer.elements[i + 1].text;
        traces.push_back(script(scripts.replace, {writer.session_place_key(name)}, {principal + nonce, "", "0"}));
        // An unreadable one leaves its hints, which expire when it would have.
        const auto session = writer.open_session(answer.elements[i + 2].text, principal, name);
        if (!session) continue;
        for (std::string& key : writer.hint_keys(*session)) {
            traces.push_back(script(scripts.forget, {std::move(key)}, {principal + name, text_of(session->expires)}));
        }
    }
    return traces;
}

}  // namespace slo::sp
