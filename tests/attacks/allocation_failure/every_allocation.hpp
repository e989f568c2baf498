// Runs a piece of work again and again, with another allocation failing each time.
#pragma once

#include <libxml/xmlerror.h>
#include <openssl/err.h>

#include <boost/test/unit_test.hpp>

#include <new>
#include <optional>
#include <string>

#include "allocator.hpp"

namespace slo::test {

inline const std::string out_of_memory = "std::bad_alloc";

/// Whether nothing of a failure stays behind in this thread.
inline bool has_clean_error_queues() {
    const xmlError* const last = xmlGetLastError();
    return ERR_peek_error() == 0 && (last == nullptr || last->code == XML_ERR_OK);
}

/// How a run ended that found too little memory.
struct ShortRun {
    std::string said;        ///< the work's result, or out_of_memory
    bool was_short = false;  ///< an allocation has failed
    bool left_clean = false;
    std::size_t largest = 0;  ///< the largest allocation that was asked for, in octets
};

/// What a whole message may ask for at once, and no more.
constexpr std::size_t largest_allocation = 1024 * 1024;

/// Runs `work` with the nth allocation failing. It says in one line how it ended, or throws std::bad_alloc.
template <class Work>
ShortRun with_shortage(Failing failing, std::size_t n, Work work) {
    std::optional<std::string> said;
    try {
        const Shortage shortage(failing, n);
        said = work();
    } catch (const std::bad_alloc&) {
        said.reset();
    }
    return {said.value_or(out_of_memory), Shortage::has_hit(), has_clean_error_queues(), Shortage::largest()};
}

/// How soon the work says the right thing again, once it has all the memory that it wants.
enum class Recovery {
    at_once,
    /// OpenSSL 3.0 makes an RSA key's blinding anew at each 32nd private operation. If that finds no memory, the key
    /// gives wrong numbers until the next time (BN_BLINDING_update): refusals, never an acceptance, and it passes.
    within_32_runs,
};

template <class Work>
bool recovers(Recovery recovery, const std::string& expected, Work work) {
    for (int i = recovery == Recovery::at_once ? 1 : 33; i > 0; --i) {
        if (work() == expected) return true;
    }
    return false;
}

/// Calls `judge(said)` with what `work()` says for n = 1, 2, ..., until a run is over before its nth allocation. That
/// run must say `expected`, as must one with all the memory that it wants after each failure: nothing stays broken.
template <class Work, class Judge>
void with_every_allocation_failing(Failing failing, const std::string& expected, Work work, Judge judge,
                                   Recovery recovery = Recovery::at_once) {
    BOOST_TEST_REQUIRE(work() == expected);
    for (std::size_t n = 1;; ++n) {
        const ShortRun run = with_shortage(failing, n, work);
        if (!run.was_short) {
            BOOST_TEST(run.said == expected);
            BOOST_TEST_MESSAGE(n - 1 << " allocations, failing: " << failing);
            return;
        }
        BOOST_TEST_CONTEXT("allocation " << n << ", failing: " << failing) {
            judge(run.said);
            BOOST_TEST(run.left_clean);
            BOOST_TEST(run.largest <= largest_allocation);
            BOOST_TEST_REQUIRE(recovers(recovery, expected, work));
        }
    }
}

}  // namespace slo::test
