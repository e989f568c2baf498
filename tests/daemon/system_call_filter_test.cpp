// The filter under which saml-slod serves: each call in a child of its own, made past the C library's wrappers
// where those would do something else first.
#include "system_call_filter.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "forked.hpp"
#include "process.hpp"

namespace {

using namespace slo;
using daemon::Calls;

/// How a child ends that does `act` under the filter.
std::string filtered(const std::function<int()>& act, const std::set<Calls>& needed = {}) {
    return test::in_child([&act, needed] {
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !daemon::filter_system_calls(needed)) return 100;
        return act();
    });
}

/// 0, or the errno of a call that failed.
int error_of(long result) {
    return result == -1 ? errno : 0;
}

void* map(int protection) {
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

const std::string killed = "signal " + std::to_string(SIGSYS);
const std::string refused = "exit " + std::to_string(EPERM);

}  // namespace

BOOST_AUTO_TEST_SUITE(system_call_filter)

BOOST_AUTO_TEST_CASE(ends_the_process_for_calls_of_an_intruder) {
    static char program[] = "/bin/true";
    static char* const arguments[] = {program, nullptr};
    static sockaddr_in nowhere{};
    nowhere.sin_family = AF_INET;
    const std::map<std::string, std::function<int()>> intrusions{
        {"execve", [] { return error_of(::execve(program, arguments, nullptr)); }},
        {"execveat", [] { return error_of(::syscall(SYS_execveat, AT_FDCWD, program, arguments, nullptr, 0)); }},
        {"fork", [] { return error_of(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)); }},
        {"socket", [] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }},
        {"connect", [] { return error_of(::connect(0, reinterpret_cast<sockaddr*>(&nowhere), sizeof nowhere)); }},
        {"bind", [] { return error_of(::bind(0, reinterpret_cast<sockaddr*>(&nowhere), sizeof nowhere)); }},
        {"ptrace", [] { return error_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
        {"process_vm_readv", [] { return error_of(::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0)); }},
        {"mmap of code", [] { return map(PROT_READ | PROT_EXEC) == MAP_FAILED ? errno : 0; }},
        {"mprotect to code",
         [] {
             void* const page = map(PROT_READ | PROT_WRITE);
             return error_of(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
         }},
        {"setuid", [] { return error_of(::syscall(SYS_setuid, 0)); }},
        {"setresuid", [] { return error_of(::syscall(SYS_setresuid, 0, 0, 0)); }},
        {"unshare", [] { return error_of(::unshare(CLONE_NEWUSER)); }},
        {"bpf", [] { return error_of(::syscall(SYS_bpf, 0, nullptr, 0)); }},
        {"io_uring_setup", [] { return error_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }},
        {"keyctl", [] { return error_of(::syscall(SYS_keyctl, 0, 0, 0, 0, 0)); }}};
    for (const auto& [name, intrude] : intrusions) BOOST_TEST(filtered(intrude) == killed, name);
}

BOOST_AUTO_TEST_CASE(refuses_calls_that_libraries_can_do_without) {
    const std::map<std::string, std::function<int()>> attempts{
        {"open", [] { return error_of(::open("/proc/sys/vm/overcommit_memory", O_RDONLY)); }},
        {"open to write", [] { return error_of(::open("/dev/null", O_WRONLY | O_CREAT, 0600)); }},
        {"unlink", [] { return error_of(::unlink("/nowhere")); }},
        {"readlink",
         [] {
             std::array<char, 16> target{};
             return error_of(::readlink("/proc/self/exe", target.data(), target.size()));
         }},
        {"kill", [] { return error_of(::kill(::getppid(), 0)); }},
        {"memfd_create", [] { return error_of(::syscall(SYS_memfd_create, "x", 0)); }},
        {"a signal for another process", [] { return error_of(::syscall(SYS_tgkill, 1, 1, 0)); }},
        {"an ioctl on the terminal", [] { return error_of(::syscall(SYS_ioctl, 0, 0x5412, "x")); }},
        {"a lock on a file", [] { return error_of(::syscall(SYS_fcntl, 0, F_SETLK, nullptr)); }}};
    for (const auto& [name, attempt] : attempts) BOOST_TEST(filtered(attempt) == refused, name);
}

BOOST_AUTO_TEST_CASE(metadata_in_files_is_read_and_nothing_is_written) {
    const auto reading = [](const std::function<int()>& act) { return filtered(act, {Calls::read_files}); };
    BOOST_TEST(reading([] { return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1; }) == "exit 0");
    BOOST_TEST(reading([] { return error_of(::open("/dev/null", O_WRONLY | O_CLOEXEC)); }) == refused);
    BOOST_TEST(reading([] { return error_of(::open("/dev/null", O_RDONLY | O_TRUNC | O_CLOEXEC)); }) == refused);
    BOOST_TEST(reading([] { return error_of(::open("/dev/shm/slo-x", O_RDWR | O_CREAT | O_EXCL, 0600)); }) == refused);
}

