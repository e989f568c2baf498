// The operations of RedisFlowStore on given servers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client.hpp"
#include "slo/saml/record_cipher.hpp"
#include "slo/sp/redis_flow_store.hpp"

namespace slo::sp {

/// RoomUntil counts what this node has on the servers until its time is over. Thread-safe.
class RoomUntil {
public:
    explicit RoomUntil(std::size_t limit) noexcept : limit_(limit) {}

    /// take counts `weight` until `until`, which is after `now`, if there is room.
    [[nodiscard]] bool take(std::size_t weight, Instant until, Instant now);
    void give_back(std::size_t weight, Instant until) noexcept;

private:
    /// Coarse, so that one entry serves many records: at most 8,641 of them in a day.
    using Grain = std::chrono::duration<int, std::ratio<10>>;

    const std::size_t limit_;
    std::mutex mutex_;
    std::map<Instant, std::size_t> weights_;  ///< by their ends
    std::size_t all_ = 0;
};

/// RedisFlowOperations: `its_servers` and `its_clock` must outlive it.
struct RedisFlowOperations {
    RedisFlowOperations(const Clock& its_clock, RedisFlowStoreOptions its_options, saml::RecordCipher its_cipher,
                        redis::Servers& its_servers)
        : clock(its_clock),
          options(std::move(its_options)),
          cipher(std::move(its_cipher)),
          flows(options.max_flows),
          claims(options.max_claims),
          servers(its_servers) {}

    [[nodiscard]] Result<void> keep(const FlowHandle& handle, std::string_view record, Instant until);
    [[nodiscard]] Result<std::optional<std::string>> peek(const FlowHandle& handle);
    [[nodiscard]] Result<std::optional<std::string>> take(const FlowHandle& handle);
    [[nodiscard]] Result<AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                             Instant until);

    [[nodiscard]] std::string key_of(const FlowHandle& handle) const;
    [[nodiscard]] std::string key_of(const saml::EntityID& issuer, const saml::MessageID& assertion) const;
    /// Writes `value` where nothing is yet. Returns what was there before, or nothing if it was written.
    [[nodiscard]] Result<std::optional<std::string>> set_once(const std::string& key, const std::string& value,
                                                              Instant until, Instant now,
                                                              redis::Acknowledgement acknowledgement);
    /// Returns the text that `words` answer, or nothing for nil. Errors: StoreErrc::store_failed, store_full.
    [[nodiscard]] Result<std::optional<std::string>> ask(std::vector<std::string> words,
                                                         redis::Acknowledgement acknowledgement);
    /// Returns the record in a value, if it hasn't expired. Errors: StoreErrc::store_failed if it is none.
    [[nodiscard]] Result<std::optional<std::string>> read(Result<std::optional<std::string>> value) const;

    const Clock& clock;
    const RedisFlowStoreOptions options;
    const saml::RecordCipher cipher;
    RoomUntil flows;
    RoomUntil claims;
    std::atomic<std::uint64_t> replica_shortfalls = 0;
    redis::Servers& servers;
};

}  // namespace slo::sp
