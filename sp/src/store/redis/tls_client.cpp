#include "tls_client.hpp"

#include "slo/sp/store_error.hpp"

namespace slo::sp::redis {

idp_adapter::TlsClientOptions tls_policy(const RedisTlsOptions& options) {
    return {.peer = idp_adapter::CertificatesOf{options.ca_file},
            .certificate = options.certificate_file,
            .key = options.private_key_file,
            .peers = "the Redis servers",
            .code = make_error_code(StoreErrc::store_unusable)};
}

}  // namespace slo::sp::redis
