#include "system_call_filter.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

namespace slo::daemon {
namespace {

using Filter = std::unique_ptr<void, decltype([](scmp_filter_ctx filter) { seccomp_release(filter); })>;

/// Those that a processor doesn't have are left out by libseccomp.
constexpr int serving[] = {
    // sockets and pipes that are open
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(close), SCMP_SYS(getpeername), SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt), SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(send), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(write),
    SCMP_SYS(writev),
    // waiting
    SCMP_SYS(clock_nanosleep), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_wait),
    SCMP_SYS(futex), SCMP_SYS(nanosleep), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield), SCMP_SYS(timerfd_settime),
    // memory; mmap and mprotect are below
    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap),
    // time and randomness
    SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    // threads; clone is below
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity), SCMP_SYS(set_robust_list),
    // signals, and the end
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack)};

/// SQLite's work on the files that it opened before serving, and the check whether they are still at their paths. At
/// the end it would remove its log, whose content is in the database by then; it copes with a refusal, and a right to
/// remove files covers others' too.
constexpr int on_files[] = {SCMP_SYS(fdatasync),   SCMP_SYS(fstat),     SCMP_SYS(fstat64), SCMP_SYS(fstatat64),
                            SCMP_SYS(fsync),       SCMP_SYS(lseek),     SCMP_SYS(statx),   SCMP_SYS(newfstatat),
                            SCMP_SYS(ftruncate),   SCMP_SYS(fallocate), SCMP_SYS(pread64), SCMP_SYS(_llseek),
                            SCMP_SYS(ftruncate64), SCMP_SYS(pwrite64)};

/// What connecting takes besides: the resolver's sockets, its configuration (read anew when it has changed), and event
/// loops, of which each IdP that is asked gets one of its own.
constexpr int to_connect[] = {
    SCMP_SYS(connect), SCMP_SYS(bind),  SCMP_SYS(eventfd2),      SCMP_SYS(newfstatat),    SCMP_SYS(fstat),
    SCMP_SYS(fstat64), SCMP_SYS(lseek), SCMP_SYS(sendmmsg),      SCMP_SYS(recvmmsg),      SCMP_SYS(fstatat64),
    SCMP_SYS(statx),   SCMP_SYS(uname), SCMP_SYS(epoll_create1), SCMP_SYS(timerfd_create)};

constexpr int to_read[] = {SCMP_SYS(fstat),      SCMP_SYS(fstat64), SCMP_SYS(fstatat64), SCMP_SYS(lseek),
                           SCMP_SYS(newfstatat), SCMP_SYS(pread64), SCMP_SYS(statx)};

/// A process that may rename and remove files may do so with all that belong to this user: give it one of its own.
constexpr int to_write[] = {SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(renameat), SCMP_SYS(renameat2),
                            SCMP_SYS(unlinkat)};

constexpr int intruding[] = {
    // programs and processes
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd), SCMP_SYS(personality),
    // a way in
    SCMP_SYS(socketcall), SCMP_SYS(listen),
    // another user, another view of the machine
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(setgroups), SCMP_SYS(capset),
    SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(unshare), SCMP_SYS(setns),
    // the kernel
    SCMP_SYS(bpf), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(reboot), SCMP_SYS(swapon)};

constexpr int way_out[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind)};

/// Adds rules until one fails; libseccomp's errors are negative errno values.
class Rules {
public:
    explicit Rules(scmp_filter_ctx filter) noexcept : filter_(filter) {}

    template <class... Conditions>
    void add(std::uint32_t action, int call, Conditions... conditions) noexcept {
        if (error_ != 0) return;
        error_ = seccomp_rule_add(filter_, action, call, sizeof...(conditions), conditions...);
        if (error_ == -EEXIST) error_ = 0;  // several needs have some calls in common
    }
    [[nodiscard]] int error() const noexcept { return error_; }

private:
    scmp_filter_ctx filter_;
    int error_ = 0;
};

/// What SCMP_A0 and its kin are in C.
scmp_arg_cmp argument(unsigned index, scmp_compare how, scmp_datum_t first, scmp_datum_t second = 0) noexcept {
    return {.arg = index, .op = how, .datum_a = first, .datum_b = second};
}

