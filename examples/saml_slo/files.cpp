#include "files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

namespace slo::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t max_octets = 256U * 1024 * 1024;

Failure cannot(std::string_view what, const fs::path& file, int error) {
    const std::error_code code(error, std::generic_category());
    return {code, "can't " + std::string(what) + " " + file.string() + " (" + code.message() +
                      "); check the path and its permissions"};
}

class Descriptor {
public:
    explicit Descriptor(int value) noexcept : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const noexcept { return value_; }

private:
    int value_;
};

bool write_all(int descriptor, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t written = ::write(descriptor, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(descriptor) == 0;
}

}  // namespace

std::string text_of(const Failure& failure) {
    return failure.detail.empty() ? failure.code.message() : failure.detail;
}

Result<std::string> read_whole(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);  // refuses what isn't a regular file
    if (error) return cannot("read", file, error.value());
    if (size > max_octets) return cannot("read", file, EFBIG);
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return cannot("read", file, EACCES);
    std::string octets{std::istreambuf_iterator<char>(stream), {}};
    if (stream.bad()) return cannot("read", file, EIO);
    return octets;
}

Result<void> replace_whole(const fs::path& file, std::string_view octets) {
    fs::path fresh = file;
    fresh += ".new";
    ::unlink(fresh.c_str());  // of a crash in between
    const Descriptor opened(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (opened.get() < 0) return cannot("create", fresh, errno);
    if (!write_all(opened.get(), octets) || ::rename(fresh.c_str(), file.c_str()) != 0) {
        const int error = errno;
        ::unlink(fresh.c_str());
        return cannot("write", file, error);
    }
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) return cannot("write", folder, errno);
    return Done{};
}

}  // namespace slo::tool
