#include "owned_files.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using idp_adapter::Descriptor;

std::string reason(int error) {
    return std::generic_category().message(error);
}

bool is_root() {
    return ::geteuid() == 0;
}

/// A link that its owner may turn elsewhere, where what root writes would do harm.
bool is_anothers_link(const fs::path& folder) {
    struct stat status {};
    return is_root() && ::lstat(folder.c_str(), &status) == 0 && S_ISLNK(status.st_mode) && status.st_uid != 0;
}

}  // namespace

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void give_away(const fs::path& folder, const std::string& user) {
    if (!is_root()) return;
    struct stat owner {};
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!opened.is_open() || ::fstatat(opened.get(), "..", &owner, 0) != 0) return;
    std::vector<char> buffer(64 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (!user.empty() && ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found) {
        owner.st_uid = found->pw_uid;
        owner.st_gid = found->pw_gid;
    }
    if (::fchown(opened.get(), owner.st_uid, owner.st_gid) != 0) return;
}

OwnedFolder::OwnedFolder(const fs::path& folder, const Place& place) : path_(folder), place_(place) {
    if (is_anothers_link(folder)) {
        refuse(place,
               shown(folder.string()) + " is a symbolic link of another user, which root doesn't follow to write",
               "name the folder itself, or run this as the folder's owner");
    }
    folder_ = Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder_.is_open() && ::fstat(folder_.get(), &status_) == 0) return;
    refuse(place, "can't create a file in " + shown(folder.string()) + " (" + reason(errno) + ")",
           "create its folder and make it accessible to this process");
}

Descriptor OwnedFolder::create(const std::string& name, mode_t mode) const {
    Descriptor opened(
        ::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!opened.is_open()) {
        refuse(place_, "can't create " + shown(path_of(name)) + " (" + reason(errno) + ")",
               "create its folder and make it writable for this process, or put a key there yourself");
    }
    if (!is_root() || ::fchown(opened.get(), status_.st_uid, status_.st_gid) == 0) return opened;
    const int error = errno;
    remove(name);
    refuse(place_, "can't give " + shown(path_of(name)) + " to its folder's owner (" + reason(error) + ")",
           "run this as that user");
}

void OwnedFolder::write_new(const std::string& name, std::string_view octets, mode_t mode) const {
    const Descriptor opened = create(name, mode);
    if (idp_adapter::write_all(opened, octets) && ::fsync(opened.get()) == 0) return;
    const int error = errno;
    remove(name);
    refuse(place_, "can't write " + shown(path_of(name)) + " (" + reason(error) + ")", "make room on the disk");
}

void OwnedFolder::replace(const std::string& name, std::string_view octets, mode_t mode) const {
    const std::string fresh = name + ".new";
    remove(fresh);  // of a crash in between
    write_new(fresh, octets, mode);
    if (::renameat(folder_.get(), fresh.c_str(), folder_.get(), name.c_str()) == 0 && ::fsync(folder_.get()) == 0)
        return;
    const int error = errno;
    remove(fresh);
    refuse(place_, "can't replace " + shown(path_of(name)) + " (" + reason(error) + ")",
           "check its folder and the disk");
}

Descriptor OwnedFolder::open_to_append(const std::string& name) const {
    constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    Descriptor opened(::openat(folder_.get(), name.c_str(), flags));
    if (!opened.is_open() && errno == ENOENT) {
        static_cast<void>(create(name, 0600));
        if (::fsync(folder_.get()) != 0) refuse(place_, "can't make " + shown(path_of(name)), "check the disk");
        opened = Descriptor(::openat(folder_.get(), name.c_str(), flags));
    }
    struct stat status {};
    if (!opened.is_open() || ::fstat(opened.get(), &status) != 0) {
        refuse(place_, "can't open " + shown(path_of(name)) + " (" + reason(errno) + ")",
               "make it a file that this process may write");
    }
    if (!S_ISREG(status.st_mode) || status.st_nlink != 1 ||
        (status.st_uid != status_.st_uid && status.st_uid != ::geteuid())) {
        refuse(place_, shown(path_of(name)) + " is no file of its folder's owner, or has a second name",
               "move it away");
    }
    return opened;
}

void OwnedFolder::remove(const std::string& name) const noexcept {
    ::unlinkat(folder_.get(), name.c_str(), 0);
}

}  // namespace slo::sp