void add_calls(Rules& rules) {
    for (const int call : serving) rules.add(SCMP_ACT_ALLOW, call);
    for (const int call : intruding) rules.add(SCMP_ACT_KILL_PROCESS, call);

    // A process of its own is a thread without CLONE_THREAD. clone3 hides its flags behind a pointer, where no filter
    // sees them; told that there is none, the C library takes clone.
    rules.add(SCMP_ACT_ALLOW, SCMP_SYS(clone), argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    rules.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    rules.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));

    rules.add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), argument(1, SCMP_CMP_EQ, FIONBIO));
    for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL}) {
        rules.add(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), argument(1, SCMP_CMP_EQ, static_cast<scmp_datum_t>(command)));
    }
    // abort(), and no other process's threads.
    rules.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
}

/// No code is mapped. A look-up of names must survive that: the resolver loads libraries for some ways to do it,
/// and goes on to the next if it can't.
void add_memory_calls(Rules& rules, const std::set<Calls>& needed) {
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)}) {
        rules.add(SCMP_ACT_ALLOW, call, argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
        if (needed.contains(Calls::network)) continue;
        rules.add(SCMP_ACT_KILL_PROCESS, call, argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    }
}

void add_calls_on_database(Rules& rules) {
    for (const int call : on_files) rules.add(SCMP_ACT_ALLOW, call);
    for (const int command : {F_GETLK, F_SETLK}) {
        rules.add(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), argument(1, SCMP_CMP_EQ, static_cast<scmp_datum_t>(command)));
    }
}

/// O_TRUNC empties a file that is opened to be read, too.
void add_opening_to_read(Rules& rules) {
    constexpr scmp_datum_t flags = O_ACCMODE | O_CREAT | O_TRUNC;
    rules.add(SCMP_ACT_ALLOW, SCMP_SYS(openat), argument(2, SCMP_CMP_MASKED_EQ, flags, O_RDONLY));
}

/// Files are opened to be read only, and sockets of no other kinds than these: raw ones would be a way to listen in.
void add_calls_to_connect(Rules& rules) {
    for (const int call : to_connect) rules.add(SCMP_ACT_ALLOW, call);
    for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
        for (const int kind : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW}) {
            constexpr scmp_datum_t kind_bits = 0xF;
            if (kind == SOCK_RAW && family != AF_NETLINK) continue;
            rules.add(SCMP_ACT_ALLOW, SCMP_SYS(socket), argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)),
                      argument(1, SCMP_CMP_MASKED_EQ, kind_bits, static_cast<scmp_datum_t>(kind)));
        }
    }
    add_opening_to_read(rules);
}

void add_calls_to_read(Rules& rules) {
    for (const int call : to_read) rules.add(SCMP_ACT_ALLOW, call);
    add_opening_to_read(rules);
}

void add_calls_to_write(Rules& rules) {
    for (const int call : to_write) rules.add(SCMP_ACT_ALLOW, call);
    constexpr scmp_datum_t flags = O_ACCMODE | O_CREAT | O_EXCL;
    rules.add(SCMP_ACT_ALLOW, SCMP_SYS(openat), argument(2, SCMP_CMP_MASKED_EQ, flags, O_RDWR | O_CREAT | O_EXCL));
}

void add_needed_calls(Rules& rules, const std::set<Calls>& needed) {
    add_memory_calls(rules, needed);
    if (needed.contains(Calls::database)) add_calls_on_database(rules);
    if (needed.contains(Calls::read_files)) add_calls_to_read(rules);
    if (needed.contains(Calls::append)) rules.add(SCMP_ACT_ALLOW, SCMP_SYS(fsync));
    if (needed.contains(Calls::write_files)) add_calls_to_write(rules);
    if (needed.contains(Calls::network)) return add_calls_to_connect(rules);
    for (const int call : way_out) rules.add(SCMP_ACT_KILL_PROCESS, call);
}

Failure unavailable(int error) {
    const std::error_code code(-error, std::generic_category());
    return {code, "the kernel takes no system call filter (" + code.message() +
                      "); use one with seccomp, or write seccomp = \"off\" in [process]"};
}

}  // namespace

Result<void> filter_system_calls(const std::set<Calls>& needed) {
    const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
    if (!filter) return unavailable(-ENOMEM);
    if (const int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); error != 0)
        return unavailable(error);
    // Both only help: the kernel's log, and fewer comparisons for each call.
    static_cast<void>(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_LOG, 1));
    static_cast<void>(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
    Rules rules(filter.get());
    add_calls(rules);
    add_needed_calls(rules, needed);
    if (rules.error() != 0) return unavailable(rules.error());
    if (const int error = seccomp_load(filter.get()); error != 0) return unavailable(error);
    return Done{};
}

}  // namespace slo::daemon
