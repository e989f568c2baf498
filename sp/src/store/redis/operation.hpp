// A caller's request on its way.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "address.hpp"
#include "client.hpp"
#include "event_loop.hpp"

namespace slo::sp::redis {

/// Redirection is the server to which another one sent us.
struct Redirection {
    Address address;
    bool asking = false;  ///< ASK: for this request only, and the other server must be told so
};

/// Operation belongs to the loop's thread once it is handed in.
struct Operation {
    Request request;
    Moment deadline;
    std::function<void(Result<Answer>)> done;
    std::optional<Address> pinned = {};  ///< the server that it is for, whatever its key
    std::optional<Redirection> redirection = {};
    Moment not_before{};
    unsigned tries = 0;
    bool source_wanted = false;  ///< the server doesn't know the script
    bool finished = false;
    std::list<std::shared_ptr<Operation>>::iterator place = {};  ///< among those at work

    [[nodiscard]] bool wants_replicas() const noexcept { return request.acknowledgement == Acknowledgement::replicas; }
};
using OperationPtr = std::shared_ptr<Operation>;

/// append_operation appends the command of `operation`, and returns its number of replies: the last one counts.
[[nodiscard]] std::size_t append_operation(std::string& octets, const Operation& operation);

}  // namespace slo::sp::redis
