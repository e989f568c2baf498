#include "process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <vector>

namespace slo::daemon {
namespace {

Failure refused(std::string what) {
    const std::error_code code(errno, std::generic_category());
    return {code, std::move(what) + " (" + code.message() + ")"};
}

Failure not_permitted(std::string what) {
    return {std::make_error_code(std::errc::operation_not_permitted), std::move(what)};
}

Failure unknown_user(const std::string& user) {
    return not_permitted("user \"" + user + "\" in [process] isn't known here; make it (adduser --system --group " +
                         user + "), or name another one");
}

/// Without them the next file opened, such as a key, would become stderr.
Result<void> occupy_standard_descriptors() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) >= 0) continue;
        if (::open("/dev/null", O_RDWR) != descriptor) return refused("can't open /dev/null");  // NOLINT: kept open
    }
    return Done{};
}

/// RLIMIT_CORE alone doesn't suffice: a core_pattern that names a program gets the memory all the same. Being
/// undumpable also keeps other processes of the same user from reading ours.
Result<void> forbid_dumps() {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0) return refused("can't forbid core dumps");
    if (!instrumented && ::prctl(PR_SET_DUMPABLE, 0) != 0) return refused("can't forbid core dumps");
    return Done{};
}

struct Account {
    uid_t user;
    gid_t group;
};

std::optional<Account> find_account(const std::string& user) {
    std::vector<char> buffer(64 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return std::nullopt;
    return Account{found->pw_uid, found->pw_gid};
}

bool is_wholly(const Account& account) {
    std::array<uid_t, 3> users{};
    std::array<gid_t, 3> groups{};
    if (::getresuid(users.data(), &users[1], &users[2]) != 0) return false;
    if (::getresgid(groups.data(), &groups[1], &groups[2]) != 0) return false;
    return users == std::array{account.user, account.user, account.user} &&
           groups == std::array{account.group, account.group, account.group};
}

/// True unless the kernel says that there is none: a capability can outlive the change of user (securebits).
bool has_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return true;
    for (const auto& set : sets) {
        if ((set.effective | set.permitted | set.inheritable) != 0) return true;
    }
    return false;
}

bool can_return_to_root(const Account& account) {
    return ::setresuid(0, 0, 0) == 0 || (account.group != 0 && ::setresgid(0, 0, 0) == 0);
}

/// 'text', for a shell.
std::string in_quotes(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

/// The folder of a run before, as root or another user. It isn't given away here: it may hold what is another's by now.
Result<void> check_owner(const std::filesystem::path& folder, const std::string& user, const Account& account) {
    struct stat status {};
    if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return Done{};
    if (status.st_uid == account.user || account.user == 0) return Done{};
    return not_permitted("the folder " + folder.string() + " belongs to user " + std::to_string(status.st_uid) +
                         ", probably since a run before, and user \"" + user +
                         "\" of [process] can't use it; end that run, and give it away: chown -R " + user + ": " +
                         in_quotes(folder.string()));
}

}  // namespace

Result<void> shed_inheritance() {
    ::clearenv();  // NOLINT(concurrency-mt-unsafe): documented to run before any thread
    if (auto occupied = occupy_standard_descriptors(); !occupied) return occupied;
    ::closefrom(STDERR_FILENO + 1);
    ::umask(S_IRWXG | S_IRWXO);
    if (auto forbidden = forbid_dumps(); !forbidden) return forbidden;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("can't renounce new privileges");
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return refused("can't ignore SIGPIPE");
    return Done{};
}

Result<void> limit_descriptors(std::size_t needed) {
    const rlimit exactly{.rlim_cur = needed, .rlim_max = needed};
    if (::setrlimit(RLIMIT_NOFILE, &exactly) == 0) return Done{};
    const std::error_code code(errno, std::generic_category());
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    return Failure{code, "may open " + std::to_string(now.rlim_max) + " descriptors, and needs " +
                             std::to_string(needed) + " for all connections; raise the hard limit (ulimit -Hn, " +
                             "LimitNOFILE= in systemd), or lower connections in [server.limits]"};
}

Result<void> become_user(const std::string& user) {
    const auto account = find_account(user);
    if (!account) return unknown_user(user);
    if (!is_root()) {
        if (account->user == ::getuid() && account->user == ::geteuid()) return Done{};
        return not_permitted("can't become user \"" + user +
                             "\" of [process] without being root; start it as root or as that user");
    }
    if (account->user == 0) return Done{};

    // The user goes last: afterwards none of this is allowed any more.
    if (::setgroups(0, nullptr) != 0 || ::setresgid(account->group, account->group, account->group) != 0 ||
        ::setresuid(account->user, account->user, account->user) != 0) {
        return refused("can't become user \"" + user + "\"; it needs CAP_SETUID and CAP_SETGID");
    }
    if (!is_wholly(*account) || ::getgroups(0, nullptr) != 0 || has_capabilities() || can_return_to_root(*account)) {
        return not_permitted("became user \"" + user + "\" only in part; start it without securebits, or as that user");
    }
    return forbid_dumps();  // with the user the kernel changes dumpable to fs.suid_dumpable, which may be 2
}

Result<void> make_folder_for(const std::string& user, const std::filesystem::path& folder) {
    if (!is_root()) return Done{};
    const auto account = find_account(user);
    if (!account) return unknown_user(user);
    // Without a slash at its end, in front of which a link is followed.
    const std::filesystem::path name = folder.has_filename() ? folder : folder.parent_path();
    if (::mkdir(name.c_str(), S_IRWXU) != 0) {
        if (errno == EEXIST) return check_owner(name, user, *account);
        return refused("can't make the folder " + folder.string() + "; make the one that it stands in");
    }
    // Another user may have put a link in its place since.
    const int made = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const bool is_given = made >= 0 && ::fchown(made, account->user, account->group) == 0;
    auto failure = refused("can't give the folder " + folder.string() + " to user \"" + user + "\"");
    if (made >= 0) ::close(made);
    if (is_given) return Done{};
    ::rmdir(name.c_str());
    return failure;
}

bool is_root() noexcept {
    return ::geteuid() == 0;
}

}  // namespace slo::daemon
