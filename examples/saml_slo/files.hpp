// Files of the tool: read whole, replaced in one step.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slo/idp_adapter/descriptor.hpp"
#include "slo/saml/result.hpp"

namespace slo::tool {

/// text_of returns the failure as printable text, with the detail if there is one.
[[nodiscard]] std::string text_of(const Failure& failure);

/// read_whole reads `file`, at most 256 MiB: a federation's aggregate. Errors: detail says what, and the remedy.
[[nodiscard]] Result<std::string> read_whole(const std::filesystem::path& file);

/// LockedFolder is a folder that one saml-slo at a time changes: the files read there don't change until it writes.
class LockedFolder {
public:
    /// Errors: as read_whole; another saml-slo is at work there.
    [[nodiscard]] static Result<LockedFolder> open(const std::filesystem::path& folder);

    /// read returns the whole file; std::nullopt if there is none. Errors: as read_whole; an entry that is no regular
    /// file, a symbolic link included.
    [[nodiscard]] Result<std::optional<std::string>> read(const std::string& name) const;
    /// replace puts `octets` in the place of the file: each reader sees the old or the new ones, also after a power
    /// cut. The file keeps its owner and mode; a new one made by root has the folder's owner. Errors: as read.
    [[nodiscard]] Result<void> replace(const std::string& name, std::string_view octets) const;

private:
    LockedFolder(std::filesystem::path folder, idp_adapter::Descriptor descriptor)
        : folder_(std::move(folder)), descriptor_(std::move(descriptor)) {}
    [[nodiscard]] Result<void> write_beside(const std::string& name, const std::string& fresh,
                                            std::string_view octets) const;

    std::filesystem::path folder_;
    idp_adapter::Descriptor descriptor_;  ///< with the lock
};

}  // namespace slo::tool
