// What a connection tells its handler of requests that the server refuses by itself, for the audit.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "http_head.hpp"
#include "slo/sp/http.hpp"

struct ssl_st;

namespace slo::sp {

/// PeerLoss is why nothing more comes from a peer.
enum class PeerLoss {
    closed,    ///< it has closed
    late,      ///< its time was up
    made_way,  ///< a newcomer has its place
};

/// RefusalTelling is one connection's. Without memory for its words it tells nothing.
class RefusalTelling {
public:
    RefusalTelling(HttpHandler& handler, std::string peer) : handler_(handler), peer_(std::move(peer)) {}

    [[nodiscard]] const std::string& peer() const noexcept { return peer_; }
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    void begin_request() noexcept { target_.clear(); }
    /// A request's head has come, whatever it's worth.
    void note_head(std::string_view head);

    void tell(const Refusal& refusal) noexcept;
    /// The peer was in the middle of its request, or of its answer.
    void tell(PeerLoss loss) noexcept;
    /// A peer that closed without an octet isn't reported: it only looked whether there is a server. `reason` is
    /// OpenSSL's; 0: it has none.
    void tell_of_handshake(const ssl_st* tls, PeerLoss loss, unsigned long reason) noexcept;

private:
    HttpHandler& handler_;
    std::string peer_;
    std::string target_;  ///< of the request under way, as the peer wrote it; empty until its head has come
};

}  // namespace slo::sp
