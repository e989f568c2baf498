// The system calls that serving needs, and what happens to all others.
#pragma once

#include <set>

#include "slo/saml/result.hpp"

namespace slo::daemon {

/// Calls are the kinds of work of a process while it serves, beside serving itself.
enum class Calls {
    database,     ///< SQLite: reads, writes and locks what it has opened
    network,      ///< Redis, metadata at a URL: connects, and looks up names
    read_files,   ///< metadata in files, our keys: opens them again
    append,       ///< the publication record: makes writes to an open file durable
    write_files,  ///< copies of metadata: makes new files, renames and removes some; opens none that exists to write
};

/// filter_system_calls leaves this process what serving needs: its sockets, memory without code, threads, time,
/// waiting, writing to open files; and the `needed` kinds. It holds for every thread, those that run and those to
/// come, and can't be undone.
///
/// A call that only an intruder would make ends the process at once, by SIGSYS: starting programs and processes, new
/// sockets, connecting (unless that is needed), tracing, executable memory, changing users, mounts, modules. Every
/// other call fails with EPERM, above all opening files: libraries open some at their own discretion (malloc asks /proc
/// how to give back memory) and cope with a refusal, while ending the process for that would let a peer's load stop the
/// service. The kernel logs both kinds (audit type 1326).
///
/// Call it when everything is open. Errors: the kernel has no such filters, with the remedy.
[[nodiscard]] Result<void> filter_system_calls(const std::set<Calls>& needed);

}  // namespace slo::daemon
