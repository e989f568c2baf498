// Our TLS policy towards the store's servers.
#pragma once

#include "slo/idp_adapter/tls_client.hpp"
#include "slo/sp/redis_session_store.hpp"

namespace slo::sp::redis {

/// A CA of the operator's choice, and our certificate where there is one. Failures: StoreErrc::store_unusable.
[[nodiscard]] idp_adapter::TlsClientOptions tls_policy(const RedisTlsOptions& options);

}  // namespace slo::sp::redis
