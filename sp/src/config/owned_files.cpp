#include "owned_files.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <system_error>
#include <utility>
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

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

/// With a slash or a dot at its end, the system would follow a link whatever it's told.
fs::path without_slashes_at_end(const fs::path& folder) {
    std::string text = folder.string();
    while (text.size() > 1 && (text.ends_with('/') || text.ends_with("/."))) text.pop_back();
    return text;
}

struct OpenedPath {
    Descriptor folder = Descriptor();
    fs::path anothers_link = {};  ///< which another user may replace, so that what root writes would do harm
};

/// Whether root alone decides where the link leads: in its folder no other user can put another one in its place, and
/// be it one that root has made for another purpose.
bool is_roots(const struct stat& link, const Descriptor& above) {
    struct stat folder {};
    if (::fstat(above.get(), &folder) != 0 || folder.st_uid != 0) return false;
    if ((folder.st_mode & (S_IWGRP | S_IWOTH)) == 0) return true;
    return link.st_uid == 0 && (folder.st_mode & S_ISVTX) != 0;  // there, others can't rename it
}

/// WayOfRoot goes a path step by step from open descriptors, so that what is opened is what was looked at.
class WayOfRoot {
public:
    explicit WayOfRoot(const fs::path& path) { lead_along(path.has_root_directory() ? path : "." / path); }

    /// Nothing is open where it ends before: errno says why.
    [[nodiscard]] OpenedPath go() {
        while (!left_.empty()) {
            const fs::path name = std::move(left_.front());
            left_.pop_front();
            if (!step(name)) return std::move(end_);
        }
        end_.folder = Descriptor(::openat(at_.get(), ".", folder_flags));
        return std::move(end_);
    }

private:
    void lead_along(const fs::path& path) {
        left_.insert(left_.begin(), path.begin(), path.end());
        std::erase(left_, fs::path());
    }

    bool step(const fs::path& name) {
        constexpr int way = O_PATH | O_NOFOLLOW | O_CLOEXEC;
        const int above = at_.is_open() && !name.is_absolute() ? at_.get() : AT_FDCWD;
        Descriptor next(::openat(above, name.c_str(), way | O_DIRECTORY));
        if (!next.is_open()) {
            if (errno != ELOOP && errno != ENOTDIR) return false;
            next = Descriptor(::openat(above, name.c_str(), way));
            struct stat status {};
            if (!next.is_open() || ::fstat(next.get(), &status) != 0) return false;
            if (S_ISLNK(status.st_mode)) return follow(next, status, name);
            errno = ENOTDIR;
            return false;
        }
        at_ = std::move(next);
        walked_ /= name;
        return true;
    }

    bool follow(const Descriptor& link, const struct stat& status, const fs::path& name) {
        if (!is_roots(status, at_)) {
            end_.anothers_link = walked_ / name;
            return false;
        }
        std::array<char, PATH_MAX> target{};
        const auto size = ::readlinkat(link.get(), "", target.data(), target.size());
        if (size <= 0) return false;
        if (links_left_-- == 0) {
            errno = ELOOP;
            return false;
        }
        lead_along(std::string(target.data(), static_cast<std::size_t>(size)));
        return true;
    }

    std::deque<fs::path> left_;
    Descriptor at_ = Descriptor();
    fs::path walked_;
    int links_left_ = 40;  // as the system's
    OpenedPath end_;
};

OpenedPath open_path(const fs::path& folder) {
    if (!is_root()) return {.folder = Descriptor(::open(folder.c_str(), folder_flags))};
    return WayOfRoot(folder).go();
}

}  // namespace

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

bool make_folder(const fs::path& folder) {
    const fs::path path = without_slashes_at_end(folder);
    const OpenedPath above = open_path(folder_of(path));
    if (!above.folder.is_open()) {
        if (!above.anothers_link.empty()) errno = EACCES;
        return false;
    }
    if (::mkdirat(above.folder.get(), path.filename().c_str(), S_IRWXU) != 0) return false;
    ::fsync(above.folder.get());  // the disk's trouble shows when a file is written
    return true;
}

void give_away(const fs::path& folder, const std::string& user) {
    if (!is_root()) return;
    struct stat owner {};
    const fs::path path = without_slashes_at_end(folder);
    const OpenedPath above = open_path(folder_of(path));
    if (!above.folder.is_open()) return;
    const Descriptor opened(::openat(above.folder.get(), path.filename().c_str(), folder_flags | O_NOFOLLOW));
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
    OpenedPath opened = open_path(folder);
    if (!opened.anothers_link.empty()) {
        refuse(place,
               shown(opened.anothers_link.string()) +
                   " is a symbolic link that another user can replace, which root doesn't follow to write",
               "name the folder that it leads to, or run this as the folder's owner");
    }
    folder_ = std::move(opened.folder);
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
