#include "slo/sp/key_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <system_error>
#include <utility>

#include "config_table.hpp"
#include "key_files.hpp"
#include "owned_files.hpp"
#include "slo/sp/configuration_error.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_ring_octets = 64 * 1024;
constexpr std::size_t max_keys = 64;
constexpr std::string_view ring_keys[] = {"key"};
constexpr std::string_view key_keys[] = {"name", "purpose", "stage", "since"};
constexpr std::string_view rewrite = "restore the file, or see saml-slo keys list";

/// A name becomes part of a path.
bool is_plain_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && text.front() != '-' && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

KeptKey read_key(const ConfigTable& table) {
    const auto file_name = table.required_text("name", "signing-1");
    if (!is_plain_name(file_name.value)) {
        refuse(file_name.place, "name can't be " + shown(file_name.value), std::string(rewrite));
    }
    static_cast<void>(table.required_text("purpose", "signing"));
    static_cast<void>(table.required_text("stage", "active"));
    const auto since = table.required_text("since", "2030-01-01T00:00:00Z");
    const auto instant = saml::parse_instant(since.value);
    if (!instant) refuse(since.place, "since can't be " + shown(since.value), "write e.g. \"2030-01-01T00:00:00Z\"");
    return {.name = file_name.value,
            .purpose = table.choice("purpose", KeyPurpose::signing,
                                    {{"signing", KeyPurpose::signing}, {"encryption", KeyPurpose::encryption}}),
            .stage = table.choice(
                "stage", KeyStage::active,
                {{"active", KeyStage::active}, {"next", KeyStage::next}, {"retiring", KeyStage::retiring}}),
            .since = *instant};
}

std::ptrdiff_t count(const KeyRing& ring, KeyPurpose purpose, KeyStage stage) {
    return std::ranges::count_if(ring.keys,
                                 [&](const KeptKey& key) { return key.purpose == purpose && key.stage == stage; });
}

void check_ring(const KeyRing& ring, const Place& place) {
    if (ring.keys.size() > max_keys) refuse(place, "more than 64 keys", "retire some of them");
    for (const KeyPurpose purpose : {KeyPurpose::signing, KeyPurpose::encryption}) {
        const auto active = count(ring, purpose, KeyStage::active);
        const bool any = std::ranges::any_of(ring.keys, [&](const KeptKey& key) { return key.purpose == purpose; });
        if (active > 1 || count(ring, purpose, KeyStage::next) > 1 || (any && active == 0)) {
            refuse(place, "not one active " + std::string(name(purpose)) + " key and at most one next", rewrite);
        }
    }
    if (count(ring, KeyPurpose::signing, KeyStage::active) != 1) {
        refuse(place, "no active signing key", "make one with saml-slo keys new");
    }
    for (auto key = ring.keys.begin(); key != ring.keys.end(); ++key) {
        if (!is_plain_name(key->name)) refuse(place, "name can't be " + shown(key->name), rewrite);
        if (std::any_of(ring.keys.begin(), key, [&](const KeptKey& other) { return other.name == key->name; }))
            refuse(place, "the key " + shown(key->name) + " stands there twice", rewrite);
    }
}

/// The names of the keys in a folder, whatever a ring says of them.
std::string keys_lying_in(const fs::path& folder) {
    constexpr std::string_view kind = ".key.pem";
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator file(folder, error); !error && file != fs::directory_iterator();
         file.increment(error)) {
        const std::string name = file->path().filename();
        if (name.ends_with(kind)) names.insert(name.substr(0, name.size() - kind.size()));
    }
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + shown(name);
    return all;
}

KeyRing read_ring(const fs::path& folder) {
    const Place whole{ring_file(folder).string(), 0};
    if (const std::string left = keys_without_ring(folder); !left.empty()) {
        refuse(whole, "doesn't exist, though keys lie there (" + left + ")",
               "restore it, or name the key that served with saml-slo keys new --folder FOLDER --served-key FILE "
               "--served-certificate FILE, or move keys away that never served");
    }
    const auto tree = parse_toml(read_file(ring_file(folder), max_ring_octets, whole, "keys"), whole.file);
    if (!tree) throw ConfigurationError{tree.error().detail};
    const ConfigTable root(*tree, whole, "the file", ring_keys);
    KeyRing ring;
    for (const ConfigTable& table : root.tables("key", key_keys)) ring.keys.push_back(read_key(table));
    check_ring(ring, whole);
    return ring;
}

/// Runs `what`, which refuses by throwing.
template <class What>
auto caught(What what) -> Result<decltype(what())> {
    try {
        return what();
    } catch (ConfigurationError& error) {
        return fail(ConfigurationErrc::configuration_invalid, std::move(error.text));
    }
}

Result<void> done(const Result<Done>& result) {
    if (!result) return result.error();
    return Done{};
}

std::string text_of(const KeyRing& ring) {
    std::string text =
        "# Which key is in which stage. Written by saml-slo keys; read by whatever has keys = \"this folder\" in "
        "[sp].\n";
    for (const KeptKey& key : ring.keys) {
        text += "[[key]]\nname = \"" + key.name + "\"\npurpose = \"" + std::string(name(key.purpose)) +
                "\"\nstage = \"" + std::string(name(key.stage)) + "\"\nsince = \"" + saml::format_instant(key.since) +
                "\"\n";
    }
    return text;
}

