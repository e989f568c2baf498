// A message whose every field was read from octets that somebody proved to be his.
#pragma once

#include <utility>

namespace slo::saml {

class MessageVerifier;

/// Verified<Message> was read from the octets that the right key signed; a LogoutRequest without a signature, from
/// those that an AuthenticatedSender sent. It can be made by MessageVerifier alone: no default, no aggregate, no back
/// door for tests.
template <class Message>
class [[nodiscard]] Verified {
public:
    const Message& operator*() const& noexcept { return message_; }
    const Message* operator->() const noexcept { return &message_; }

private:
    friend class MessageVerifier;
    explicit Verified(Message message) : message_(std::move(message)) {}
    Message message_;
};

}  // namespace slo::saml
