// The system calls that serving needs, and what happens to all others.
#pragma once

#include "slo/saml/result.hpp"

namespace slo::examples {

/// What the session store calls for while it serves, beside what serving does.
enum class StoreCalls {
    none,     ///< memory
    files,    ///< SQLite: reads, writes and locks what it has opened
    network,  ///< Redis: connects again to servers that went away, and looks up their names
};

/// filter_system_calls leaves this process what serving needs: its sockets, memory without code, threads, time,
/// waiting, writing to what is open; and what `store` needs. It holds for every thread, those that run and those to
/// come, and can't be undone.
///
/// What only an intruder would want ends the process at once, by SIGSYS: starting programs and processes, new sockets,
/// connecting (unless the store does), tracing, executable memory, changing users, mounts, modules. Every other call
/// fails with EPERM, above all opening files: libraries open some at their own discretion (malloc asks /proc how to
/// give back memory) and cope with a refusal, while ending the process for that would let a peer's load stop the
/// service. The kernel logs both kinds (audit type 1326).
///
/// Call it when everything is open. Errors: the kernel has no such filters, with how to do without.
[[nodiscard]] Result<void> filter_system_calls(StoreCalls store);

}  // namespace slo::examples
