#include "flow_operations.hpp"

#include <new>

#include "flow_rules.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/sp/store_error.hpp"
#include "store_answers.hpp"
#include "store_rules.hpp"
#include "store_scripts.hpp"
#include "stored_records.hpp"

namespace slo::sp {
namespace {

using namespace redis;

constexpr char behind_the_end = ' ';

Failure full_of_flows() {
    return fail(StoreErrc::store_full, "as many sign-ons are pending as this node may keep");
}

Failure full_of_claims() {
    return fail(StoreErrc::store_full, "as many used assertions are remembered as this node may claim");
}

/// A client repeats a command whose connection broke. By this, the repeated one knows what it has written itself.
std::string random_nonce() {
    constexpr std::size_t digits = 16;  // 64 bits: of all claims of one assertion, none has another's
    const auto id = saml::random_message_id();
    if (!id) throw std::bad_alloc();
    return id->str().substr(1, digits);
}

}  // namespace

bool RoomUntil::take(std::size_t weight, Instant until, Instant now) {
    const std::lock_guard lock(mutex_);
    while (!weights_.empty() && weights_.begin()->first <= now) {
        all_ -= weights_.begin()->second;
        weights_.erase(weights_.begin());
    }
    if (all_ + weight > limit_) return false;
    weights_[std::chrono::ceil<Grain>(until)] += weight;
    all_ += weight;
    return true;
}

void RoomUntil::give_back(std::size_t weight, Instant until) noexcept {
    const std::lock_guard lock(mutex_);
    const auto counted = weights_.find(std::chrono::ceil<Grain>(until));
    if (counted == weights_.end()) return;  // its time is over
    counted->second -= weight;
    all_ -= weight;
}

std::string RedisFlowOperations::key_of(const FlowHandle& handle) const {
    return options.prefix + ":flow:" + hex(cipher.name({flow_digest_part, handle.str()}));
}

std::string RedisFlowOperations::key_of(const saml::EntityID& issuer, const saml::MessageID& assertion) const {
    return options.prefix + ":claim:" + hex(cipher.name({claim_digest_part, issuer.str(), assertion.str()}));
}

Result<std::optional<std::string>> RedisFlowOperations::ask(std::vector<std::string> words,
                                                            Acknowledgement acknowledgement) {
    Request request;
    request.key = words[1];
    request.words = std::move(words);
    request.acknowledgement = acknowledgement;
    auto reply = reply_in(servers.call(std::move(request)), acknowledgement,
                          {options.servers.replicas, options.replica_shortfall, "the claim"}, replica_shortfalls);
    if (!reply) return std::move(reply).error();
    if (reply->kind == Reply::Kind::nil) return std::optional<std::string>();
    if (reply->kind != Reply::Kind::text) return broken();
    return std::optional(std::move(reply->text));
}

Result<std::optional<std::string>> RedisFlowOperations::set_once(const std::string& key, const std::string& value,
                                                                 Instant until, Instant now,
                                                                 Acknowledgement acknowledgement) {
    return ask({"SET", key, value, "NX", "GET", "PX", text_of(until - now + server_margin)}, acknowledgement);
}

Result<std::optional<std::string>> RedisFlowOperations::read(Result<std::optional<std::string>> value) const {
    if (!value || !*value) return value;
    const std::string_view text = **value;
    const std::size_t end = text.find(behind_the_end);
    const auto until = number_in(text.substr(0, end));
    if (end == std::string_view::npos || !until) return broken();
    if (*until <= clock.now().time_since_epoch().count()) return std::optional<std::string>();
    return std::optional(std::string(text.substr(end + 1)));
}

/// A full node still knows what it has kept: the caller may repeat what was done, and its answer lost.
Result<void> RedisFlowOperations::keep(const FlowHandle& handle, std::string_view record, Instant until) {
    const Instant now = clock.now();
    if (auto checked = check_flow(record, until, now); !checked) return checked;
    const std::string key = key_of(handle);
    const std::string value = text_of(until) + behind_the_end + std::string(record);
    const std::size_t weight = weight_of_octets(record.size());
    const bool has_room = flows.take(weight, until, now);
    const auto before = has_room ? set_once(key, value, until, now, Acknowledgement::master)
                                 : ask({"GET", key}, Acknowledgement::master);
    if (!before) return before.error();
    if (!*before) return has_room ? Result<void>(Done{}) : full_of_flows();
    if (has_room) flows.give_back(weight, until);
    if (**before != value) return fail(StoreErrc::flow_handle_taken);
    return Done{};
}

Result<std::optional<std::string>> RedisFlowOperations::peek(const FlowHandle& handle) {
    return read(ask({"GET", key_of(handle)}, Acknowledgement::master));
}

/// If its answer is lost and the client repeats it, nothing is there any more: as if another one had taken it.
Result<std::optional<std::string>> RedisFlowOperations::take(const FlowHandle& handle) {
    return read(ask({"GETDEL", key_of(handle)}, Acknowledgement::master));
}

Result<AssertionUse> RedisFlowOperations::claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                                Instant until) {
    const Instant now = clock.now();
    if (auto checked = check_end(until, now, longest_claim); !checked) return std::move(checked).error();
    const std::string key = key_of(issuer, assertion);
    const std::string nonce = random_nonce();
    const bool has_room = claims.take(1, until, now);
    const auto before = has_room ? set_once(key, nonce, until, now, Acknowledgement::replicas)
                                 : ask({"GET", key}, Acknowledgement::master);
    if (!before) return before.error();
    if (!*before && !has_room) return full_of_claims();
    if (!*before || **before == nonce) return AssertionUse::first;
    if (has_room) claims.give_back(1, until);
    return AssertionUse::seen;
}

}  // namespace slo::sp
