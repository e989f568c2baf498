#include "store_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;

Failure unusable(const fs::path& path, std::string_view what, std::string_view remedy) {
    return fail(StoreErrc::store_unusable, path.string() + ": " + std::string(what) + "; " + std::string(remedy));
}

std::string reason(int error) {
    return std::generic_category().message(error);
}

/// The folder of `path`, which contains its entry.
fs::path parent_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Result<Descriptor> open_folder(const fs::path& folder) {
    Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.is_open()) return opened;
    return unusable(folder, "can't open the folder (" + reason(errno) + ")",
                    "name a folder that this process may open and write to");
}

/// A folder made here survives a power cut only if the folder above it is on the disk too.
Result<void> make_folder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0) {
        if (errno == EEXIST) return Done{};
        return unusable(folder, "can't make the folder (" + reason(errno) + ")",
                        "make it yourself, with mode 700, for the user of this process");
    }
    const auto parent = open_folder(parent_of(folder));
    if (!parent) return parent.error();
    if (::fsync(parent->get()) == 0) return Done{};
    return unusable(folder, "can't make the folder durable (" + reason(errno) + ")", "check the disk");
}

Result<void> check_folder(const Descriptor& opened, const fs::path& folder) {
    struct stat status {};
    struct statfs system {};
    if (::fstat(opened.get(), &status) != 0 || ::fstatfs(opened.get(), &system) != 0) {
        return unusable(folder, "can't ask what the folder is (" + reason(errno) + ")", "check the disk");
    }
    if (const std::string complaint = complaint_about_folder(status.st_mode, status.st_uid, ::geteuid());
        !complaint.empty()) {
        return fail(StoreErrc::store_unusable, folder.string() + ": " + complaint);
    }
    // __fsword_t is signed; the magic numbers are 32 bits.
    const std::string_view unfit = unfit_file_system(static_cast<std::uint32_t>(system.f_type));
    if (unfit.empty()) return Done{};
    return unusable(folder, "is on " + std::string(unfit) + ", whose locks can't be relied on",
                    "name a folder on a local disk, or use the Redis store for several hosts");
}

std::string stem_of(StoreFiles files) {
    return files == StoreFiles::sessions ? "sessions" : "flows";
}

std::string_view remedy_for_lost(StoreFiles files) noexcept {
    if (files == StoreFiles::sessions) {
        return "move the open one back, or start this process again, which then has only what it finds there: logouts "
               "in the lost file are forgotten, and late logins get past them";
    }
    return "move the open one back, or start this process again, which then has only what it finds there: pending "
           "sign-ons are forgotten, and assertions that were used lately";
}

/// Checks files that already have one of our names: restored copies, above all.
Result<void> check_files(const Descriptor& opened, const fs::path& folder, StoreFiles files) {
    for (const char* const end : {".lock", ".reserve", ".db", ".db-wal", ".db-shm", ".db-journal"}) {
        const std::string name = stem_of(files) + end;
        struct stat status {};
        if (::fstatat(opened.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) continue;
            return unusable(folder / name, "can't ask what the file is (" + reason(errno) + ")", "check the disk");
        }
        const std::string complaint = complaint_about_file(status, ::geteuid());
        if (!complaint.empty()) return fail(StoreErrc::store_unusable, (folder / name).string() + ": " + complaint);
    }
    return Done{};
}

Result<Descriptor> open_file(const Descriptor& folder, const fs::path& path) {
    Descriptor opened(::openat(folder.get(), path.filename().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (opened.is_open()) return opened;
    return unusable(path, "can't open or make the file (" + reason(errno) + ")",
                    "let this process write to the file and its folder, and make room on the disk");
}

}  // namespace

std::string_view unfit_file_system(std::uint64_t magic) noexcept {
    switch (magic) {
        case 0x6969:
            return "NFS";
        case 0x517B:
        case 0xFF534D42:
        case 0xFE534D42:
            return "SMB";
        case 0x01021997:  // shares of a virtual machine's host: their locks stay in the guest
            return "9p";
        case 0x65735546:  // sshfs and object stores as well as local disks: it doesn't say which
            return "FUSE";
        case 0x5346414F:
        case 0x6B414653:
            return "AFS";
        case 0x00C36400:
            return "Ceph";
        case 0x73757245:
            return "Coda";
        case 0x564C:
            return "NCP";
        case 0x0BD00BD0:
            return "Lustre";
        case 0x47504653:
            return "GPFS";
        case 0x19830326:
            return "BeeGFS";
        case 0x01161970:
            return "GFS2";
        case 0x7461636F:
            return "OCFS2";
        case 0x786F4256:
            return "a VirtualBox share";
        case 0xBACBACBC:
            return "a VMware share";
        default:
            return {};
    }
}

std::string complaint_about_folder(mode_t mode, uid_t owner, uid_t user) {
    if (owner != user) {
        return "the folder belongs to user " + std::to_string(owner) + " and not to this process's, " +
               std::to_string(user) + "; mend it with chown";
    }
    if ((mode & 077) == 0) return {};
    return "others may read or write the folder; mend it with chmod 700";
}

std::string complaint_about_file(const struct stat& status, uid_t user) {
    if (!S_ISREG(status.st_mode)) return "is a link, or no file at all; move it away, or put the file itself there";
    if (status.st_uid != user) {
        return "the file belongs to user " + std::to_string(status.st_uid) + " and not to this process's, " +
               std::to_string(user) + "; mend it with chown";
    }
    if ((status.st_mode & 077) != 0) return "others may read or write the file; mend it with chmod 600";
    if (status.st_nlink == 1) return {};
    return "the file has " + std::to_string(status.st_nlink) + " names; remove the others (find -samefile tells them)";
}

Result<StoreFolder> StoreFolder::open(const fs::path& folder, StoreFiles files) {
    if (auto made = make_folder(folder); !made) return made.error();
    const auto opened = open_folder(folder);
    if (!opened) return opened.error();
    if (auto checked = check_folder(*opened, folder); !checked) return checked.error();
    if (auto checked = check_files(*opened, folder, files); !checked) return checked.error();
    std::error_code error;
    const fs::path resolved = fs::canonical(folder, error);  // SQLite is to follow no link
    if (error) return unusable(folder, "can't resolve the path (" + error.message() + ")", "name another folder");

    auto lock = open_file(*opened, resolved / (stem_of(files) + ".lock"));
    if (!lock) return lock.error();
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return unusable(folder, "can't lock the folder (" + reason(errno) + ")", "name another");
        return unusable(folder, "another process has this store open",
                        "end it first, or give this one a folder of its own");
    }
    fs::path file = resolved / (stem_of(files) + ".db");
    const auto made = open_file(*opened, file);
    if (!made) return made.error();
    struct stat database {};
    if (::fstat(made->get(), &database) != 0) {
        return unusable(file, "can't ask what the file is (" + reason(errno) + ")", "check the disk");
    }
    Result<Descriptor> reserve = Descriptor();
    if (files == StoreFiles::sessions) reserve = open_file(*opened, resolved / "sessions.reserve");
    if (!reserve) return reserve.error();
    const fs::path given = fs::absolute(folder, error);
    if (error) return unusable(folder, "can't complete the path (" + error.message() + ")", "name it from the root on");
    FilesInPlace in_place(given / file.filename(), database, remedy_for_lost(files));
    return StoreFolder(*std::move(lock), *std::move(reserve), std::move(file), std::move(in_place));
}

}  // namespace slo::sp
