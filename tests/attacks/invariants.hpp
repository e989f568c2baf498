// The invariants that hold after every attack: G1 to G10 of the matrix.
#pragma once

#include <string>
#include <vector>

#include "arena.hpp"

namespace slo::test {

/// Which invariants `seen` breaks, each as "G1: ..."; empty: the attack was survived.
///
/// G1 sessions and store untouched except as the row accepts; G2 no open, connect or exec; G3 the next good request
/// works on this connection and another's on a new one; G4 CPU time and memory bounded; G5 one answer for every broken
/// signature and one for every failed decryption; G6 nothing printed, no octet of the attacker in answer or audit, one
/// audit entry; G7 no error left behind in a C library; G8 the refused message's ID isn't taken; G9 is the sanitizers'
/// (./dev asan, ./dev tsan); G10 the answer and the rule are exactly those.
[[nodiscard]] std::vector<std::string> broken_invariants(const Attack& attack, const Observation& seen);

}  // namespace slo::test
