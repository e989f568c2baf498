// The C libraries' preparation, where a thread that begins finds no memory.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <new>
#include <thread>

#include "runtime_init.hpp"
#include "slo/saml/xml.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process themselves

namespace {

using namespace slo::saml;

constexpr int refused = 7;

/// Takes all memory that this thread can have.
void take_all_memory() {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    if (::setrlimit(RLIMIT_DATA, &none) != 0) ::_exit(1);
    for (std::size_t size = std::size_t{1} << 26; size >= 16; size /= 2) {
        while (true) {
            void* volatile const memory = std::malloc(size);
            if (memory == nullptr) break;
        }
    }
}

/// In a process of its own: how a thread ends that has no memory for its first document.
[[noreturn]] void read_a_first_document_without_memory() {
    if (!xml::Document::parse("<a/>")) ::_exit(2);
    std::thread([] {
        take_all_memory();
        try {
            ensure_runtime();
            static_cast<void>(xml::Document::parse("<a/>"));
        } catch (const std::bad_alloc&) {
            ::_exit(refused);
        }
        ::_exit(3);
    }).join();
    ::_exit(4);
}

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(a_thread_without_memory_for_its_first_document_refuses_it_and_ends_no_process) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) read_a_first_document_without_memory();
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST_REQUIRE(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == refused);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#endif
