#include "document_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace slo::idp_adapter {
namespace {

std::string reason(int error) {
    return error == ELOOP ? "it's a symbolic link; name the file itself" : std::generic_category().message(error);
}

std::int64_t nanoseconds(const timespec& time) noexcept {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<FileMark> mark_of(const Descriptor& descriptor) {
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) {
        return fail(SourceErrc::file_unreadable, "can't be looked at (" + reason(errno) + ")");
    }
    if (!S_ISREG(status.st_mode)) return fail(SourceErrc::file_unreadable, "it's no regular file");
    return mark_of(status);
}

FileMark mark_of(const struct stat& status) noexcept {
    return {.device = status.st_dev,
            .number = status.st_ino,
            .size = status.st_size,
            .modified_ns = nanoseconds(status.st_mtim),
            .changed_ns = nanoseconds(status.st_ctim)};
}

Result<OpenedFile> open_file(int folder, const std::filesystem::path& path, std::uint64_t max_octets) {
    // O_NONBLOCK: a pipe in its place must not stop us.
    Descriptor opened(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!opened.is_open()) {
        return fail(SourceErrc::file_unreadable, "can't be opened (" + reason(errno) + ")");
    }
    const auto mark = mark_of(opened);
    if (!mark) return mark.error();
    if (static_cast<std::uint64_t>(mark->size) > max_octets) {
        return fail(SourceErrc::file_too_large,
                    "it's larger than " + std::to_string(max_octets) + " octets; raise max_octets");
    }
    return OpenedFile{std::move(opened), *mark};
}

saml::OctetSource source_of(const Descriptor& descriptor) {
    return [&descriptor, offset = off_t{0}](std::span<char> buffer) mutable -> Result<std::size_t> {
        for (;;) {
            const ssize_t count = ::pread(descriptor.get(), buffer.data(), buffer.size(), offset);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) {
                return fail(SourceErrc::file_unreadable, "can't be read (" + reason(errno) + ")");
            }
            offset += count;
            return static_cast<std::size_t>(count);
        }
    };
}

}  // namespace slo::idp_adapter
