#include "slo/sp/publication_record.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "config_table.hpp"
#include "key_files.hpp"
#include "owned_files.hpp"
#include "slo/sp/configuration_error.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using idp_adapter::Descriptor;

constexpr std::size_t max_record_octets = 256 * 1024;
/// The end of a line: one without it was cut off by a crash.
constexpr std::string_view complete = " .";

std::string list(std::string_view name, const std::vector<std::string>& fingerprints) {
    std::string text = ' ' + std::string(name) + '=';
    for (const std::string& fingerprint : fingerprints) text += (text.back() == '=' ? "" : ",") + fingerprint;
    return text;
}

std::string line_of(const PublishedState& state) {
    return saml::format_instant(state.since) + " promised=" + std::to_string(state.promised.count()) +
           list("signs", {state.keys.signs}) + list("signing", state.keys.signing) +
           list("encryption", state.keys.encryption) + list("opens", state.keys.opens) + std::string(complete) + '\n';
}

/// The words of a line, one after the other.
class Words {
public:
    explicit Words(std::string_view line) noexcept : rest_(line) {}
    std::string_view next() noexcept {
        const std::string_view word = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
        return word;
    }
    /// The value of the next word, which must be `name`=value.
    std::optional<std::string_view> value_of(std::string_view name) noexcept {
        const std::string_view word = next();
        if (word.size() <= name.size() || !word.starts_with(name) || word[name.size()] != '=') return std::nullopt;
        return word.substr(name.size() + 1);
    }

private:
    std::string_view rest_;
};

std::vector<std::string> fingerprints_in(std::string_view list) {
    std::vector<std::string> fingerprints;
    while (!list.empty()) {
        fingerprints.emplace_back(list.substr(0, list.find(',')));
        list.remove_prefix(std::min(list.size(), fingerprints.back().size() + 1));
    }
    return fingerprints;
}

std::optional<PublishedState> state_in(std::string_view line) {
    if (!line.ends_with(complete)) return std::nullopt;
    Words words(line);
    const auto since = saml::parse_instant(words.next());
    const auto promised = words.value_of("promised");
    const auto signs = words.value_of("signs");
    const auto signing = words.value_of("signing");
    const auto encryption = words.value_of("encryption");
    const auto opens = words.value_of("opens");
    if (!since || !promised || !signs || !signing || !encryption || !opens) return std::nullopt;
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(promised->data(), promised->data() + promised->size(), seconds);
    if (error != std::errc{} || end != promised->data() + promised->size()) return std::nullopt;
    return PublishedState{.since = *since,
                          .promised = std::chrono::seconds(seconds),
                          .keys = {.signs = std::string(*signs),
                                   .signing = fingerprints_in(*signing),
                                   .encryption = fingerprints_in(*encryption),
                                   .opens = fingerprints_in(*opens)}};
}

/// The end of `file`; of nothing more than a record's length.
std::string read_end(const Descriptor& file, off_t size) {
    const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(max_record_octets));
    std::string octets(static_cast<std::size_t>(size - begin), '\0');
    std::size_t got = 0;
    while (got < octets.size()) {
        const ssize_t count =
            ::pread(file.get(), octets.data() + got, octets.size() - got, begin + static_cast<off_t>(got));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        got += static_cast<std::size_t>(count);
    }
    octets.resize(got);
    return octets;
}

std::vector<PublishedState> states_in(std::string_view text) {
    std::vector<PublishedState> states;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (auto state = state_in(line)) states.push_back(*std::move(state));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return states;
}

Failure failure(const fs::path& file, std::string_view what, std::string_view mend) {
    return fail(ConfigurationErrc::configuration_invalid,
                file.string() + ": " + std::string(what) + "; " + std::string(mend));
}

std::string because(int error) {
    return " (" + std::generic_category().message(error) + ")";
}

/// Of a store that hasn't been opened yet, which would make its folder like that.
bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

bool is_fit(const PublishedState& state, const AwaitedKey& key) {
    if (key.purpose == KeyPurpose::signing) {
        return key.step == KeyStep::activate ? has(state.keys.signing, key.fingerprint)
                                             : state.keys.signs == key.fingerprint;
    }
    return has(key.step == KeyStep::activate ? state.keys.opens : state.keys.encryption, key.fingerprint);
}

