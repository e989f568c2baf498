// A message whose every field was read from octets that are proven to be its sender's.
#pragma once

#include <utility>

namespace slo::saml {

class MessageVerifier;
class ResponseVerifier;

/// Evidence is why a message is believed.
enum class Evidence {
    signature,       ///< of the message itself: it covers each octet of it, whatever its route
    tls_client_key,  ///< its sender's, on its own connection (AuthenticatedSender)
    shared_secret,   ///< its sender's, likewise
};

/// Verified<Message> was read from the octets that the right key signed; a LogoutRequest without a signature, from
/// those that an AuthenticatedSender sent: evidence() says which. Only MessageVerifier and ResponseVerifier can make
/// it: no default, no aggregate, no exception for tests.
template <class Message>
class [[nodiscard]] Verified {
public:
    const Message& operator*() const& noexcept { return message_; }
    const Message* operator->() const noexcept { return &message_; }
    [[nodiscard]] Evidence evidence() const noexcept { return evidence_; }

private:
    friend class MessageVerifier;
    friend class ResponseVerifier;
    class ResponseVerifier;
    Verified(Message message, Evidence evidence) : message_(std::move(message)), evidence_(evidence) {}
    Message message_;
    Evidence evidence_;
};

}  // namespace slo::saml
