#include "document_cache.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

namespace slo::idp_adapter {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t max_state_octets = 64 * std::size_t{1024};
constexpr std::size_t max_names_octets = 64 * std::size_t{1024} * 1024;
constexpr std::size_t hash_digits = 32;
constexpr auto between_tries = 10ms;
constexpr int max_tries = 100;

std::string state_name(const std::string& slot) {
    return slot + ".state";
}
std::string names_name(const std::string& slot) {
    return slot + ".names";
}
std::string document_name(const std::string& slot, const CachedState& state) {
    return slot + "-" + state.precedent.sha256.substr(0, hash_digits) + ".xml";
}

bool is_damage(const Failure& why) {
    return why.code == make_error_code(SourceErrc::copy_damaged);
}

/// The slot of a document's name. std::nullopt: it's no document's.
std::optional<std::string> slot_of(const std::string& name) {
    constexpr std::size_t ending = 1 + hash_digits + 4;
    if (!name.ends_with(".xml") || name.size() <= ending || name[name.size() - ending] != '-') return std::nullopt;
    const std::string_view hash = std::string_view(name).substr(name.size() - ending + 1, hash_digits);
    if (hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    return name.substr(0, name.size() - ending);
}

Result<Descriptor> make_folder(int parent, const fs::path& folder) {
    if (::mkdirat(parent, folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        return cache_failure("the folder " + folder.string() +
                             " for copies of metadata can't be made: make it yourself, with mode 700, for the user of "
                             "this process");
    }
    Descriptor opened(::openat(parent, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!opened.is_open()) return cache_failure("the folder " + folder.string() + " can't be opened");
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) {
        return cache_failure("the folder " + folder.string() + " can't be looked at");
    }
    if (status.st_uid != ::geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(SourceErrc::cache_failed,
                    "the folder " + folder.string() + " isn't this user's alone: mend it with chown and chmod 700");
    }
    return opened;
}

/// The whole content of `source`, up to the limit.
Result<std::string> whole(const saml::OctetSource& source, std::size_t max_octets) {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const auto count = source(buffer);
        if (!count) return count.error();
        if (*count == 0) return text;
        if (text.size() + *count > max_octets) return fail(SourceErrc::file_too_large, "it has grown");
        text.append(buffer.data(), *count);
    }
}

std::vector<std::string> entries_of(int folder) {
    std::vector<std::string> names;
    const int again = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0) return names;
    const std::unique_ptr<DIR, decltype([](DIR* opened) { ::closedir(opened); })> listing(::fdopendir(again));
    if (!listing) {
        ::close(again);
        return names;
    }
    while (const dirent* const entry = ::readdir(listing.get())) names.emplace_back(entry->d_name);
    return names;
}

Failure damaged(const fs::path& file, std::string_view how) {
    return fail(SourceErrc::copy_damaged,
                file.string() + " " + std::string(how) +
                    ": it isn't used; put a whole one back, or leave it, as the next document replaces it");
}

/// Of what can't be read now nothing is known: it may be whole, and newer than all that is known here.
Failure unread(const fs::path& file, std::string_view how) {
    return fail(SourceErrc::cache_failed,
                file.string() + " " + std::string(how) +
                    ": nothing is concluded from it, and it's tried again; let this process's user read it, "
                    "give this process more descriptors, and see to its disk");
}

Failure in_folder(const fs::path& folder, const Failure& why) {
    return {why.code, "the folder " + folder.string() + ": " + why.detail};
}

}  // namespace

CacheLock::~CacheLock() {
    if (file_ >= 0) ::flock(file_, LOCK_UN);
}

ArrivingDocument::ArrivingDocument(Result<NewFile> file) {
    if (file)
        file_.emplace(*std::move(file));
    else
        trouble_ = std::move(file).error();
}

