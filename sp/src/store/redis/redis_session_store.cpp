#include "slo/sp/redis_session_store.hpp"

#include <algorithm>
#include <utility>

#include "redis_store_impl.hpp"
#include "server_check.hpp"
#include "server_clocks.hpp"
#include "slo/sp/store_error.hpp"
#include "store_answers.hpp"
#include "store_guard.hpp"

namespace slo::sp {
namespace {

using namespace redis;

}  // namespace

Request RedisOperations::command(std::vector<std::string> words) {
    Request request;
    request.key = words[1];
    request.words = std::move(words);
    return request;
}

Request RedisOperations::script(const Script& script, std::vector<std::string> keys,
                                std::vector<std::string> arguments) {
    Request request;
    request.key = keys.front();
    request.script = &script;
    request.key_count = keys.size();
    request.words = std::move(keys);
    request.words.insert(request.words.end(), std::make_move_iterator(arguments.begin()),
                         std::make_move_iterator(arguments.end()));
    return request;
}

Result<Reply> RedisOperations::ask(Request request) {
    const Acknowledgement asked = request.acknowledgement;
    return judge(servers.call(std::move(request)), asked);
}

Result<std::vector<Reply>> RedisOperations::ask_all(std::vector<Request> requests) {
    std::vector<Acknowledgement> asked;
    for (const Request& request : requests) asked.push_back(request.acknowledgement);
    std::vector<Result<Answer>> answers = servers.call_all(std::move(requests));
    std::vector<Reply> replies;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto reply = judge(std::move(answers[i]), asked[i]);
        if (!reply) return std::move(reply).error();
        replies.push_back(*std::move(reply));
    }
    return replies;
}

Result<Reply> RedisOperations::judge(Result<Answer> answer, Acknowledgement asked) {
    return reply_in(std::move(answer), asked, {options.servers.replicas, options.replica_shortfall, "the logout"},
                    replica_shortfalls);
}

Result<Reply> RedisOperations::ask_for_text(Request request) {
    Result<Reply> reply = ask(std::move(request));
    if (reply && reply->kind != Reply::Kind::text) return broken();
    return reply;
}

Result<std::optional<Session>> RedisOperations::find(const LocalSessionID& id) {
    const Instant now = clock.now();
    const std::string name = writer.session_name(id);
    const auto place = ask(command({"GET", writer.session_place_key(name)}));
    if (!place) return place.error();
    if (place->kind == Reply::Kind::nil) return std::optional<Session>();
    if (place->text.size() < principal_octets) return broken();  // so is any reply that isn't a text of that length

    const std::string principal = place->text.substr(0, principal_octets);
    const auto record = ask(command({"HGET", writer.sessions_key(principal), name}));
    if (!record) return record.error();
    if (record->kind == Reply::Kind::nil) return std::optional<Session>();
    const auto stored = StoredSession::read(record->text);
    if (!stored) return broken();
    if (!stored->is_alive(now)) return std::optional<Session>();
    Result<Session> session = writer.open_session(stored->sealed(), principal, name);
    if (!session) return std::move(session).error();
    return std::optional(*std::move(session));
}

