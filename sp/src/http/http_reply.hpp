// A reply as the octets that go to the wire.
#pragma once

#include <string>

#include "slo/sp/http.hpp"

namespace slo::sp {

enum class AfterReply { keep_open, close };
enum class ReplyBody { send, omit };  ///< omit: the reply to HEAD (RFC 9110, 9.3.2)

/// serialise writes the status line, the reply's fields, Content-Length, and `Connection: close` where due. A reply
/// with a field that isn't one line of visible text becomes a plain 500: nothing of ours ever splits a response.
[[nodiscard]] std::string serialise(const HttpReply& reply, ReplyBody body, AfterReply after);

/// error_reply is the server's own reply without a handler: no body, and never cached (Bindings 3.2.3.2, l.364-367).
[[nodiscard]] HttpReply error_reply(int status);

}  // namespace slo::sp
