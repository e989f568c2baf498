// Nodes on one server, each with a clock and a line of its own: the line may be cut, or garble an answer, or be slow
// enough for others to go first.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "redis/redis_store_impl.hpp"
#include "redis_server.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {

/// Where the line is cut.
enum class Cut { never, before_request, before_answer };

/// Line passes requests on, one at a time.
class Line final : public sp::redis::Servers {
public:
    explicit Line(Servers& servers) : servers_(servers) {}

    /// Passes so many more requests on, and then none; the next one still arrives where it's its answer that is cut
    /// off.
    void cut_after(int passed, Cut cut) {
        left_ = passed;
        cut_ = cut;
    }
    /// Before the request that comes after `passed` more, `act` is done, once.
    void interrupt_after(int passed, std::function<void()> act) {
        before_act_ = passed;
        act_ = std::move(act);
    }

    /// After `passed` more requests comes one whose answer is `instead`, whatever the server says.
    void garble_after(int passed, sp::redis::Reply instead) {
        before_garbled_ = passed;
        instead_ = std::move(instead);
    }

    Result<sp::redis::Answer> call(sp::redis::Request request) override { return garbled(pass_on(std::move(request))); }
    std::vector<Result<sp::redis::Answer>> call_all(std::vector<sp::redis::Request> requests) override {
        std::vector<Result<sp::redis::Answer>> answers;
        for (sp::redis::Request& request : requests) answers.push_back(call(std::move(request)));
        return answers;
    }
    Result<std::vector<sp::redis::Address>> masters() override { return servers_.masters(); }
    std::vector<Result<sp::redis::Answer>> call_at(const std::vector<sp::redis::Address>& masters,
                                                   const std::vector<std::string>& words) override {
        auto answers = servers_.call_at(masters, words);
        for (auto& answer : answers) answer = garbled(std::move(answer));
        return answers;
    }

    /// Whether a request was cut off.
    [[nodiscard]] bool has_failed() const { return cut_ != Cut::never && left_ < 0; }
    [[nodiscard]] bool has_garbled() const { return before_garbled_ < 0; }
    [[nodiscard]] int calls() const { return calls_; }
    [[nodiscard]] bool was_interrupted() const { return act_ == nullptr; }

private:
    Result<sp::redis::Answer> pass_on(sp::redis::Request request) {
        if (act_ && before_act_-- == 0) std::exchange(act_, nullptr)();
        ++calls_;
        if (cut_ == Cut::never) return servers_.call(std::move(request));
        const int left = left_--;
        if (left > 0) return servers_.call(std::move(request));
        if (left == 0 && cut_ == Cut::before_answer) static_cast<void>(servers_.call(std::move(request)));
        return sp::fail(sp::StoreErrc::store_failed, "cut off");
    }
    Result<sp::redis::Answer> garbled(Result<sp::redis::Answer> answer) {
        if (instead_ && before_garbled_-- == 0 && answer) answer->reply = *std::exchange(instead_, std::nullopt);
        return answer;
    }

    Servers& servers_;
    Cut cut_ = Cut::never;
    int left_ = 0;
    int before_act_ = 0;
    int before_garbled_ = 0;
    std::optional<sp::redis::Reply> instead_;
    int calls_ = 0;
    std::function<void()> act_;
};

/// A round of one of the nodes, which has what it gets until then.
[[nodiscard]] inline sp::RoundClaim round_until(std::uint64_t number, Instant until) {
    return {.round = {.node = 7, .number = number}, .until = until};
}

/// "a b | c": the sessions granted to a round, and those of another one.
[[nodiscard]] inline std::string granted(const sp::BegunLogout& begun) {
    return std::visit([](const auto& one) { return ids_of(one.ending) + " | " + ids_of(one.in_another_round); }, begun);
}

/// A session with an index of its own, so that it has a hint.
[[nodiscard]] inline sp::Session hinted(std::string_view id, const std::string& name_value = "N1",
                                        const std::string& index = "_an-index-of-its-own") {
    sp::Session session = session_with(id, {index});
    session.name_id.value = name_value;
    return session;
}

/// A Cluster takes seconds to start, so all cases share one; each has a prefix of its own.
[[nodiscard]] inline RedisCluster& shared_cluster() {
    static RedisCluster one;
    return one;
}

/// Site is shared by the nodes of one deployment: a prefix on a server.
class Site {
public:
    Site()
        : client_(taken(
              sp::redis::Client::open({.addresses = {server().address()}, .deadline = std::chrono::seconds(30)}))) {
    }  // for a busy machine

    [[nodiscard]] static const RedisServer& server() {
        static const RedisServer one;
        return one;
    }
    [[nodiscard]] sp::redis::Servers& servers() { return *client_; }
    [[nodiscard]] const std::string& prefix() const { return prefix_; }
    [[nodiscard]] sp::redis::RecordWriter writer() const {
        const saml::StoreKeys keys{.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
        return {taken(saml::RecordCipher::with_keys(keys)), prefix_};
    }
    /// The only key that matches. Throws std::logic_error where there are none, or more.
    [[nodiscard]] std::string key(const std::string& pattern) const {
        std::string found = server().ask({"KEYS", prefix_ + pattern});
        if (found.empty() || found.find(' ') != std::string::npos) throw std::logic_error("keys: " + found);
        return found;
    }
    /// How long the server keeps the only key that matches; negative for ever.
    [[nodiscard]] std::chrono::milliseconds time_to_live(const std::string& pattern) const {
        return std::chrono::milliseconds(std::stoll(server().ask({"PTTL", key(pattern)})));
    }
    [[nodiscard]] bool is_kept_for_ever(const std::string& pattern) const {
        return time_to_live(pattern) == std::chrono::milliseconds(-1);
    }
    [[nodiscard]] std::size_t count_keys(const std::string& pattern) const {
        const std::string found = server().ask({"KEYS", prefix_ + pattern});
        return found.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(found, ' '));
    }

private:
    static inline int count = 0;
    std::unique_ptr<sp::redis::Client> client_;
    std::string prefix_ = "site" + std::to_string(++count);
};

/// Node is one of a site's. Its operations are the store's.
class Node {
public:
    explicit Node(Site& site, Instant now = noon, std::size_t sessions_per_principal = sp::max_sessions_per_principal)
        : clock(now), line(site.servers()), store(clock, options(site, sessions_per_principal), site.writer(), line) {}

    [[nodiscard]] bool is_alive(std::string_view id) {
        return taken(store.find(parsed<sp::LocalSessionID>(id))).has_value();
    }

    FixedClock clock;
    Line line;
    sp::RedisOperations store;

private:
    static sp::RedisSessionStoreOptions options(const Site& site, std::size_t sessions_per_principal) {
        sp::RedisSessionStoreOptions all;
        all.max_sessions_per_principal = sessions_per_principal;
        all.prefix = site.prefix();
        return all;
    }
};

}  // namespace slo::test