BOOST_AUTO_TEST_CASE(copies_of_metadata_are_written_as_new_files_alone) {
    const auto writing = [](const std::function<int()>& act) { return filtered(act, {Calls::write_files}); };
    BOOST_TEST(writing([] {
                   const int made =
                       ::openat(AT_FDCWD, "/dev/shm/slo-filter-test", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                   return made >= 0 && ::unlinkat(AT_FDCWD, "/dev/shm/slo-filter-test", 0) == 0 ? 0 : 1;
               }) == "exit 0");
    BOOST_TEST(writing([] { return error_of(::open("/dev/null", O_RDWR | O_CLOEXEC)); }) == refused);
    BOOST_TEST(writing([] { return error_of(::open("/dev/null", O_RDWR | O_CREAT | O_CLOEXEC, 0600)); }) == refused);
}

BOOST_AUTO_TEST_CASE(leaves_a_store_on_the_disk_its_open_files_and_no_others) {
    const int file = ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    BOOST_REQUIRE(file >= 0);
    const auto on_files = [](const std::function<int()>& act) { return filtered(act, {Calls::database}); };
    BOOST_TEST(on_files([file] {
                   char octet = 'x';
                   struct flock lock {};
                   lock.l_type = F_WRLCK;
                   const bool works = ::pwrite(file, &octet, 1, 0) == 1 && ::pread(file, &octet, 1, 0) == 1 &&
                                      ::fcntl(file, F_SETLK, &lock) == 0 && ::fdatasync(file) == 0 &&
                                      ::ftruncate(file, 0) == 0 && ::lseek(file, 0, SEEK_END) == 0;
                   return works ? 0 : errno;
               }) == "exit 0");
    BOOST_TEST(on_files([] {  // whether its files are still at their paths
                   struct stat status {};
                   return error_of(::fstatat(AT_FDCWD, "/tmp", &status, AT_SYMLINK_NOFOLLOW));
               }) == "exit 0");
    BOOST_TEST(on_files([] { return error_of(::open("/etc/hosts", O_RDONLY)); }) == refused);
    BOOST_TEST(on_files([] { return error_of(::unlink("/nowhere")); }) == refused);
    BOOST_TEST(on_files([] { return error_of(::rename("/nowhere", "/nowhere2")); }) == refused);
    BOOST_TEST(on_files([] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }) == killed);
    BOOST_TEST(on_files([] { return map(PROT_READ | PROT_EXEC) == MAP_FAILED ? errno : 0; }) == killed);
    ::close(file);
}

BOOST_AUTO_TEST_CASE(leaves_a_store_beyond_the_network_its_way_there) {
    const auto beyond = [](const std::function<int()>& act) { return filtered(act, {Calls::network}); };
    BOOST_TEST(beyond([] {
                   sockaddr_in nobody{};
                   nobody.sin_family = AF_INET;
                   nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                   const int stream = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                   const int names = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
                   if (stream < 0 || names < 0) return errno;
                   const auto* const address = reinterpret_cast<const sockaddr*>(&nobody);
                   if (::connect(stream, address, sizeof nobody) != 0 && errno == EPERM) return errno;
                   return error_of(::open("/etc/hosts", O_RDONLY | O_CLOEXEC));
               }) == "exit 0");
    BOOST_TEST(beyond([] { return error_of(::open("/dev/null", O_WRONLY)); }) == refused);
    BOOST_TEST(beyond([] { return error_of(::open("/dev/null", O_RDWR)); }) == refused);
    BOOST_TEST(beyond([] { return error_of(::open("/tmp/nowhere", O_RDONLY | O_CREAT, 0600)); }) == refused);
    BOOST_TEST(beyond([] { return error_of(::socket(AF_INET, SOCK_RAW, IPPROTO_TCP)); }) == refused);
    BOOST_TEST(beyond([] { return error_of(::socket(AF_PACKET, SOCK_DGRAM, 0)); }) == refused);
    BOOST_TEST(beyond([] { return error_of(::unlink("/nowhere")); }) == refused);
    BOOST_TEST(beyond([] { return map(PROT_READ | PROT_EXEC) == MAP_FAILED ? errno : 0; }) == refused);
    BOOST_TEST(beyond([] { return error_of(::listen(0, 1)); }) == killed);
    BOOST_TEST(beyond([] { return error_of(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)); }) ==
               killed);
}

BOOST_AUTO_TEST_CASE(leaves_the_calls_that_serving_needs) {
    // UndefinedBehaviorSanitizer looks at a thread's start through a pipe that the filter doesn't let it make.
    if (!daemon::instrumented) {
        BOOST_TEST(filtered([] {
                       int sum = 0;
                       std::thread([&sum] { sum = 1; }).join();
                       return sum == 1 ? 0 : 1;
                   }) == "exit 0",
                   "threads");
    }
    BOOST_TEST(filtered([] {
                   void* const page = map(PROT_READ | PROT_WRITE);
                   return page != MAP_FAILED && ::mprotect(page, 4096, PROT_READ) == 0 && ::munmap(page, 4096) == 0 ? 0
                                                                                                                    : 1;
               }) == "exit 0",
               "memory");
    BOOST_TEST(filtered([] { return ::write(STDERR_FILENO, "", 0) == 0 ? 0 : 1; }) == "exit 0", "stderr");
    BOOST_TEST(filtered([]() -> int {
                   std::signal(SIGABRT, SIG_DFL);  // Boost.Test has a handler of its own
                   std::abort();
               }) == "signal " + std::to_string(SIGABRT),
               "the end of a broken program");
}

BOOST_AUTO_TEST_CASE(holds_for_threads_that_run_already) {
    BOOST_TEST(test::in_child([] {
                   std::array<int, 2> ends{};
                   if (::pipe(ends.data()) != 0) return 100;
                   std::thread older([&ends] {
                       char octet = 0;
                       if (::read(ends[0], &octet, 1) != 1) return;  // until the filter is there
                       static_cast<void>(::socket(AF_INET, SOCK_STREAM, 0));
                   });
                   if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !daemon::filter_system_calls({})) return 101;
                   if (::write(ends[1], "x", 1) != 1) return 102;
                   older.join();
                   return 0;
               }) == killed);
}

BOOST_AUTO_TEST_SUITE_END()
