// A file that is written beside the one that it replaces, by one process, whatever others do.
#pragma once

#include <string>
#include <string_view>

#include "document_file.hpp"

namespace slo::idp_adapter {

/// cache_failure is a failure of the cache, with errno's reason: SourceErrc::cache_failed.
[[nodiscard]] Failure cache_failure(std::string_view what);

/// NewFile has a name that no other has, and is removed unless it was put into place. It's locked (flock) as long as it
/// is open, so that a crash's files can be told from those that another process still writes.
class NewFile {
public:
    /// make makes `<stem>.<random>.new` (0600) in `folder`, which must outlive it. Errors: SourceErrc::cache_failed.
    [[nodiscard]] static Result<NewFile> make(int folder, const std::string& stem);
    ~NewFile();
    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;

    [[nodiscard]] const Descriptor& descriptor() const noexcept { return file_; }
    /// append writes all of `octets`. Errors: SourceErrc::cache_failed.
    [[nodiscard]] Result<void> append(std::string_view octets) const;
    /// put_into_place replaces `name`, durably. Errors: SourceErrc::cache_failed; the old file may stay.
    [[nodiscard]] Result<void> put_into_place(const std::string& name);

private:
    NewFile(int folder, std::string name, Descriptor file) noexcept
        : folder_(folder), name_(std::move(name)), file_(std::move(file)) {}
    [[nodiscard]] bool has_its_name() const noexcept;

    int folder_;
    std::string name_;  ///< empty: it is in its place
    Descriptor file_;
};

/// is_new_name says whether a NewFile in `folder` is called so.
[[nodiscard]] bool is_new_name(std::string_view name) noexcept;
/// remove_if_left removes a NewFile that no process has open.
void remove_if_left(int folder, const std::string& name) noexcept;

}  // namespace slo::idp_adapter
