#include "refusal_telling.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "http_fields.hpp"

namespace slo::sp {
namespace {

/// OpenSSL's texts are fixed: nothing of the peer's is in them.
std::string why(const SSL* tls, PeerLoss loss, unsigned long reason) {
    if (loss == PeerLoss::late) return "a handshake is done within handshake_timeout";
    const char* const text = reason == 0 ? nullptr : ERR_reason_error_string(reason);
    if (text == nullptr) return "the peer closed during the handshake: does it trust our certificate?";
    std::string complaint = text;
    if (const long verdict = SSL_get_verify_result(tls); verdict != X509_V_OK) {
        complaint += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
    }
    return complaint + "; TLS 1.2 and TLS 1.3 are spoken here";
}

}  // namespace

void RefusalTelling::note_head(std::string_view head) {
    idp_adapter::cut(head, " ");
    const auto line_end = head.find_first_of(" \r");
    target_ = origin_form(head.substr(0, line_end));
}

void RefusalTelling::tell(const Refusal& refusal) noexcept {
    try {
        std::string detail(refusal.right);
        if (refusal.most != 0) detail += " " + std::to_string(refusal.most);
        handler_.refused(
            {.rule = refusal.rule, .status = refusal.status, .peer = peer_, .target = target_, .detail = detail});
    } catch (...) {
        // No memory for the words: the peer gets its answer all the same.
    }
}

void RefusalTelling::tell(PeerLoss loss) noexcept {
    switch (loss) {
        case PeerLoss::closed:
            return tell({0, HttpRule::closed, "the peer closed before it had its answer"});
        case PeerLoss::late:
            return tell({0, HttpRule::timeout, "an answer is taken within write_timeout"});
        case PeerLoss::made_way:
            return tell({0, HttpRule::connections, "it made way for a newcomer: max_connections were there"});
    }
}

void RefusalTelling::tell_of_handshake(const SSL* tls, PeerLoss loss, unsigned long reason) noexcept {
    if (loss == PeerLoss::made_way) return tell(loss);
    if (loss == PeerLoss::closed && BIO_number_read(SSL_get_rbio(tls)) == 0) return;
    try {
        const std::string detail = why(tls, loss, reason);
        tell(Refusal{0, HttpRule::tls_handshake, detail});
    } catch (...) {
        // No memory for the words.
    }
}

}  // namespace slo::sp
