// Our own LogoutRequests that an IdP may not have seen. They are in parts, each under a hash tag of its own: one script
// changes a part, and no master has them all.
#include <algorithm>
#include <utility>

#include "redis_store_impl.hpp"
#include "slo/sp/store_error.hpp"
#include "store_answers.hpp"

namespace slo::sp {
namespace {

using namespace redis;
using std::chrono::milliseconds;

constexpr std::size_t largest_take = 1'000;

std::string limit_of_a_part(std::size_t limit) {
    return std::to_string((limit + RecordWriter::kept_parts - 1) / RecordWriter::kept_parts);
}

}  // namespace

Result<void> RedisOperations::keep_request(const KeptRequest& request) {
    const std::string name = writer.request_name(request.order.key);
    const unsigned part = RecordWriter::part_of(name);
    const auto record = writer.kept_record(request);
    if (!record) return fail(StoreErrc::store_failed, record.error().detail);
    const milliseconds time_left = request.not_on_or_after - clock.now();
    Request asked = script(
        scripts.keep_request, {writer.kept_requests_key(part), writer.due_requests_key(part)},
        {name, *record, text_of(request.next_attempt), text_of(time_left), limit_of_a_part(options.max_kept_requests)});
    asked.acknowledgement = Acknowledgement::replicas;
    const auto word = ask_for_text(std::move(asked));
    if (!word) return word.error();
    if (word->text == "full") return fail(StoreErrc::store_full);
    if (word->text != "kept") return broken();
    return Done{};
}

std::vector<RedisOperations::DueRequest> RedisOperations::due_requests(Instant now, std::size_t count,
                                                                       std::optional<Failure>& trouble) {
    std::vector<Request> requests;
    for (unsigned part = 0; part < RecordWriter::kept_parts; ++part) {
        requests.push_back(command({"ZRANGEBYSCORE", writer.due_requests_key(part), "-inf", text_of(now), "WITHSCORES",
                                    "LIMIT", "0", std::to_string(count)}));
    }
    std::vector<DueRequest> due;
    std::vector<Result<Answer>> answers = servers.call_all(std::move(requests));
    for (unsigned part = 0; part < answers.size(); ++part) {
        const auto reply = judge(std::move(answers[part]), Acknowledgement::master);
        if (!reply) trouble = reply.error();
        if (!reply) continue;
        if (!is_list_of_pairs(*reply)) trouble = broken();
        for (std::size_t i = 0; i + 1 < reply->elements.size(); i += 2) {
            const std::string& name = reply->elements[i].text;
            const auto since = number_in(reply->elements[i + 1].text);
            if (!since || name.size() != name_octets) trouble = broken();
            if (since) due.push_back({*since, part, name});
        }
    }
    std::ranges::stable_sort(due, {}, &DueRequest::since);
    if (due.size() > count) due.resize(count);
    return due;
}

Request RedisOperations::take_request(const std::vector<DueRequest>& due, unsigned part, Instant now,
                                      Instant until) const {
    std::vector<std::string> arguments{text_of(now), text_of(until)};
    for (const DueRequest& one : due) {
        if (one.part == part) arguments.push_back(one.name);
    }
    Request request = script(scripts.take_requests, {writer.kept_requests_key(part), writer.due_requests_key(part)},
                             std::move(arguments));
    request.acknowledgement = Acknowledgement::replicas;
    return request;
}

/// First every part reports its due requests, then those with the earliest give them away: each only what is still due
/// when it is asked, so that another node's caller gets none of these. Requests given away that didn't arrive are due
/// again at `until`, as if its taker had died.
Result<std::vector<KeptRequest>> RedisOperations::take_due_requests(Instant now, Instant until, std::size_t count) {
    std::optional<Failure> trouble;
    const std::vector<DueRequest> due = due_requests(now, std::min(count, largest_take), trouble);
    std::vector<Request> requests;
    for (unsigned part = 0; part < RecordWriter::kept_parts; ++part) {
        if (std::ranges::find(due, part, &DueRequest::part) == due.end()) continue;
        requests.push_back(take_request(due, part, now, until));
    }
    std::vector<std::pair<std::string, KeptRequest>> given;
    for (Result<Answer>& answer : servers.call_all(std::move(requests))) {
        const auto reply = judge(std::move(answer), Acknowledgement::replicas);
        if (!reply) trouble = reply.error();
        if (!reply) continue;
        if (!is_list_of_pairs(*reply)) trouble = broken();
        for (std::size_t i = 0; i + 1 < reply->elements.size(); i += 2) {
            const std::string& name = reply->elements[i].text;
            auto request = writer.open_kept(reply->elements[i + 1].text, name, until);
            if (!request) trouble = request.error();
            if (request) given.emplace_back(name, *std::move(request));
        }
    }
    std::vector<KeptRequest> taken;
    for (const DueRequest& one : due) {
        const auto it =
            std::ranges::find(given, one.name, [](const auto& pair) { return std::string_view(pair.first); });
        if (it != given.end()) taken.push_back(std::move(it->second));
    }
    if (trouble && taken.empty()) return *trouble;
    return taken;
}

Result<void> RedisOperations::drop_request(const LogoutKey& key) {
    const std::string name = writer.request_name(key);
    const unsigned part = RecordWriter::part_of(name);
    Request asked =
        script(scripts.drop_request, {writer.kept_requests_key(part), writer.due_requests_key(part)}, {name});
    asked.acknowledgement = Acknowledgement::replicas;
    const auto word = ask_for_text(std::move(asked));
    if (!word) return word.error();
    if (word->text != "dropped") return broken();
    return Done{};
}

}  // namespace slo::sp
