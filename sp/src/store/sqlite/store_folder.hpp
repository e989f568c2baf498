// The folder of the SQLite engine: closed to other users, on a local disk, and used by one process at a time.
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

/// unfit_file_system returns the name of a file system, by statfs's magic number, on which the store mustn't be: its
/// locks or shared memory don't reach every process that sees the file, or that is unknown. Empty: it is fit.
[[nodiscard]] std::string_view unfit_file_system(std::uint64_t magic) noexcept;

/// complaint_about_folder says why users other than `user` could read or change the folder, and the remedy. Or empty.
[[nodiscard]] std::string complaint_about_folder(mode_t mode, uid_t owner, uid_t user);

/// complaint_about_file says why users other than `user` could read or change it, also by a link. Empty: they can't.
[[nodiscard]] std::string complaint_about_file(const struct stat& status, uid_t user);

/// StoreFiles says which store's files are meant: sessions.db or flows.db, each with a lock of its own beside it. One
/// folder may have both.
enum class StoreFiles { sessions, flows };

/// StoreFolder locks the folder, for one kind of store, as long as it lives. The lock is flock's on a file of its own:
/// a POSIX lock would be released as soon as anything in this process closes the file, and SQLite's own locks let a
/// second process in.
class StoreFolder {
public:
    /// open makes the folder (0700), the database's file and, of sessions, the one that reserves room (0600) if they
    /// are missing. The log and its index get the database's mode from SQLite. Errors: StoreErrc::store_unusable, also
    /// for files that other users can read or change.
    [[nodiscard]] static Result<StoreFolder> open(const std::filesystem::path& folder,
                                                  StoreFiles files = StoreFiles::sessions);

    /// file returns the path without any link in it.
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
    /// files uses the path that open() was given: a link in it that leads elsewhere now would mislead a restart.
    [[nodiscard]] FilesInPlace& files() noexcept { return files_; }
    /// take_reserve hands over the file that holds room on the disk; once.
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