Result<void> ArrivingDocument::append(std::string_view octets) {
    if (file_) {
        auto written = file_->append(octets);
        if (written) {
            written_ += octets.size();
            return Done{};
        }
        if (auto moved = move_into_memory(std::move(written).error()); !moved) return moved;
    }
    memory_.append(octets);
    return Done{};
}

/// Removes the file, whose room is free again.
Result<void> ArrivingDocument::move_into_memory(Failure why) {
    std::array<char, 4096> buffer;
    const auto file = source_of(file_->descriptor());
    memory_.reserve(written_);
    while (memory_.size() < written_) {
        const auto count = file(buffer);
        if (!count || *count == 0) return why;
        memory_.append(buffer.data(), std::min<std::size_t>(*count, written_ - memory_.size()));
    }
    trouble_ = std::move(why);
    file_.reset();
    return Done{};
}

saml::OctetSource ArrivingDocument::source() const {
    return file_ ? source_of(file_->descriptor()) : saml::source_of(memory_);
}

Result<DocumentCache> DocumentCache::open(const fs::path& cache, const std::string& source) {
    const auto whole_cache = make_folder(AT_FDCWD, cache);
    if (!whole_cache) return whole_cache.error();
    auto folder = make_folder(whole_cache->get(), source);
    if (!folder) return std::move(folder).error();
    fs::path path = cache / source;
    Descriptor lock(
        ::openat(folder->get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR));
    if (!lock.is_open()) return cache_failure((path / "lock").string() + " can't be opened or made");
    return DocumentCache(std::move(path), *std::move(folder), std::move(lock));
}

Result<DocumentCache> DocumentCache::open_to_read(const fs::path& cache, const std::string& source) {
    fs::path path = cache / source;
    Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!folder.is_open() && errno != ENOENT)
        return cache_failure("the folder " + path.string() + " can't be opened; read it as the user who serves");
    return DocumentCache(std::move(path), std::move(folder), Descriptor());
}

Result<CacheLock> DocumentCache::lock(const Pause& pause) const {
    if (!lock_.is_open()) return cache_failure("the folder " + path_.string() + " is only read");
    for (int i = 0; i < max_tries; ++i) {
        if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return CacheLock(lock_.get());
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return cache_failure("the folder " + path_.string() + " can't be locked; name one on a local disk");
        }
        pause(between_tries);
    }
    return fail(SourceErrc::cache_failed, "another process has had " + (path_ / "lock").string() +
                                              " locked for a second (lslocks tells which); let it go on, or "
                                              "end it");
}

bool DocumentCache::is_orphan(const std::string& name) const {
    const auto slot = slot_of(name);
    if (!slot) return false;
    const auto known = state(*slot);
    return known && (!*known || document_name(*slot, **known) != name);
}

void DocumentCache::tidy_up(const CacheLock&) const {
    for (const std::string& name : entries_of(folder_.get())) {
        if (is_new_name(name))
            remove_if_left(folder_.get(), name);
        else if (is_orphan(name))
            ::unlinkat(folder_.get(), name.c_str(), 0);
    }
}

Result<std::optional<std::string>> DocumentCache::read(const std::string& name, std::size_t max_octets) const {
    if (!is_there(name)) return std::optional<std::string>();
    const auto opened = open(name, max_octets);
    if (!opened) return opened.error();
    auto text = whole(source_of(opened->descriptor), max_octets);
    if (!text) return failure(name, text.error());
    return std::optional(*std::move(text));
}