Failure step_refused(std::string text) {
    return fail(ConfigurationErrc::configuration_invalid, std::move(text));
}

}  // namespace

std::string_view name(KeyPurpose purpose) noexcept {
    return purpose == KeyPurpose::signing ? "signing" : "encryption";
}

std::string_view name(KeyStage stage) noexcept {
    switch (stage) {
        case KeyStage::active:
            return "active";
        case KeyStage::next:
            return "next";
        case KeyStage::retiring:
            return "retiring";
    }
    return {};
}

const KeptKey* KeyRing::find(KeyPurpose purpose, KeyStage stage) const noexcept {
    const auto found =
        std::ranges::find_if(keys, [&](const KeptKey& key) { return key.purpose == purpose && key.stage == stage; });
    return found == keys.end() ? nullptr : &*found;
}

KeyStep step_from(const KeyRing& ring, KeyPurpose purpose) noexcept {
    if (ring.find(purpose, KeyStage::retiring) != nullptr) return KeyStep::retire;
    return ring.find(purpose, KeyStage::next) != nullptr ? KeyStep::activate : KeyStep::prepare;
}

std::optional<Instant> earliest(const KeyRing& ring, KeyPurpose purpose, KeyStep step,
                                std::chrono::seconds spread) noexcept {
    if (step == KeyStep::prepare) return std::nullopt;
    const KeyStage waiting = step == KeyStep::activate ? KeyStage::next : KeyStage::retiring;
    std::optional<Instant> last;
    for (const KeptKey& key : ring.keys) {
        if (key.purpose == purpose && key.stage == waiting && (!last || key.since > *last)) last = key.since;
    }
    if (!last) return std::nullopt;
    return *last + spread;
}

Result<KeyRing> after(const KeyRing& ring, KeyPurpose purpose, KeyStep step, const std::string& fresh, Instant now) {
    KeyRing changed = ring;
    const bool has_next = ring.find(purpose, KeyStage::next) != nullptr;
    const std::string what = std::string(name(purpose)) + " key";
    if (step == KeyStep::prepare) {
        if (has_next) return step_refused("there is a next " + what + " already; activate it");
        const bool first = ring.find(purpose, KeyStage::active) == nullptr;
        changed.keys.push_back({fresh, purpose, first ? KeyStage::active : KeyStage::next, now});
        return changed;
    }
    if (step == KeyStep::activate) {
        if (!has_next) return step_refused("there is no next " + what + "; prepare one");
        for (KeptKey& key : changed.keys) {
            if (key.purpose != purpose || key.stage == KeyStage::retiring) continue;
            key.stage = key.stage == KeyStage::next ? KeyStage::active : KeyStage::retiring;
            key.since = now;
        }
        return changed;
    }
    const auto dropped = std::erase_if(changed.keys, [purpose](const KeptKey& key) {
        return key.purpose == purpose && key.stage == KeyStage::retiring;
    });
    if (dropped == 0) return step_refused("no " + what + " retires; activate a next one first");
    return changed;
}

std::string unused_name(const fs::path& folder, KeyPurpose purpose) {
    for (unsigned number = 1;; ++number) {
        std::string candidate = std::string(name(purpose)) + "-" + std::to_string(number);
        std::error_code ignored;  // a fault here shows when the key is written
        if (!fs::exists(folder / (candidate + ".crt.pem"), ignored) &&
            !fs::exists(folder / (candidate + ".key.pem"), ignored)) {
            return candidate;
        }
    }
}

fs::path ring_file(const fs::path& folder) {
    return folder / "keys.toml";
}

std::string keys_without_ring(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(ring_file(folder), error) || error) return {};
    return keys_lying_in(folder);
}

Result<KeyRing> read_key_ring(const fs::path& folder) {
    return caught([&] { return read_ring(folder); });
}

Result<void> make_key_folder(const fs::path& folder, const std::string& user) {
    return done(caught([&] {
        if (make_folder(folder)) {
            give_away(folder, user);
        } else if (errno != EEXIST) {
            const int error = errno;
            const Place place{folder.string(), 0};
            static_cast<void>(OwnedFolder(folder_of(folder), place));  // where the way to it is wrong, it says how
            refuse(place, "can't make the folder (" + std::generic_category().message(error) + ")",
                   "create it and make it writable for this process");
        }
        return Done{};
    }));
}

Result<void> write_key_ring(const fs::path& folder, const KeyRing& ring) {
    return done(caught([&] {
        const Place place{ring_file(folder).string(), 0};
        check_ring(ring, place);
        OwnedFolder(folder, place).replace(ring_file(folder).filename(), text_of(ring), 0600);
        return Done{};
    }));
}

Result<void> write_key_pair(const fs::path& folder, const std::string& name, const saml::GeneratedKey& pair) {
    return done(caught([&] {
        const OwnedFolder owned(folder, {folder.string(), 0});
        owned.write_new(name + ".key.pem", pair.private_key_pem, 0600);
        try {
            owned.write_new(name + ".crt.pem", pair.certificate_pem, 0644);
        } catch (const ConfigurationError&) {
            owned.remove(name + ".key.pem");
            throw;
        }
        return Done{};
    }));
}

Result<void> remove_key(const fs::path& folder, const std::string& name) {
    return done(caught([&] {
        OwnedFolder(folder, {folder.string(), 0}).remove(name + ".key.pem");
        return Done{};
    }));
}

}  // namespace slo::sp
