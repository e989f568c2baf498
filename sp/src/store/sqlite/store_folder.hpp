// The folder of the SQLite engine: nobody else's business, on a local disk, and one process's at a time.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "files_in_place.hpp"
#include "slo/idp_adapter/descriptor.hpp"
#include "slo/saml/result.hpp"

namespace slo::sp {

using idp_adapter::Descriptor;

/// The name of a file system, by statfs's magic number, on which the store mustn't be: its locks or its shared memory
/// don't reach every process that sees the file, or nobody can say. Empty: nothing is known against it.
[[nodiscard]] std::string_view unfit_file_system(std::uint64_t magic) noexcept;

/// Why others than `user` could read or change a folder of `owner` with `mode`, and how to mend it. Empty: they can't.
[[nodiscard]] std::string complaint_about_folder(mode_t mode, uid_t owner, uid_t user);

/// Why others than `user` could read or change a file, also by another name, and how to mend it. Empty: they can't.
[[nodiscard]] std::string complaint_about_file(const struct stat& status, uid_t user);

/// StoreFolder has the folder locked as long as it lives. The lock is flock's on a file of its own: a POSIX lock would
/// go as soon as anything in this process closes the file, and SQLite's own locks let a second process in.
class StoreFolder {
public:
    /// Makes the folder (0700), the database's file and the one that reserves room (0600) where they are missing. The
    /// log and its index get the database's mode from SQLite. Errors: StoreErrc::store_unusable, also for files that
    /// aren't ours alone.
    [[nodiscard]] static Result<StoreFolder> open(const std::filesystem::path& folder);

    /// Without any link on its way.
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
    /// By the path that open() was given: a link on its way that leads elsewhere now would mislead a restart.
    [[nodiscard]] FilesInPlace& files() noexcept { return files_; }
    /// The file that holds room on the disk, to be taken once.
    [[nodiscard]] Descriptor take_reserve() noexcept { return std::move(reserve_); }

private:
    StoreFolder(Descriptor lock, Descriptor reserve, std::filesystem::path file, FilesInPlace files) noexcept
        : lock_(std::move(lock)), reserve_(std::move(reserve)), file_(std::move(file)), files_(std::move(files)) {}

    Descriptor lock_;
    Descriptor reserve_;
    std::filesystem::path file_;
    FilesInPlace files_;
};

}  // namespace slo::sp
