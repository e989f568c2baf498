// A whole service provider behind a real server on loopback, confined and watched: where the attacks are fought.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "attack.hpp"
#include "audit_line.hpp"
#include "client.hpp"
#include "confinement.hpp"
#include "slo/sp/http_server.hpp"

namespace slo::test {

/// The result of an attack.
struct Observation {
    Reply reply;       ///< http_status 0: no answer came
    std::string wire;  ///< the answer's octets
    bool connection_as_expected = false;
    std::string alive_before, alive;  ///< sessions, joined by blanks
    std::string told_before, told;    ///< whose end the application was asked for
    unsigned store_changes = 0;       ///< calls that reached the store and may change it
    std::vector<AuditLine> audit;
    std::string printed;
    std::vector<std::string> attempted_calls;
    std::string errors_left_behind;  ///< on the serving thread, after each request
    double cpu_ms = 0;
    long memory_kib = 0;
    bool server_failed = false;  ///< something was thrown through a connection
    std::string good_answer;     ///< the answer to good_request() on the same connection, if it goes on
    std::string other_answer;    ///< the answer to IdP2's request on a new one
    std::string alive_at_last;
};

/// Plays `attack` in an arena of its own.
[[nodiscard]] Observation observe(const Attack& attack);

/// The octets of an answer without what differs from one answer to the same question to the next: its ID and what
/// follows from it.
[[nodiscard]] std::string faceless(std::string wire);

}  // namespace slo::test