/// When the state at `at` was served last: at the time of the next line that isn't of a clock that was ahead. A clock
/// that was set back meanwhile shortens no promise.
Instant end_of(const std::vector<PublishedState>& record, std::vector<PublishedState>::const_iterator at, Instant now) {
    const auto is_told = [now](const PublishedState& state) { return state.since <= now; };
    const auto next = std::find_if(std::next(at), record.end(), is_told);
    if (next == record.end()) return std::max(at->since, std::next(at)->since);
    return at->since > now ? next->since : std::max(at->since, next->since);
}

}  // namespace

struct PublicationRecord::Impl {
    fs::path file;
    Descriptor opened;
    std::optional<PublishedState> last;
    std::optional<PublishedState> unsynced;  ///< written behind it, and not on the disk for certain
    bool is_torn = false;                    ///< the file doesn't end with a whole line

    [[nodiscard]] bool is_in_place() const {
        struct stat at_path {};
        struct stat here {};
        // The user who serves may be kept from looking: that says nothing.
        if (::stat(file.c_str(), &at_path) != 0) return errno != ENOENT;
        return ::fstat(opened.get(), &here) != 0 || (at_path.st_ino == here.st_ino && at_path.st_dev == here.st_dev);
    }
};

PublicationRecord::PublicationRecord(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
PublicationRecord::PublicationRecord(PublicationRecord&&) noexcept = default;
PublicationRecord& PublicationRecord::operator=(PublicationRecord&&) noexcept = default;
PublicationRecord::~PublicationRecord() = default;

Result<PublicationRecord> PublicationRecord::open(const fs::path& file) {
    auto states = read_publication_record(file);
    if (!states) return std::move(states).error();
    try {
        static_cast<void>(make_folder(folder_of(file)));  // opening it shows whether it's there
        const OwnedFolder folder(folder_of(file), {file.string(), 0});
        auto impl = std::make_unique<Impl>(Impl{.file = file,
                                                .opened = folder.open_to_append(file.filename()),
                                                .last = {},
                                                .unsynced = {},
                                                .is_torn = false});
        if (!states->empty()) impl->last = std::move(states->back());
        struct stat status {};
        impl->is_torn = ::fstat(impl->opened.get(), &status) != 0 || status.st_size > 0;  // at worst an empty line
        return PublicationRecord(std::move(impl));
    } catch (ConfigurationError& error) {
        return fail(ConfigurationErrc::configuration_invalid, std::move(error.text));
    }
}

Result<void> PublicationRecord::keep(const KeysInForce& keys, std::chrono::seconds promised, Instant now) {
    if (!impl_->is_in_place()) {
        return failure(impl_->file, "isn't the file any more that was there at the start",
                       "start anew, so that it tells again what is published");
    }
    const bool is_same = impl_->last && impl_->last->keys == keys && impl_->last->promised == promised;
    if (is_same && impl_->last->since <= now) return Done{};  // else a clock was ahead: the right time counts
    const bool is_written = impl_->unsynced && impl_->unsynced->keys == keys && impl_->unsynced->promised == promised;
    if (!is_written) {
        PublishedState state{.since = now, .promised = promised, .keys = keys};
        const std::string line = (impl_->is_torn ? "\n" : "") + line_of(state);
        impl_->unsynced.reset();
        impl_->is_torn = true;
        if (!idp_adapter::write_all(impl_->opened, line))
            return failure(impl_->file, "can't be written" + because(errno), "make room on the disk");
        impl_->is_torn = false;
        impl_->unsynced = std::move(state);
    }
    if (::fsync(impl_->opened.get()) != 0)
        return failure(impl_->file, "can't be made durable" + because(errno), "check the disk");
    impl_->last = std::exchange(impl_->unsynced, std::nullopt);
    return Done{};
}

Result<std::vector<PublishedState>> read_publication_record(const fs::path& file) {
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened.is_open()) {
        if (errno == ENOENT) return std::vector<PublishedState>();
        return failure(file, "can't be read" + because(errno), "run this as its owner, or as root");
    }
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return failure(file, "is no file", "move it away");
    return states_in(read_end(opened, status.st_size));
}

bool is_followed(const std::vector<PublishedState>& record, const AwaitedKey& key) {
    return !record.empty() && is_fit(record.back(), key);
}

std::optional<Instant> earliest(const std::vector<PublishedState>& record, const AwaitedKey& key, Instant now) {
    std::optional<Instant> latest;
    for (auto state = record.begin(); state != record.end() && std::next(state) != record.end(); ++state) {
        if (is_fit(*state, key)) continue;
        const Instant ended = end_of(record, state, now) + state->promised;
        latest = std::max(latest.value_or(ended), ended);
    }
    return latest;
}

}  // namespace slo::sp
