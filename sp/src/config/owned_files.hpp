// Files that belong to their folder's owner, also where root writes them: a key that the service can't read is lost to
// it.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "config_table.hpp"
#include "slo/idp_adapter/descriptor.hpp"

namespace slo::sp {

/// The folder that `path` is in, of which its entry is a part.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

/// Makes `folder` (0700), whose way root goes as OwnedFolder does. False: errno says why; EEXIST: it's there.
[[nodiscard]] bool make_folder(const std::filesystem::path& folder);

/// Gives `folder`, which was just made, to `user` where we are root; where no such user is known, to the owner of the
/// folder that it's in. It refuses nothing: opening it shows whether it can be used.
void give_away(const std::filesystem::path& folder, const std::string& user = {});

/// OwnedFolder is an open folder. Its files are reached from its descriptor, so that nothing that happens to the path
/// meanwhile leads elsewhere.
class OwnedFolder {
public:
    /// As root it refuses a path through a symbolic link that another user can replace, and so lead anywhere. It
    /// refuses at `place`.
    OwnedFolder(const std::filesystem::path& folder, const Place& place);

    /// Writes the new file `name`, which must not exist: no key is ever overwritten. A file half written is
    /// removed again. It refuses.
    void write_new(const std::string& name, std::string_view octets, mode_t mode) const;
    /// Puts `octets` in the place of `name` in one step, on the disk when it returns. It refuses.
    void replace(const std::string& name, std::string_view octets, mode_t mode) const;
    /// Opens `name` to write at its end, and makes it where it's missing. It refuses what is a link, has a second name
    /// or belongs to a user who doesn't own the folder.
    [[nodiscard]] idp_adapter::Descriptor open_to_append(const std::string& name) const;
    /// Removes `name`, if it's there.
    void remove(const std::string& name) const noexcept;

private:
    [[nodiscard]] idp_adapter::Descriptor create(const std::string& name, mode_t mode) const;
    [[nodiscard]] std::string path_of(const std::string& name) const { return (path_ / name).string(); }

    std::filesystem::path path_;
    Place place_;
    idp_adapter::Descriptor folder_;
    struct stat status_ {};
};

}  // namespace slo::sp
