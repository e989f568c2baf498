// The port for what a sign-on leaves here while the browser is at the IdP, and for the assertions that were used.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// FlowHandle is the name of a pending record: 160 random bits as 40 lower-case hexadecimal digits. It travels as
/// RelayState, which has 80 octets at most (Bindings 3.4.3). It may be a bearer secret, and so it is never logged.
/// Errors of parse: StoreErrc::flow_handle_malformed.
struct FlowHandleKind {
    static bool accepts(std::string_view text) noexcept;
    static Failure refuse();
};
using FlowHandle = saml::ParsedString<FlowHandleKind>;

/// random_flow_handle makes a new one with OpenSSL's CSPRNG. Errors: KeyErrc::crypto_failure. Thread-safe.
[[nodiscard]] Result<FlowHandle> random_flow_handle();

/// largest_flow_record is how many octets a pending record has at most.
inline constexpr std::size_t largest_flow_record = 4096;
/// longest_flow and longest_claim are how far in the future an end may be, so that neither a wrong clock nor a far
/// NotOnOrAfter fills a store for good.
inline constexpr std::chrono::milliseconds longest_flow = std::chrono::minutes(60);
inline constexpr std::chrono::milliseconds longest_claim = std::chrono::hours(24);

/// AssertionUse says whether an assertion was used for the first time.
enum class AssertionUse { first, seen };

/// FlowStore is the port. It has pending records, each under its handle, and the claims of assertions, each until its
/// end; the two have limits of their own. A SessionStore has nothing of either: a lost pending record costs the user
/// another try, a lost session breaks a promise. Every operation is atomic over all threads, processes and nodes of the
/// store, and safe to call from any thread.
///
/// A store finds records and claims by keyed digests, and shows neither handles, entityIDs nor assertion IDs. A record
/// is any octets: its caller seals them, because a store keeps them as they are. What has not expired is never dropped
/// to make room: a full store refuses.
///
/// The store's Clock alone decides what has expired. Where several nodes share a store, their clocks mustn't differ by
/// more than seconds. A clock that goes back brings no assertion back: one that may have been claimed and dropped in
/// the meantime, by its end, is refused.
///
/// StoreErrc::store_failed means that the result is unknown: the operation may have been done, and its answer lost. A
/// keep() and a peek() may be repeated then with the same arguments. After a claim() or take() the user begins the
/// sign-on anew: the same claim() may say `seen`, and the record may be gone, as if another caller had been first. That
/// locks no user out, because the new sign-on has another handle and gets another assertion.
class FlowStore {
public:
    virtual ~FlowStore() = default;

    /// keep keeps `record` under `handle` until `until`. To keep the same again is no error and changes nothing.
    /// Errors: StoreErrc::flow_malformed if the record has more than largest_flow_record octets, or `until` isn't
    /// within the next longest_flow; flow_handle_taken if another record is there; store_full, store_failed.
    [[nodiscard]] virtual Result<void> keep(const FlowHandle& handle, std::string_view record, Instant until) = 0;

    /// peek returns the record, which stays; nothing if there is none, it has expired or was taken.
    /// Errors: StoreErrc::store_failed.
    [[nodiscard]] virtual Result<std::optional<std::string>> peek(const FlowHandle& handle) = 0;

    /// take returns what peek() does and removes it in the same step: of two takers exactly one gets it, or none if an
    /// answer is lost. Errors: StoreErrc::store_failed, and store_full where a full disk allows no removal.
    [[nodiscard]] virtual Result<std::optional<std::string>> take(const FlowHandle& handle) = 0;

    /// claim says whether an assertion is used for the first time, and remembers it until `until`, or for longer: of
    /// two claimers exactly one gets `first`, or none if an answer is lost. An engine that outlives the process has
    /// made `first` as durable as a logout before it returns it. `until` is when no rule accepts the assertion any
    /// more. Errors: StoreErrc::flow_malformed if `until` isn't within the next longest_claim, or such a claim may have
    /// been dropped already; store_full, store_failed. On each of them the assertion isn't accepted.
    [[nodiscard]] virtual Result<AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                                     Instant until) = 0;

    /// forget_expired drops some of what has expired; call it now and then, as SessionStore::sweep_some. Returns how
    /// many were dropped. An engine whose servers do that by themselves drops nothing.
    virtual std::size_t forget_expired() { return 0; }

    /// health returns the state of the engine's servers; its replica_shortfalls are of claims.
    [[nodiscard]] virtual StoreHealth health() const noexcept { return {}; }
    /// notes returns what an operator should know of the engine when it starts to serve, one line each.
    [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

}  // namespace slo::sp
