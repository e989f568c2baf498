#include "files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include "slo/idp_adapter/descriptor.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using idp_adapter::Descriptor;

constexpr std::uintmax_t max_octets = 256U * 1024 * 1024;

Failure cannot(std::string_view what, const fs::path& file, int error) {
    const std::error_code code(error, std::generic_category());
    return {code, "can't " + std::string(what) + " " + file.string() + " (" + code.message() +
                      "); check the path and its permissions"};
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
    if (!opened.is_open()) return cannot("create", fresh, errno);
    if (!idp_adapter::write_all(opened, octets) || ::fsync(opened.get()) != 0 ||
        ::rename(fresh.c_str(), file.c_str()) != 0) {
        const int error = errno;
        ::unlink(fresh.c_str());
        return cannot("write", file, error);
    }
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open() || ::fsync(directory.get()) != 0) return cannot("write", folder, errno);
    return Done{};
}

}  // namespace slo::tool