struct RedisSessionStore::Impl {
    Impl(const Clock& clock, RedisSessionStoreOptions options, RecordWriter writer, std::unique_ptr<Client> its_client,
         std::vector<std::string> its_notes)
        : notes(std::move(its_notes)),
          client(std::move(its_client)),
          operations(clock, std::move(options), std::move(writer), *client) {}
    // The client's thread calls the listener, which uses the operations, until the client is gone.
    ~Impl() { client.reset(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void listen();
    void look_at_clocks() { clocks.look(*client, operations.clock, SteadyClock::now()); }

    std::vector<std::string> notes;
    std::unique_ptr<Client> client;
    RedisOperations operations;
    ServerClocks clocks;
};

void RedisSessionStore::Impl::listen() {
    if (!operations.options.listener) return;
    const auto tell = [this](std::string_view message) {
        const auto id = operations.writer.read_ended(message);
        if (id) operations.options.listener->session_ended(*id);
        if (!id) operations.options.listener->may_have_missed();
    };
    client->subscribe(operations.writer.channel(), tell, [this] { operations.options.listener->may_have_missed(); });
}

Result<std::unique_ptr<RedisSessionStore>> RedisSessionStore::open(const Clock& clock,
                                                                   RedisSessionStoreOptions options) {
    auto cipher = saml::RecordCipher::with_keys(options.keys);
    if (!cipher) return fail(StoreErrc::store_unusable, "the store's keys: " + cipher.error().detail);
    RecordWriter writer(*std::move(cipher), options.prefix);
    auto client = Client::open(options.servers);
    if (!client) return std::move(client).error();
    auto notes = check_servers(**client, writer.deployment_key(), writer.deployment());
    if (!notes) return std::move(notes).error();
    auto impl =
        std::make_unique<Impl>(clock, std::move(options), std::move(writer), *std::move(client), *std::move(notes));
    impl->listen();
    impl->look_at_clocks();
    return std::unique_ptr<RedisSessionStore>(new RedisSessionStore(std::move(impl)));
}

RedisSessionStore::RedisSessionStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
RedisSessionStore::~RedisSessionStore() = default;

Result<Admission> RedisSessionStore::admit(const Session& session) {
    return or_store_failed([&] { return impl_->operations.admit(session); });
}

Result<Admission> RedisSessionStore::would_admit(const Session& session) {
    return or_store_failed([&] { return impl_->operations.would_admit(session); });
}

Result<BegunLogout> RedisSessionStore::begin_logout(const LogoutOrder& order, const RoundClaim& claim) {
    return or_store_failed([&] { return impl_->operations.begin_logout(order, claim); });
}

Result<RepeatedLogout> RedisSessionStore::resume_logout(const LogoutKey& key, const RoundClaim& claim) {
    return or_store_failed([&] { return impl_->operations.resume_logout(key, claim); });
}

Result<LogoutOutcome> RedisSessionStore::complete_logout(const LogoutKey& key, const RoundReport& report) {
    return or_store_failed([&] { return impl_->operations.complete_logout(key, report); });
}

Result<std::optional<Session>> RedisSessionStore::find(const LocalSessionID& id) {
    return or_store_failed([&] { return impl_->operations.find(id); });
}

Result<std::vector<UnfinishedLogout>> RedisSessionStore::unfinished_logouts() {
    return or_store_failed([&] { return impl_->operations.unfinished_logouts(); });
}

Result<std::vector<Session>> RedisSessionStore::named_by(const SessionNaming& naming) {
    return or_store_failed([&] { return impl_->operations.named_by(naming); });
}

Result<std::vector<NearMiss>> RedisSessionStore::near_misses(const LogoutOrder& order) {
    return or_store_failed([&] { return impl_->operations.near_misses(order); });
}

Result<SessionPage> RedisSessionStore::sessions_of(const saml::EntityID& idp, const std::string& after,
                                                   std::size_t count) {
    return or_store_failed([&] { return impl_->operations.sessions_of(idp, after, count); });
}

Result<std::vector<saml::EntityID>> RedisSessionStore::idps_of_sessions() {
    return or_store_failed([&] { return impl_->operations.idps_of_sessions(); });
}

Result<void> RedisSessionStore::keep_request(const KeptRequest& request) {
    return or_store_failed([&] { return impl_->operations.keep_request(request); });
}

Result<std::vector<KeptRequest>> RedisSessionStore::take_due_requests(Instant now, Instant until, std::size_t count) {
    return or_store_failed([&] { return impl_->operations.take_due_requests(now, until, count); });
}

Result<void> RedisSessionStore::drop_request(const LogoutKey& key) {
    return or_store_failed([&] { return impl_->operations.drop_request(key); });
}

std::size_t RedisSessionStore::sweep_some() {
    try {
        impl_->look_at_clocks();
    } catch (...) {
        // Without memory there is no check now; the next one comes soon.
    }
    return 0;
}

std::vector<std::string> RedisSessionStore::notes() const {
    return impl_->notes;
}

StoreHealth RedisSessionStore::health() const noexcept {
    return health_of(*impl_->client, impl_->clocks, impl_->operations.replica_shortfalls);
}

}  // namespace slo::sp
