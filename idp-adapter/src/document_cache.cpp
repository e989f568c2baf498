#include "document_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace slo::idp_adapter {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_line = "saml-slo metadata copy 1";
constexpr std::uint64_t max_state_octets = 4096;
constexpr std::size_t max_validator_octets = 512;

Failure failed(std::string_view what) {
    return source_failure(SourceErrc::cache_failed,
                          std::string(what) + " (" + std::generic_category().message(errno) + ")");
}

std::string new_name(const std::string& slot) {
    return slot + ".new";
}
std::string state_name(const std::string& slot) {
    return slot + ".state";
}
std::string document_name(const std::string& slot, const CachedState& state) {
    return slot + "-" + state.precedent.sha256.substr(0, 32) + ".xml";
}

bool is_sha256(std::string_view text) noexcept {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<Descriptor> make_folder(int parent, const fs::path& folder) {
    if (::mkdirat(parent, folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        return failed("the folder " + folder.string() +
                      " for copies of metadata can't be made: make it yourself, with mode 700, for the user of this "
                      "process");
    }
    Descriptor opened(::openat(parent, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!opened.is_open()) return failed("the folder " + folder.string() + " can't be opened");
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return failed("the folder " + folder.string() + " can't be looked at");
    if (status.st_uid != ::geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return source_failure(
            SourceErrc::cache_failed,
            "the folder " + folder.string() + " isn't this user's alone: mend it with chown and chmod 700");
    }
    return opened;
}

/// A file that isn't there yet, so nothing that exists is ever written to.
Result<Descriptor> create(const Descriptor& folder, const std::string& name) {
    ::unlinkat(folder.get(), name.c_str(), 0);
    Descriptor made(
        ::openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!made.is_open()) return failed("a copy can't be made");
    return made;
}

std::string text_of(const CachedState& state) {
    std::string text = std::string(format_line) + "\nsha256 " + state.precedent.sha256 + "\n";
    const auto add = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) text.append(key).append(" ").append(value).append("\n");
    };
    const auto instant = [](const std::optional<Instant>& when) {
        return when ? saml::format_instant(*when) : std::string();
    };
    add("published", instant(state.precedent.published));
    add("valid_until", instant(state.precedent.valid_until));
    add("etag", state.etag);
    add("last_modified", state.last_modified);
    return text;
}

/// Reads one line into `state`. False: nobody of ours wrote it.
bool read_line(std::string_view line, CachedState& state) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return false;
    const std::string_view key = line.substr(0, blank);
    const std::string_view value = line.substr(blank + 1);
    const auto read_instant = [&](std::optional<Instant>& into) {
        const auto instant = saml::parse_instant(value);
        if (instant) into = *instant;
        return instant.has_value();
    };
    if (key == "published") return read_instant(state.precedent.published);
    if (key == "valid_until") return read_instant(state.precedent.valid_until);
    if (key == "sha256") state.precedent.sha256 = value;
    if (key == "etag") state.etag = value;
    if (key == "last_modified") state.last_modified = value;
    return key == "sha256" ? is_sha256(value) : is_keepable(value);
}

std::optional<CachedState> state_of(std::string_view text) {
    const std::string first = std::string(format_line) + "\n";
    if (!text.starts_with(first) || !text.ends_with('\n')) return std::nullopt;
    CachedState state;
    for (text.remove_prefix(first.size()); !text.empty();) {
        const auto end = text.find('\n');
        if (!read_line(text.substr(0, end), state)) return std::nullopt;
        text.remove_prefix(end + 1);
    }
    if (state.precedent.sha256.empty()) return std::nullopt;
    return state;
}

}  // namespace

bool is_keepable(std::string_view validator) noexcept {
    return !validator.empty() && validator.size() <= max_validator_octets &&
           std::all_of(validator.begin(), validator.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

Result<void> write_copy(const Descriptor& file, std::string_view octets) {
    if (!write_all(file, octets)) return failed("a copy can't be written");
    return Done{};
}

Result<DocumentCache> DocumentCache::open(const fs::path& cache, const std::string& source) {
    const auto whole = make_folder(AT_FDCWD, cache);
    if (!whole) return whole.error();
    auto folder = make_folder(whole->get(), source);
    if (!folder) return std::move(folder).error();
    return DocumentCache(*std::move(folder));
}

std::optional<CachedState> DocumentCache::state(const std::string& slot) const {
    const auto opened = open_file(folder_.get(), state_name(slot), max_state_octets);
    if (!opened) return std::nullopt;
    std::string text;
    std::array<char, max_state_octets> buffer;
    const auto source = source_of(opened->descriptor);
    for (;;) {
        const auto count = source(buffer);
        if (!count || text.size() > max_state_octets) return std::nullopt;
        if (*count == 0) return state_of(text);
        text.append(buffer.data(), *count);
    }
}

Result<OpenedFile> DocumentCache::document(const std::string& slot, const CachedState& state,
                                           std::uint64_t max_octets) const {
    return open_file(folder_.get(), document_name(slot, state), max_octets);
}

Result<Descriptor> DocumentCache::begin(const std::string& slot) const {
    return create(folder_, new_name(slot));
}

Result<void> DocumentCache::commit(const std::string& slot, const Descriptor& written, const CachedState& state) const {
    const auto before = this->state(slot);
    const std::string name = document_name(slot, state);
    if (::fsync(written.get()) != 0 ||
        ::renameat(folder_.get(), new_name(slot).c_str(), folder_.get(), name.c_str()) != 0) {
        return failed("a copy can't be put into place");
    }
    if (auto remembered = remember(slot, state); !remembered) return remembered;
    if (before && document_name(slot, *before) != name) {
        ::unlinkat(folder_.get(), document_name(slot, *before).c_str(), 0);
    }
    return Done{};
}

Result<void> DocumentCache::remember(const std::string& slot, const CachedState& state) const {
    const std::string temporary = state_name(slot) + ".new";
    const auto made = create(folder_, temporary);
    if (!made) return made.error();
    if (auto written = write_copy(*made, text_of(state)); !written) return written;
    if (::fsync(made->get()) != 0 ||
        ::renameat(folder_.get(), temporary.c_str(), folder_.get(), state_name(slot).c_str()) != 0 ||
        ::fsync(folder_.get()) != 0) {
        return failed("what is known of a copy can't be put into place");
    }
    return Done{};
}

void DocumentCache::abandon(const std::string& slot) const noexcept {
    try {
        ::unlinkat(folder_.get(), new_name(slot).c_str(), 0);
    } catch (...) {
        // No memory for the name: the next begin() removes it.
    }
}

}  // namespace slo::idp_adapter
