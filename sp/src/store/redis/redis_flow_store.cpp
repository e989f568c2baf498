#include "slo/sp/redis_flow_store.hpp"

#include <utility>

#include "flow_operations.hpp"
#include "server_check.hpp"
#include "server_clocks.hpp"
#include "slo/sp/store_error.hpp"
#include "store_guard.hpp"
#include "stored_records.hpp"

namespace slo::sp {

using namespace redis;

struct RedisFlowStore::Impl {
    Impl(const Clock& clock, RedisFlowStoreOptions options, saml::RecordCipher cipher,
         std::unique_ptr<Client> its_client, std::vector<std::string> its_notes)
        : notes(std::move(its_notes)),
          client(std::move(its_client)),
          operations(clock, std::move(options), std::move(cipher), *client) {}

    void look_at_clocks() { clocks.look(*client, operations.clock, SteadyClock::now()); }

    std::vector<std::string> notes;
    std::unique_ptr<Client> client;
    RedisFlowOperations operations;
    ServerClocks clocks;
};

Result<std::unique_ptr<RedisFlowStore>> RedisFlowStore::open(const Clock& clock, RedisFlowStoreOptions options) {
    auto cipher = saml::RecordCipher::with_keys(options.keys);
    if (!cipher) return fail(StoreErrc::store_unusable, "the store's keys: " + cipher.error().detail);
    const RecordWriter writer(*cipher, options.prefix);
    auto client = Client::open(options.servers);
    if (!client) return std::move(client).error();
    auto notes = check_servers(**client, writer.deployment_key(), writer.deployment());
    if (!notes) return std::move(notes).error();
    auto impl =
        std::make_unique<Impl>(clock, std::move(options), *std::move(cipher), *std::move(client), *std::move(notes));
    impl->look_at_clocks();
    return std::unique_ptr<RedisFlowStore>(new RedisFlowStore(std::move(impl)));
}

RedisFlowStore::RedisFlowStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
RedisFlowStore::~RedisFlowStore() = default;

Result<void> RedisFlowStore::keep(const FlowHandle& handle, std::string_view record, Instant until) {
    return or_store_failed([&] { return impl_->operations.keep(handle, record, until); });
}

Result<std::optional<std::string>> RedisFlowStore::peek(const FlowHandle& handle) {
    return or_store_failed([&] { return impl_->operations.peek(handle); });
}

Result<std::optional<std::string>> RedisFlowStore::take(const FlowHandle& handle) {
    return or_store_failed([&] { return impl_->operations.take(handle); });
}

Result<AssertionUse> RedisFlowStore::claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                           Instant until) {
    return or_store_failed([&] { return impl_->operations.claim(issuer, assertion, until); });
}

std::size_t RedisFlowStore::forget_expired() {
    try {
        impl_->look_at_clocks();
    } catch (...) {
        // Without memory there is no check now; the next one comes soon.
    }
    return 0;
}

std::vector<std::string> RedisFlowStore::notes() const {
    return impl_->notes;
}

StoreHealth RedisFlowStore::health() const noexcept {
    return health_of(*impl_->client, impl_->clocks, impl_->operations.replica_shortfalls);
}

}  // namespace slo::sp
