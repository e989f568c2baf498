#include "keys_command.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "files.hpp"
#include "settings.hpp"
#include "slo/metadata/published_metadata.hpp"
#include "slo/sp/publication_record.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using saml::format_instant;
using sp::KeyPurpose;
using sp::KeyStage;
using sp::KeyStep;

/// Two tools at work on one folder would undo each other's steps.
class FolderLock {
public:
    explicit FolderLock(const fs::path& folder)
        : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
          held_(descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {}
    ~FolderLock() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    [[nodiscard]] bool is_held() const noexcept { return held_; }

private:
    int descriptor_;
    bool held_;
};

ExitCode refuse_lock(const fs::path& folder) {
    return complain(folder.string() + " can't be locked; check that it's there, and that no other saml-slo is at work",
                    ExitCode::usage);
}

fs::path folder_of(const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::string host_of(const saml::EntityID& entity_id) {
    std::string_view text = entity_id.str();
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    return std::string(text.substr(0, std::min<std::size_t>(text.find('/'), 64)));
}

Result<saml::GeneratedKey> generate(const KeyWish& wish, KeyPurpose purpose, const std::string& common_name,
                                    Instant now) {
    if (purpose == KeyPurpose::encryption && wish.kind != saml::KeyKind::rsa_2048 &&
        wish.kind != saml::KeyKind::rsa_3072) {
        return Failure{std::make_error_code(std::errc::invalid_argument),
                       "an encryption key must be RSA; write --kind rsa-2048 or rsa-3072"};
    }
    return saml::generate_key(wish.kind, wish.common_name.empty() ? common_name : wish.common_name, now, wish.lifetime);
}

Result<saml::GeneratedKey> served_pair(const fs::path& key_file, const fs::path& certificate_file) {
    auto key = read_whole(key_file);
    if (!key) return std::move(key).error();
    auto certificate = read_whole(certificate_file);
    if (!certificate) return std::move(certificate).error();
    return saml::GeneratedKey{*std::move(key), *std::move(certificate)};
}

/// How far the next step is, according to the endpoint's publication record.
struct Readiness {
    KeyStep step = KeyStep::prepare;
    std::string awaited = {};  ///< the key that the endpoint must have in force as the step needs it; empty: none
    bool is_followed = true;   ///< it has
    std::optional<Instant> earliest = {};
};

std::string fingerprint_of(const fs::path& folder, const std::string& key) {
    const auto pem = read_whole(folder / (key + ".crt.pem"));
    const auto certificate = saml::Certificate::parse(pem ? *pem : std::string());
    return certificate ? certificate->fingerprint() : "can't be read";
}

Result<Readiness> readiness_for(const sp::Configuration& configuration, const sp::KeyRing& ring, KeyPurpose purpose,
                                KeyStep step, Instant now) {
    const sp::KeptKey* const key = ring.find(purpose, step == KeyStep::activate ? KeyStage::next : KeyStage::active);
    if (step == KeyStep::prepare || key == nullptr) return Readiness{.step = step};
    const auto record = sp::read_publication_record(configuration.publication_record);
    if (!record) return record.error();
    const sp::AwaitedKey awaited{
        .purpose = purpose, .step = step, .fingerprint = fingerprint_of(configuration.key_folder, key->name)};
    Readiness readiness{.step = step,
                        .awaited = key->name,
                        .is_followed = sp::is_followed(*record, awaited),
                        .earliest = sp::earliest(*record, awaited, now)};
    if (!readiness.is_followed || !readiness.earliest) {
        // The promises before the record began aren't known: as much as now, or when it began.
        auto spread = sp::promise_of(configuration.publication);
        for (const sp::PublishedState& state : *record) spread = std::max(spread, state.promised);
        const auto by_ring = sp::earliest(ring, purpose, step, spread);
        if (by_ring && (!readiness.earliest || *readiness.earliest < *by_ring)) readiness.earliest = by_ring;
    }
    return readiness;
}

/// The endpoint's task with the awaited key before the step.
std::string_view duty(KeyPurpose purpose, KeyStep step) {
    if (purpose == KeyPurpose::signing) return step == KeyStep::activate ? "publishes" : "signs with";
    return step == KeyStep::activate ? "decrypts with" : "publishes";
}

/// The other side's tasks before the step after this state, in one line each.
std::vector<std::string> advice_for_step(const sp::KeyRing& ring, KeyPurpose purpose, const Readiness& readiness) {
    const std::string which = purpose == KeyPurpose::signing ? "" : " --purpose encryption";
    const auto& time = readiness.earliest;
    const std::string when = time ? format_instant(*time) : "";
    const bool signing = purpose == KeyPurpose::signing;
    switch (readiness.step) {
        case KeyStep::prepare:
            if (ring.find(purpose, KeyStage::active) == nullptr)
                return {"there is no " + std::string(name(purpose)) + " key; to make one: --stage prepare" + which};
            return {"nothing is going on; to begin a roll-over: --stage prepare" + which};
        case KeyStep::activate:
            if (signing) {
                return {
                    "before the next step: every IdP must know the next certificate. Those that refresh our metadata "
                    "do from " +
                        when + " on; to all others give our metadata anew, and wait for their word",
                    "then: --stage activate"};
            }
            return {"before the next step: every node must have the next key; a running endpoint reads it by itself",
                    "from " + when + " on: --stage activate" + which};
        case KeyStep::retire:
            if (signing) {
                return {"we sign with the new key; the old certificate is still published",
                        "before the next step: see in the IdPs' logs that they accept our answers",
                        "from " + when + " on: --stage retire"};
            }
            return {
                "before the next step: every IdP must encrypt for the new certificate. Those that refresh our "
                "metadata do from " +
                    when + " on; to all others give our metadata anew, and wait for their word",
                "then: --stage retire" + which};
    }
    return {};
}

std::vector<std::string> advice(const sp::KeyRing& ring, KeyPurpose purpose, const Readiness& readiness) {
    auto lines = advice_for_step(ring, purpose, readiness);
    if (!readiness.is_followed) {
        lines.insert(lines.begin(), "no endpoint is known that " + std::string(duty(purpose, readiness.step)) + " " +
                                        readiness.awaited + " yet: a running one says so within a second");
    }
    return lines;
}

struct ShownKey {
    const sp::KeptKey* key;
    std::string fingerprint;
    std::string until;
};

std::vector<ShownKey> shown_keys(const fs::path& folder, const sp::KeyRing& ring) {
    std::vector<ShownKey> keys;
    for (const sp::KeptKey& key : ring.keys) {
        const auto pem = read_whole(folder / (key.name + ".crt.pem"));
        const auto certificate = saml::Certificate::parse(pem ? *pem : std::string());
        keys.push_back({.key = &key,
                        .fingerprint = certificate ? certificate->fingerprint() : "can't be read",
                        .until = certificate ? format_instant(certificate->not_after()) : ""});
    }
    return keys;
}

std::string json_of(const fs::path& folder, const sp::KeyRing& ring, KeyPurpose purpose, const Readiness& readiness) {
    constexpr std::string_view steps[] = {"prepare", "activate", "retire"};
    std::vector<std::string> keys;
    for (const ShownKey& shown : shown_keys(folder, ring)) {
        keys.push_back(JsonObject()
                           .add("name", shown.key->name)
                           .add("purpose", name(shown.key->purpose))
                           .add("stage", name(shown.key->stage))
                           .add("since", format_instant(shown.key->since))
                           .add("sha256", shown.fingerprint)
                           .add("not_after", shown.until)
                           .str());
    }
    std::vector<std::string> lines;
    for (const std::string& line : advice(ring, purpose, readiness)) lines.push_back(json_text(line));
    JsonObject whole;
    whole.add_value("keys", json_array(keys)).add("next_step", steps[static_cast<std::size_t>(readiness.step)]);
    if (!readiness.awaited.empty()) whole.add_value("followed", readiness.is_followed ? "true" : "false");
    if (readiness.earliest) whole.add("not_before", format_instant(*readiness.earliest));
    return whole.add_value("advice", json_array(lines)).str() + "\n";
}

ExitCode show(const fs::path& folder, const sp::KeyRing& ring, KeyPurpose purpose, const Readiness& readiness,
              Format format) {
    if (format == Format::json) return print(json_of(folder, ring, purpose, readiness), ExitCode::fine);
    Table table({"KEY", "PURPOSE", "STAGE", "SINCE", "CERTIFICATE UNTIL", "SHA-256"});
    for (const ShownKey& shown : shown_keys(folder, ring)) {
        table.add({shown.key->name, std::string(name(shown.key->purpose)), std::string(name(shown.key->stage)),
                   format_instant(shown.key->since), shown.until, shown.fingerprint});
    }
    std::string text = table.str();
    for (const std::string& line : advice(ring, purpose, readiness)) text += printable(line) + "\n";
    return print(text, ExitCode::fine);
}

/// The files of keys that no ring names any more. A crash in between leaves them behind, where they do no harm.
void remove_dropped(const fs::path& folder, const sp::KeyRing& before, const sp::KeyRing& now) {
    for (const sp::KeptKey& key : before.keys) {
        const bool kept =
            std::ranges::any_of(now.keys, [&](const sp::KeptKey& other) { return other.name == key.name; });
        if (!kept) static_cast<void>(sp::remove_key(folder, key.name));
    }
}

Result<void> take_step(const Rotation& command, const sp::Configuration& configuration, sp::KeyRing& ring,
                       Instant now) {
    const fs::path& folder = configuration.key_folder;
    std::string fresh;
    if (*command.step == KeyStep::prepare) fresh = sp::unused_name(folder, command.purpose);
    auto changed = sp::after(ring, command.purpose, *command.step, fresh, now);
    if (!changed) return std::move(changed).error();
    if (*command.step == KeyStep::prepare) {
        const auto pair = generate(command.wish, command.purpose, host_of(configuration.entity_id), now);
        if (!pair) return pair.error();
        if (auto written = sp::write_key_pair(folder, fresh, *pair); !written) return written;
    }
    // The one moment in which everything changes: before it the new files count for nothing.
    if (auto written = sp::write_key_ring(folder, *changed); !written) return written;
    remove_dropped(folder, ring, *changed);
    ring = *std::move(changed);
    return Done{};
}

/// Why the step can't be taken yet; std::nullopt if it can.
std::optional<ExitCode> refuse_step(const Rotation& command, const sp::Configuration& configuration,
                                    const Readiness& readiness, Instant now) {
    if (!readiness.is_followed && command.risk == Risk::none) {
        return complain("no endpoint " + std::string(duty(command.purpose, readiness.step)) + " " + readiness.awaited +
                            " yet, by what stands in " + configuration.publication_record.string() +
                            "; see that the endpoint runs, can write there and can read " +
                            configuration.key_folder.string() +
                            " (else its audit has a line with \"event\":\"keys\"), and wait a second; or write "
                            "--risk-unpublished, and IdPs may refuse whatever we send",
                        ExitCode::unpublished);
    }
    if (readiness.earliest && now < *readiness.earliest && command.haste == Haste::none) {
        return complain("too early: some IdPs may have our older metadata until " +
                            format_instant(*readiness.earliest) +
                            "; wait until then, or write --force if every IdP has the newer one",
                        ExitCode::refused);
    }
    return std::nullopt;
}

/// The ring that a first key is added to. Errors: there is a key already, or something was lost.
Result<sp::KeyRing> ring_to_begin(const FirstKey& command) {
    const auto refused = [](std::string text) {
        return Failure{std::make_error_code(std::errc::invalid_argument), std::move(text)};
    };
    const std::string folder = command.folder.string();
    if (const std::string lost = sp::keys_without_ring(command.folder); !lost.empty() && command.served_key.empty()) {
        return refused(
            folder + " has keys (" + lost +
            "), but no keys.toml; restore it, or name the key that served: " + "saml-slo keys new --folder " + folder +
            " --served-key " + folder + "/NAME.key.pem --served-certificate " + folder + "/NAME.crt.pem");
    }
    std::error_code ignored;
    sp::KeyRing ring;
    if (fs::exists(sp::ring_file(command.folder), ignored)) {
        auto there = sp::read_key_ring(command.folder);
        if (!there) return there;
        ring = *std::move(there);
    }
    if (command.purpose == KeyPurpose::encryption && ring.keys.empty()) {
        return refused(folder + " has no signing key, with which every folder begins; make that first: saml-slo keys " +
                       "new --folder " + folder);
    }
    if (ring.find(command.purpose, KeyStage::active) == nullptr) return ring;
    return refused(folder + " has a key for " + std::string(name(command.purpose)) +
                   " already; roll it over with saml-slo keys rotate --stage prepare");
}

/// Why such a key is unfit for its purpose; empty if it is fit.
std::string complaint_about(const saml::GeneratedKey& pair, KeyPurpose purpose) {
    if (const auto parsed = saml::SigningKey::parse(pair.private_key_pem, pair.certificate_pem); !parsed) {
        return "the two files aren't a key and its certificate (" + parsed.error().code.message() +
               "); name those that serve now";
    }
    if (purpose == KeyPurpose::encryption && !saml::DecryptionKey::parse(pair.private_key_pem))
        return "an encryption key must be RSA of 2048 to 8192 bits; name another one, or have one made";
    return {};
}

/// A served key that lies in the folder stays what it's called; empty: it comes from elsewhere.
std::string name_of_adopted(const FirstKey& command) {
    constexpr std::string_view kind = ".key.pem";
    const std::string file = command.served_key.filename();
    std::error_code error;
    if (!file.ends_with(kind) || !fs::equivalent(command.folder, folder_of(command.served_key), error)) return {};
    const std::string name = file.substr(0, file.size() - kind.size());
    return fs::equivalent(command.folder / (name + ".crt.pem"), command.served_certificate, error) ? name : "";
}

}  // namespace

ExitCode make_new_key(const NewKey& command, Format format, Instant now) {
    const std::string stem = command.place.filename().string();
    const auto pair = generate(command.wish, KeyPurpose::signing, stem, now);
    if (!pair) return complain("can't make a key: " + text_of(pair.error()), ExitCode::usage);
    if (const auto written = sp::write_key_pair(folder_of(command.place), stem, *pair); !written)
        return complain(text_of(written.error()), ExitCode::usage);
    const std::string fingerprint = saml::Certificate::parse(pair->certificate_pem)->fingerprint();
    const std::string key = command.place.string() + ".key.pem";
    const std::string certificate = command.place.string() + ".crt.pem";
    if (format == Format::json) {
        return print(
            JsonObject().add("key", key).add("certificate", certificate).add("sha256", fingerprint).str() + "\n",
            ExitCode::fine);
    }
    return print(
        "made " + printable(key) + " (mode 0600) and " + printable(certificate) + "\nSHA-256 " + fingerprint + "\n",
        ExitCode::fine);
}

ExitCode make_first_key(const FirstKey& command, Format format, Instant now) {
    if (const auto made = sp::make_key_folder(command.folder); !made)
        return complain(text_of(made.error()), ExitCode::usage);
    const FolderLock lock(command.folder);
    if (!lock.is_held()) return refuse_lock(command.folder);
    const auto ring = ring_to_begin(command);
    if (!ring) return complain(text_of(ring.error()), ExitCode::usage);
    const auto pair = command.served_key.empty() ? generate(command.wish, command.purpose, "saml-slo", now)
                                                 : served_pair(command.served_key, command.served_certificate);
    if (!pair) return complain(text_of(pair.error()), ExitCode::usage);
    if (const std::string unfit = complaint_about(*pair, command.purpose); !unfit.empty())
        return complain(unfit, ExitCode::usage);
    const std::string adopted = name_of_adopted(command);
    const std::string fresh = adopted.empty() ? sp::unused_name(command.folder, command.purpose) : adopted;
    auto changed = sp::after(*ring, command.purpose, KeyStep::prepare, fresh, now);
    if (!changed) return complain(text_of(changed.error()), ExitCode::usage);
    if (adopted.empty()) {
        if (const auto written = sp::write_key_pair(command.folder, fresh, *pair); !written)
            return complain(text_of(written.error()), ExitCode::usage);
    }
    if (const auto written = sp::write_key_ring(command.folder, *changed); !written)
        return complain(text_of(written.error()), ExitCode::usage);
    return show(command.folder, *changed, command.purpose, {.step = sp::step_from(*changed, command.purpose)}, format);
}

ExitCode rotate_keys(const Rotation& command, Format format, Instant now) {
    const auto configuration = daemon::load_configuration(command.configuration, now, sp::MissingKeys::refused);
    if (!configuration) return complain(text_of(configuration.error()), ExitCode::usage);
    const fs::path& folder = configuration->key_folder;
    if (folder.empty()) {
        return complain(
            command.configuration.string() +
                R"(: no keys = "FOLDER" in [sp]: keys roll over in a folder only; to begin with the keys that )"
                "serve now: saml-slo keys new --folder FOLDER --served-key KEY --served-certificate CERTIFICATE",
            ExitCode::usage);
    }
    const FolderLock lock(folder);
    if (!lock.is_held()) return refuse_lock(folder);
    auto ring = sp::read_key_ring(folder);
    if (!ring) return complain(text_of(ring.error()), ExitCode::usage);
    const auto show_all = [&] {
        const auto next =
            readiness_for(*configuration, *ring, command.purpose, sp::step_from(*ring, command.purpose), now);
        if (!next) return complain(text_of(next.error()), ExitCode::usage);
        return show(folder, *ring, command.purpose, *next, format);
    };
    if (!command.step) return show_all();
    const auto readiness = readiness_for(*configuration, *ring, command.purpose, *command.step, now);
    if (!readiness) return complain(text_of(readiness.error()), ExitCode::usage);
    if (const auto refused = refuse_step(command, *configuration, *readiness, now)) return *refused;
    if (const auto taken = take_step(command, *configuration, *ring, now); !taken)
        return complain(text_of(taken.error()), ExitCode::usage);
    return show_all();
}

}  // namespace slo::tool
