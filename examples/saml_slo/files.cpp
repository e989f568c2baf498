#include "files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using idp_adapter::Descriptor;

constexpr std::size_t max_octets = 256U * 1024 * 1024;

Failure cannot(std::string_view what, const fs::path& file, int error) {
    const std::error_code code(error, std::generic_category());
    return {code, "can't " + std::string(what) + " " + file.string() + " (" + code.message() +
                      "); check the path and its permissions"};
}

/// The whole of an open file, which is read from this one descriptor alone. `file` is its name, for people.
Result<std::string> read_opened(const Descriptor& opened, const fs::path& file) {
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return cannot("read", file, errno);
    if (S_ISDIR(status.st_mode)) return cannot("read", file, EISDIR);
    if (!S_ISREG(status.st_mode))
        return Failure{std::make_error_code(std::errc::invalid_argument),
                       "can't read " + file.string() + ": it's no regular file"};
    std::string octets;
    octets.reserve(static_cast<std::size_t>(status.st_size));
    char buffer[64 * 1024];
    for (;;) {
        const ssize_t count = ::read(opened.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return cannot("read", file, errno);
        if (count == 0) return octets;
        octets.append(buffer, static_cast<std::size_t>(count));
        if (octets.size() > max_octets) return cannot("read", file, EFBIG);
    }
}

/// A file's owner, and its mode.
struct Ownership {
    uid_t user;
    gid_t group;
    mode_t mode;
};

Ownership ownership_of(const struct stat& status) {
    return {status.st_uid, status.st_gid, status.st_mode & 0777U};
}

Result<void> give(const Descriptor& file, const Ownership& wanted, const fs::path& name) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return cannot("write", name, errno);
    const Ownership now = ownership_of(status);
    const bool is_theirs = now.user == wanted.user && now.group == wanted.group;
    if (!is_theirs && ::fchown(file.get(), wanted.user, wanted.group) != 0) {
        const std::error_code code(errno, std::generic_category());
        return Failure{code, "can't write " + name.string() + " with the owner that it has (" + code.message() +
                                 "); run this as its owner or as root"};
    }
    if (now.mode != wanted.mode && ::fchmod(file.get(), wanted.mode) != 0) return cannot("write", name, errno);
    return Done{};
}

}  // namespace

std::string text_of(const Failure& failure) {
    return failure.detail.empty() ? failure.code.message() : failure.detail;
}

Result<std::string> read_whole(const fs::path& file) {
    // O_NONBLOCK: a pipe in its place must not stop us.
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened.is_open()) return cannot("read", file, errno);
    return read_opened(opened, file);
}

Result<LockedFolder> LockedFolder::open(const fs::path& folder) {
    Descriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open()) return cannot("open the folder", folder, errno);
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
        const std::error_code code(errno, std::generic_category());
        return Failure{code, "can't lock the folder " + folder.string() + " (" + code.message() +
                                 "); wait until no other saml-slo is at work there"};
    }
    return LockedFolder(folder, std::move(opened));
}

Result<std::optional<std::string>> LockedFolder::read(const std::string& name) const {
    const fs::path file = folder_ / name;
    const Descriptor opened(::openat(descriptor_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (!opened.is_open() && errno == ENOENT) return std::optional<std::string>();
    if (!opened.is_open() && errno == ELOOP) {
        return Failure{std::make_error_code(std::errc::too_many_symbolic_link_levels),
                       file.string() + " is a symbolic link; name the folder and the file that it leads to"};
    }
    if (!opened.is_open()) return cannot("read", file, errno);
    auto octets = read_opened(opened, file);
    if (!octets) return std::move(octets).error();
    return std::optional(*std::move(octets));
}

Result<void> LockedFolder::write_beside(const std::string& name, const std::string& fresh,
                                        std::string_view octets) const {
    const fs::path file = folder_ / name;
    const Descriptor opened(
        ::openat(descriptor_.get(), fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!opened.is_open()) return cannot("create", folder_ / fresh, errno);
    struct stat status {};
    if (::fstatat(descriptor_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
        if (auto given = give(opened, ownership_of(status), file); !given) return given;
    } else if (::geteuid() == 0) {
        struct stat made {};
        if (::fstat(descriptor_.get(), &status) != 0 || ::fstat(opened.get(), &made) != 0)
            return cannot("write", file, errno);
        const Ownership theirs{status.st_uid, status.st_gid, ownership_of(made).mode};
        if (auto given = give(opened, theirs, file); !given) return given;
    }
    if (!idp_adapter::write_all(opened, octets) || ::fsync(opened.get()) != 0) return cannot("write", file, errno);
    return Done{};
}

Result<void> LockedFolder::replace(const std::string& name, std::string_view octets) const {
    const std::string fresh = name + ".new";
    ::unlinkat(descriptor_.get(), fresh.c_str(), 0);  // of a crash in between
    auto written = write_beside(name, fresh, octets);
    if (written && ::renameat(descriptor_.get(), fresh.c_str(), descriptor_.get(), name.c_str()) != 0)
        written = cannot("write", folder_ / name, errno);
    if (!written) {
        ::unlinkat(descriptor_.get(), fresh.c_str(), 0);
        return written;
    }
    if (::fsync(descriptor_.get()) != 0) return cannot("write", folder_, errno);
    return Done{};
}

}  // namespace slo::tool
