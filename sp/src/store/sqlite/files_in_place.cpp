#include "files_in_place.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "slo/sp/store_error.hpp"
#include "store_folder.hpp"

namespace slo::sp {
namespace {

/// Closing the last connection moves the log's content, wherever the log is.
constexpr std::string_view log_remedy =
    "end this process in order, which moves what the open log holds into the database, and start it again";

/// look reads the status of `path` itself: a link is another file. Returns 0, or errno.
int look(const std::string& path, struct stat& status) noexcept {
    return ::fstatat(AT_FDCWD, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

std::string reason(int error) {
    return std::generic_category().message(error);
}

}  // namespace

FilesInPlace::FilesInPlace(const std::filesystem::path& path, const struct stat& database, std::string_view remedy)
    : files_{{path.string(), database.st_dev, database.st_ino, remedy}} {}

Result<void> FilesInPlace::remember_log() {
    const std::string database = files_.front().path;
    for (const std::string& path : {database + "-wal", database + "-shm"}) {
        struct stat status {};
        if (const int error = look(path, status); error != 0) {
            return fail(StoreErrc::store_unusable, path + ": SQLite has made no such file (" + reason(error) +
                                                       "); let nothing else work in the folder, and start again");
        }
        if (const std::string complaint = complaint_about_file(status, ::geteuid()); !complaint.empty()) {
            return fail(StoreErrc::store_unusable, path + ": " + complaint);
        }
        files_.push_back({path, status.st_dev, status.st_ino, log_remedy});
    }
    return Done{};
}

std::optional<Failure> FilesInPlace::complaint() const {
    for (const File& file : files_) {
        struct stat status {};
        const int error = look(file.path, status);
        if (error == 0 && status.st_dev == file.device && status.st_ino == file.number) continue;
        const std::string what = error == 0 ? "is another file than the one that this process has open"
                                            : "can't be found any more (" + reason(error) + ")";
        return fail(
            StoreErrc::store_failed,
            file.path + ": " + what +
                ", so that nothing counts as stored; it was removed, renamed or replaced: " + std::string(file.remedy));
    }
    return std::nullopt;
}

}  // namespace slo::sp
