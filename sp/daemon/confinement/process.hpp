// The restriction of the endpoint's own process, so that an exploit opens as little of the machine as possible.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "slo/saml/result.hpp"

namespace slo::daemon {

/// A sanitizer or coverage counters are built in. At the process's end they trace it and write files, so such a build
/// omits the restrictions that would forbid that; it isn't for production.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SLO_COVERAGE)
inline constexpr bool instrumented = true;
#else
inline constexpr bool instrumented = false;
#endif

/// shed_inheritance frees the process of what its parent handed down: the whole environment, descriptors above 2, a
/// permissive umask. From then on it can't be dumped or traced, execve gives it no privileges, and a reader of stderr
/// that goes away doesn't end it. Call it first in main(), before a key is read and before any thread starts.
/// Errors: what the kernel refused.
[[nodiscard]] Result<void> shed_inheritance();

/// limit_descriptors allows `needed` open descriptors, no more and no less. Errors: the hard limit is lower.
///
/// No other resource is limited. Memory is bounded by what the configuration allows, and an RLIMIT_AS would count
/// address space that thread stacks and malloc's arenas merely reserve. RLIMIT_NPROC counts all processes of a user, so
/// another user's could keep our threads from starting; the system call filter forbids new processes outright.
/// RLIMIT_FSIZE would end a log that goes to a file.
[[nodiscard]] Result<void> limit_descriptors(std::size_t needed);

/// become_user gives up root for good: no supplementary groups, the user's own group and id, no capabilities, and it
/// verifies each of them. "root" changes nothing. A user who isn't root can only "become" the same user.
/// Call it when ports are bound and files are read, before any thread starts. Errors: no such user, or not permitted.
[[nodiscard]] Result<void> become_user(const std::string& user);

/// make_folder_for makes `folder` with mode 0700 for `user`, if it doesn't exist and we are root. Where we aren't, or
/// it does, the code that opens it sees whether it can be used. Errors: no such user, or the folder can't be made.
[[nodiscard]] Result<void> make_folder_for(const std::string& user, const std::filesystem::path& folder);

/// is_root says whether nothing on this machine is closed to us.
[[nodiscard]] bool is_root() noexcept;

}  // namespace slo::daemon
