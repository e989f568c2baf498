// What a reply means for its request.
#pragma once

#include <optional>
#include <variant>

#include "address.hpp"
#include "operation.hpp"
#include "reply.hpp"

namespace slo::sp::redis {

struct IsAnswer {};    ///< the caller gets it, error or not
struct TryLater {};    ///< the server, or the Cluster, isn't ready for it
struct SendSource {};  ///< the script isn't known there
struct NotMaster {};   ///< the server is no master any more
using Verdict = std::variant<IsAnswer, TryLater, SendSource, NotMaster, Redirection>;

/// judge: `asked` is the server that replied; redirections may leave out its host.
[[nodiscard]] Verdict judge(const Reply& reply, const Address& asked);

}  // namespace slo::sp::redis
