// Files with metadata: opened once, checked once, read from that very descriptor (MET-19).
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "slo/idp_adapter/descriptor.hpp"
#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/saml/signed_stream.hpp"

namespace slo::idp_adapter {

/// FileMark identifies a file and its state. The clock of a file system is coarse: two states within some milliseconds
/// may look the same.
struct FileMark {
    dev_t device = 0;
    ino_t number = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const FileMark&, const FileMark&) = default;
};

[[nodiscard]] FileMark mark_of(const struct stat& status) noexcept;

struct OpenedFile {
    Descriptor descriptor;
    FileMark mark;
};

/// open_file opens a regular file, no symbolic link, for reading. `folder` may be AT_FDCWD.
/// Errors: SourceErrc::file_unreadable, file_too_large.
[[nodiscard]] Result<OpenedFile> open_file(int folder, const std::filesystem::path& path, std::uint64_t max_octets);

/// mark_of returns its present state. Errors: SourceErrc::file_unreadable.
[[nodiscard]] Result<FileMark> mark_of(const Descriptor& descriptor);

/// source_of reads from the front. `descriptor` must outlive it. Errors: SourceErrc::file_unreadable.
[[nodiscard]] saml::OctetSource source_of(const Descriptor& descriptor);

}  // namespace slo::idp_adapter
