#include "disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>

namespace slo::sources {
namespace {

enum class Needs { room, access };

/// Counts an operation. Whether it is refused; errno says why.
bool refuses(Needs needs) noexcept {
    Disk& it = disk();
    if (!it.is_tried) return false;
    ++it.operations;
    if (it.operations == it.dies_at) ::kill(::getpid(), SIGKILL);
    if (it.access == Disk::Access::denied && needs == Needs::access) {
        errno = EACCES;
        return true;
    }
    if (it.room == Disk::Room::none && needs == Needs::room && it.operations > it.full_after) {
        errno = ENOSPC;
        return true;
    }
    return false;
}

/// Creating a file needs both.
bool refuses_creation(int flags) noexcept {
    if ((flags & O_CREAT) == 0) return false;
    Disk& it = disk();
    if (it.is_tried && it.access == Disk::Access::denied) return refuses(Needs::access);
    return refuses(Needs::room);
}

}  // namespace

Disk& disk() noexcept {
    static Disk the_disk;
    return the_disk;
}

}  // namespace slo::sources

// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
extern "C" {
int __real_open(const char* path, int flags, mode_t mode);
int __real_openat(int folder, const char* path, int flags, mode_t mode);
ssize_t __real_write(int file, const void* octets, size_t size);
int __real_fsync(int file);
int __real_rename(const char* from, const char* to);
int __real_renameat(int from_folder, const char* from, int to_folder, const char* to);
int __real_unlink(const char* path);
int __real_unlinkat(int folder, const char* path, int flags);
int __real_mkdir(const char* path, mode_t mode);
int __real_mkdirat(int folder, const char* path, mode_t mode);
int __real_ftruncate(int file, off_t size);
int __real_fchown(int file, uid_t user, gid_t group);
int __real_linkat(int from_folder, const char* from, int to_folder, const char* to, int flags);

static mode_t mode_of(int flags, va_list arguments) {
    return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

int __wrap_open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return slo::sources::refuses_creation(flags) ? -1 : __real_open(path, flags, mode);
}
int __wrap_open64(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return slo::sources::refuses_creation(flags) ? -1 : __real_open(path, flags | O_LARGEFILE, mode);
}
int __wrap_openat(int folder, const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return slo::sources::refuses_creation(flags) ? -1 : __real_openat(folder, path, flags, mode);
}
int __wrap_openat64(int folder, const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return slo::sources::refuses_creation(flags) ? -1 : __real_openat(folder, path, flags | O_LARGEFILE, mode);
}
ssize_t __wrap_write(int file, const void* octets, size_t size) {
    return slo::sources::refuses(slo::sources::Needs::room) ? -1 : __real_write(file, octets, size);
}
int __wrap_fsync(int file) {
    return slo::sources::refuses(slo::sources::Needs::room) ? -1 : __real_fsync(file);
}
int __wrap_ftruncate64(int file, off_t size) {
    return slo::sources::refuses(slo::sources::Needs::room) ? -1 : __real_ftruncate(file, size);
}
int __wrap_ftruncate(int file, off_t size) {
    return __wrap_ftruncate64(file, size);
}
int __wrap_rename(const char* from, const char* to) {
    return slo::sources::refuses(slo::sources::Needs::access) ? -1 : __real_rename(from, to);
}
int __wrap_renameat(int from_folder, const char* from, int to_folder, const char* to) {
    return slo::sources::refuses(slo::sources::Needs::access) ? -1 : __real_renameat(from_folder, from, to_folder, to);
}
int __wrap_linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    return slo::sources::refuses(slo::sources::Needs::room) ? -1
                                                            : __real_linkat(from_folder, from, to_folder, to, flags);
}
int __wrap_unlink(const char* path) {
    return slo::sources::refuses(slo::sources::Needs::access) ? -1 : __real_unlink(path);
}
int __wrap_unlinkat(int folder, const char* path, int flags) {
    return slo::sources::refuses(slo::sources::Needs::access) ? -1 : __real_unlinkat(folder, path, flags);
}
// A folder that is there is told as such, whatever the disk.
int __wrap_mkdir(const char* path, mode_t mode) {
    if (::access(path, F_OK) == 0) return __real_mkdir(path, mode);
    return slo::sources::refuses(slo::sources::Needs::room) ? -1 : __real_mkdir(path, mode);
}
int __wrap_mkdirat(int folder, const char* path, mode_t mode) {
    if (::faccessat(folder, path, F_OK, 0) == 0) return __real_mkdirat(folder, path, mode);
    return slo::sources::refuses(slo::sources::Needs::room) ? -1 : __real_mkdirat(folder, path, mode);
}
int __wrap_fchown(int file, uid_t user, gid_t group) {
    return slo::sources::refuses(slo::sources::Needs::access) ? -1 : __real_fchown(file, user, group);
}
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
