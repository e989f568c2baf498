// Steps that can't be undone, or end a process, are tried in a child of the test's process.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <string>

namespace slo::test {

/// How a child that runs `act` ends: "exit N" with what `act` returned, or "signal N".
template <class Act>
[[nodiscard]] std::string in_child(Act act) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        rlimit core{};
        ::getrlimit(RLIMIT_CORE, &core);
        core.rlim_cur = 0;  // no litter; whether the product forbids it shows in the hard limit
        ::setrlimit(RLIMIT_CORE, &core);
        ::_exit(act());
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    return "exit " + std::to_string(WEXITSTATUS(status));
}

/// Whether `holds` is true in a child.
template <class Predicate>
[[nodiscard]] bool holds_in_child(Predicate holds) {
    return in_child([&holds] { return holds() ? 0 : 1; }) == "exit 0";
}

}  // namespace slo::test
