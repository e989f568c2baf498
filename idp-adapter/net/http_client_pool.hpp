// HTTP clients that wait for another call, with the connections that they keep.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "slo/idp_adapter/http_client.hpp"
#include "slo/saml/identifiers.hpp"

namespace slo::idp_adapter {

/// HttpClientPool lends a client to one caller at a time. A client is lent for the IdP and the options that it was
/// opened with and for no others. Clients are closed by a thread of the pool's own, as closing one may have to wait for
/// the system's resolver; the destructor waits for that thread. Clients with the same TLS options share a context, as
/// reading a system's CAs takes longer than an exchange. Thread-safe.
class HttpClientPool {
public:
    struct Purpose {
        saml::EntityID idp;
        HttpClientOptions options;
        friend bool operator==(const Purpose&, const Purpose&) = default;
    };
    struct Limits {
        std::chrono::seconds keep_idle;  ///< for how long an unused client is kept
        std::size_t max_idle;
        std::chrono::seconds max_age;  ///< for how long files that have changed go unread
    };

    explicit HttpClientPool(Limits limits);
    ~HttpClientPool() = default;

    /// A lent client. It goes back to the pool with it.
    struct Lent {
        Purpose purpose;
        std::chrono::steady_clock::time_point opened;  ///< when its files were read
        std::unique_ptr<HttpClient> client;
    };
    /// Errors: HttpErrc::client_setup.
    [[nodiscard]] Result<Lent> borrow(const Purpose& purpose);
    void give_back(Lent lent);
    /// close is for a client whose call failed. A name that is still being looked up would delay its next call.
    void close(Lent lent);

private:
    using Clock = std::chrono::steady_clock;
    struct Idle {
        Lent lent;
        Clock::time_point since;
    };

    struct SharedTls {
        std::shared_ptr<const TlsClientContext> context;
        Clock::time_point made;
    };
    /// Errors: HttpErrc::client_setup.
    [[nodiscard]] Result<SharedTls> tls_for(const HttpClientOptions& options, Clock::time_point now);

    [[nodiscard]] std::vector<Idle>::iterator first_of_the_idp_with_most();
    [[nodiscard]] bool is_over(const Idle& idle, Clock::time_point now) const;
    void move_out_what_is_over(Clock::time_point now);
    void run(const std::stop_token& stop);

    const Limits limits_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<SharedTls> shared_;  ///< the oldest first
    std::vector<Idle> idle_;         ///< the longest unused first
    std::vector<std::unique_ptr<HttpClient>> closing_;
    std::jthread closer_;
};

}  // namespace slo::idp_adapter
