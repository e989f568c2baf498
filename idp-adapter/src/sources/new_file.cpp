#include "new_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace slo::idp_adapter {
namespace {

constexpr std::string_view ending = ".new";

/// A failure with the remedy. The cache adds the folder's name.
Failure not_written(std::string_view what) {
    auto failure = cache_failure(what);
    failure.detail += "; make room on its disk, and let this process's user write there";
    return failure;
}

Result<std::string> random_name(const std::string& stem) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, 16> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        return cache_failure("no random name can be had for a copy; allow this process getrandom(2)");
    }
    std::string name = stem + ".";
    for (const unsigned char octet : random) name += digits[octet & 0xFU];
    return name.append(ending);
}

bool has_a_name(const Descriptor& file) noexcept {
    struct stat status {};
    return ::fstat(file.get(), &status) == 0 && status.st_nlink != 0;
}

}  // namespace

Failure cache_failure(std::string_view what) {
    const int error = errno;
    return fail(SourceErrc::cache_failed, std::string(what) + " (" + std::generic_category().message(error) + ")");
}

Result<NewFile> NewFile::make(int folder, const std::string& stem) {
    for (;;) {
        auto name = random_name(stem);
        if (!name) return std::move(name).error();
        Descriptor made(
            ::openat(folder, name->c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!made.is_open()) {
            if (errno == EEXIST) continue;
            return not_written("a copy can't be made");
        }
        NewFile file(folder, *std::move(name), std::move(made));
        // Between these two a process that tidies up may have taken it for an abandoned one.
        const bool locked = ::flock(file.file_.get(), LOCK_EX | LOCK_NB) == 0;
        if (!locked && errno != EWOULDBLOCK)
            return cache_failure("a copy can't be locked; name a folder on a local disk");
        if (locked && has_a_name(file.file_)) return file;
    }
}

NewFile::~NewFile() {
    if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
}

NewFile::NewFile(NewFile&& other) noexcept
    : folder_(other.folder_), name_(std::move(other.name_)), file_(std::move(other.file_)) {
    other.name_.clear();
}

Result<void> NewFile::append(std::string_view octets) const {
    if (!write_all(file_, octets)) return not_written("a copy can't be written");
    return Done{};
}

bool NewFile::has_its_name() const noexcept {
    struct stat ours {};
    struct stat named {};
    return ::fstat(file_.get(), &ours) == 0 && ::fstatat(folder_, name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

Result<void> NewFile::put_into_place(const std::string& name) {
    if (::fsync(file_.get()) != 0) return not_written("a copy can't be made durable");
    if (!has_its_name()) {
        return fail(SourceErrc::cache_failed,
                    "a file of the cache was removed or replaced while it was "
                    "written; leave its folder to this program");
    }
    if (::renameat(folder_, name_.c_str(), folder_, name.c_str()) != 0) {
        return not_written("a copy can't be put into place");
    }
    name_.clear();
    if (::fsync(folder_) != 0) return not_written("the place of a copy can't be made durable");
    return Done{};
}

bool is_new_name(std::string_view name) noexcept {
    return name.ends_with(ending);
}

void remove_if_left(int folder, const std::string& name) noexcept {
    const Descriptor file(::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file.is_open() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;
    ::unlinkat(folder, name.c_str(), 0);
}

}  // namespace slo::idp_adapter