bool DocumentCache::is_there(const std::string& name) const {
    if (!folder_.is_open()) return false;  // only read, and not made yet
    struct stat status {};
    return ::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

Result<OpenedFile> DocumentCache::open(const std::string& name, std::uint64_t max_octets) const {
    auto opened = open_file(folder_.get(), name, max_octets);
    if (!opened) return failure(name, opened.error());
    return opened;
}

/// What isn't there, is no file or is too large isn't what was written there; all else may pass.
Failure DocumentCache::failure(const std::string& name, const Failure& why) const {
    struct stat status {};
    const bool is_file = ::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0
                             ? S_ISREG(status.st_mode)
                             : errno != ENOENT;
    const bool is_what_it_was = is_file && why.code != make_error_code(SourceErrc::file_too_large);
    return is_what_it_was ? unread(path_ / name, why.detail) : damaged(path_ / name, why.detail);
}

Result<std::optional<CachedState>> DocumentCache::state(const std::string& slot) const {
    const auto text = read(state_name(slot), max_state_octets);
    if (!text) return text.error();
    if (!*text) return std::optional<CachedState>();
    auto state = state_of(**text);
    if (!state) return damaged(path_of_state(slot), "isn't what this program wrote");
    return state;
}

Result<std::optional<KnownNames>> DocumentCache::names(const std::string& slot) const {
    const auto text = read(names_name(slot), max_names_octets);
    if (!text) return text.error();
    if (!*text) return std::optional<KnownNames>();
    auto names = names_of(**text);
    if (!names) return damaged(path_ / names_name(slot), "isn't what this program wrote");
    return names;
}

Result<OpenedFile> DocumentCache::document(const std::string& slot, const CachedState& state,
                                           std::uint64_t max_octets) const {
    return open(document_name(slot, state), max_octets);
}

ArrivingDocument DocumentCache::begin(const std::string& slot) const {
    return ArrivingDocument(NewFile::make(folder_.get(), slot));
}

Result<void> DocumentCache::commit(const CacheLock&, const std::string& slot, ArrivingDocument& arrived,
                                   const CachedState& state) const {
    if (!arrived.file_) return in_folder(path_, arrived.trouble_);
    const auto before = this->state(slot);
    const std::string name = document_name(slot, state);
    auto kept = arrived.file_->put_into_place(name);
    if (kept) kept = replace(state_name(slot), text_of(state));
    if (!kept) {
        // The failure may have come before or after the one step that decides.
        const auto now = this->state(slot);
        const bool may_be_named = now ? *now && document_name(slot, **now) == name : !is_damage(now.error());
        if (!may_be_named) ::unlinkat(folder_.get(), name.c_str(), 0);
    } else if (before && *before && document_name(slot, **before) != name) {
        ::unlinkat(folder_.get(), document_name(slot, **before).c_str(), 0);
    }
    if (!kept) return in_folder(path_, kept.error());
    return kept;
}

Result<void> DocumentCache::renew(const CacheLock&, const std::string& slot, const CachedState& state) const {
    const auto replaced = replace(state_name(slot), text_of(state));
    if (!replaced) return in_folder(path_, replaced.error());
    return replaced;
}

Result<void> DocumentCache::replace(const std::string& name, std::string_view text) const {
    auto made = NewFile::make(folder_.get(), name);
    if (!made) return std::move(made).error();
    if (auto written = made->append(text); !written) return written;
    return made->put_into_place(name);
}

Result<void> DocumentCache::keep_names(const CacheLock&, const std::string& slot, const KnownNames& known) const {
    KnownNames all = known;
    const auto there = names(slot);
    if (!there && !is_damage(there.error())) return there.error();
    if (there && *there) {
        const Names& others = (*there)->names;
        all.names.insert(others.begin(), others.end());
        if (all.names.size() == others.size() && (*there)->voucher == known.voucher) return Done{};
    }
    const auto kept = replace(names_name(slot), text_of(all));
    if (!kept) return in_folder(path_, kept.error());
    return kept;
}

std::optional<FileMark> DocumentCache::mark_of_names(const std::string& slot) const {
    struct stat status {};
    if (::fstatat(folder_.get(), names_name(slot).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return mark_of(status);
}

std::string DocumentCache::path_of_state(const std::string& slot) const {
    return (path_ / state_name(slot)).string();
}

std::string DocumentCache::path_of_document(const std::string& slot, const CachedState& state) const {
    return (path_ / document_name(slot, state)).string();
}

}  // namespace slo::idp_adapter
