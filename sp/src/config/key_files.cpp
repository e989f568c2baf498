#include "key_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>

#include "owned_files.hpp"
#include "slo/idp_adapter/descriptor.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using idp_adapter::Descriptor;

constexpr std::size_t max_key_octets = 64 * 1024;
constexpr std::size_t secret_key_octets = 32;
/// The certificate only carries the key (metadata is the trust), and replacing it means work at every IdP.
constexpr std::chrono::days generated_lifetime{3652};
constexpr std::chrono::days ageing{30};

std::string reason(int error) {
    return std::generic_category().message(error);
}

std::string note_at(const Place& place, std::string_view text) {
    return place.file + ":" + (place.line == 0 ? "" : std::to_string(place.line) + ":") + " note: " + std::string(text);
}

bool exists(const Placed<fs::path>& file) {
    std::error_code error;
    const bool found = fs::exists(file.value, error);
    if (error) {
        refuse(file.place, "can't look for " + shown(file.value.string()) + " (" + error.message() + ")",
               "make its folder accessible to this process");
    }
    return found;
}

/// RSA-2048 and not P-256: Lasso and what is built on it (LemonLDAP::NG, Authentic2) can't verify ECDSA.
void generate(const KeyPairFiles& files, const saml::EntityID& owner, Instant now, std::vector<std::string>& notes) {
    auto made = saml::generate_key(saml::KeyKind::rsa_2048, default_common_name(owner), now, generated_lifetime);
    if (!made)
        refuse(files.key.place, "can't make a key (" + made.error().code.message() + ")", "see openssl's set-up");
    const saml::WipedText private_key(std::move(made->private_key_pem));
    write_new_file(files.key, private_key.text, 0600);
    try {
        write_new_file(files.certificate, made->certificate_pem, 0644);
    } catch (const ConfigurationError&) {
        ::unlink(files.key.value.c_str());  // half a pair would be refused at the next start
        throw;
    }
    notes.push_back(note_at(files.key.place, "made a new " + std::string(files.purpose) +
                                                 " key (RSA-2048, mode 0600) in " + shown(files.key.value.string()) +
                                                 " and its certificate in " + shown(files.certificate.value.string()) +
                                                 "; give every IdP our metadata, keep a copy of both"));
}

std::string read_key_file(const Placed<fs::path>& file, std::string_view key) {
    return read_file(file.value, max_key_octets, file.place, key);
}

std::string hex(std::string_view octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char octet : octets) {
        text += digits[static_cast<unsigned char>(octet) >> 4U];
        text += digits[static_cast<unsigned char>(octet) & 0xFU];
    }
    return text;
}

/// A store that finds other keys there than those of the servers' records would find no session, so no half of a set
/// stays behind.
void generate_secret_key(const Placed<fs::path>& file) {
    std::string key(secret_key_octets, '\0');
    if (::getentropy(key.data(), key.size()) != 0)
        refuse(file.place, "can't make a key (" + reason(errno) + ")", "see the kernel's random numbers");
    write_new_file(file, hex(key) + "\n", 0600);
}

void generate_secret_keys(const std::vector<Placed<fs::path>>& files, std::vector<std::string>& notes) {
    std::string names;
    for (std::size_t made = 0; made < files.size(); ++made) {
        try {
            generate_secret_key(files[made]);
        } catch (const ConfigurationError&) {
            for (std::size_t i = 0; i < made; ++i) ::unlink(files[i].value.c_str());
            throw;
        }
        names += (made == 0 ? "" : ", ") + shown(files[made].value.string());
    }
    notes.push_back(note_at(files.front().place, "made new keys of the shared store (mode 0600) in " + names +
                                                     "; every node needs the same: copy them to the others"));
}

/// `whose` key it is, as refusals call it.
std::string read_secret_key(const Placed<fs::path>& file, const std::string& whose) {
    const saml::WipedText octets(read_key_file(file, "the keys of " + whose));
    const auto text = std::string_view(octets.text).substr(0, octets.text.find_last_not_of("\r\n \t") + 1);
    std::string key;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        unsigned char octet = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, octet, 16);
        if (error != std::errc{} || end != text.data() + i + 2) break;
        key += static_cast<char>(octet);
    }
    if (key.size() != secret_key_octets || text.size() != 2 * secret_key_octets) {
        refuse(file.place, shown(file.value.string()) + " holds no key of " + whose,
               "it must hold 64 hex digits (openssl rand -hex 32 > FILE), the same on every node");
    }
    return key;
}

[[noreturn]] void refuse_pair(const KeyPairFiles& files, const Failure& failure) {
    const std::string key = shown(files.key.value.string());
    const std::string certificate = shown(files.certificate.value.string());
    if (saml::is(failure, saml::KeyErrc::key_mismatch)) {
        refuse(files.certificate.place, certificate + " isn't the certificate of the key in " + key,
               "name the two that belong together");
    }
    if (saml::is(failure, saml::KeyErrc::certificate_unreadable)) {
        refuse(files.certificate.place, certificate + " holds no certificate",
               "it must hold one certificate in PEM, and nothing else");
    }
    if (saml::is(failure, saml::KeyErrc::key_not_allowed)) {
        refuse(files.key.place, "the key in " + key + " is too weak or of a kind that isn't used",
               "use RSA of 2048 to 8192 bits; for signing, P-256, P-384 or P-521 will do too");
    }
    refuse(files.key.place, key + " holds no private key that can be read",
           "it must hold one unencrypted private key in PEM (openssl pkey -in FILE -out NEW)");
}

}  // namespace

void write_new_file(const Placed<fs::path>& file, std::string_view octets, mode_t mode) {
    OwnedFolder(folder_of(file.value), file.place).write_new(file.value.filename(), octets, mode);
}

std::variant<std::string, Unreadable> octets_of(const fs::path& file, std::size_t max_octets) {
    const std::string what = "can't read " + shown(file.string());
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened.is_open()) {
        return Unreadable{what + " (" + reason(errno) + ")", "check the path, and that this process may read it"};
    }
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return Unreadable{what + " (not a regular file)", "name a file"};
    }
    std::string octets(max_octets + 1, '\0');
    std::size_t size = 0;
    while (size < octets.size()) {
        const ssize_t count = ::read(opened.get(), octets.data() + size, octets.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Unreadable{what + " (" + reason(errno) + ")", "check the disk"};
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > max_octets) {
        return Unreadable{shown(file.string()) + " is larger than " + std::to_string(max_octets) + " octets",
                          "name the right file", Unreadable::Kind::too_large};
    }
    octets.resize(size);
    return octets;
}

std::string read_file(const fs::path& file, std::size_t max_octets, const Place& place, std::string_view key) {
    auto octets = octets_of(file, max_octets);
    if (const auto* why = std::get_if<Unreadable>(&octets))
        refuse(place, std::string(key) + ": " + why->what, why->mend);
    return std::get<std::string>(std::move(octets));
}

bool exist(const KeyPairFiles& files) {
    const bool has_key = exists(files.key);
    if (const bool has_certificate = exists(files.certificate); has_key != has_certificate) {
        const Placed<fs::path>& missing = has_key ? files.certificate : files.key;
        const Placed<fs::path>& present = has_key ? files.key : files.certificate;
        refuse(missing.place,
               shown(missing.value.string()) + " doesn't exist, but its other half " + shown(present.value.string()) +
                   " does",
               "put it back, or move the other half away so that both are made anew");
    }
    return has_key;
}

KeyPair load_key_pair(const KeyPairFiles& files, const saml::EntityID& owner, Instant now,
                      std::vector<std::string>& notes) {
    if (!exist(files)) generate(files, owner, now, notes);

    saml::WipedText private_key(read_key_file(files.key, std::string(files.purpose) + "_key"));
    auto pair = saml::SigningKey::parse(private_key.text,
                                        read_key_file(files.certificate, std::string(files.purpose) + "_certificate"));
    if (!pair) refuse_pair(files, pair.error());
    note_readable_by_others(files.key.value, "private key", files.key.place, notes);
    note_certificate_age(pair->certificate(), files.certificate.place,
                         "our " + std::string(files.purpose) + " certificate", now, notes);
    return {*std::move(pair), std::move(private_key)};
}

std::string default_common_name(const saml::EntityID& owner) {
    std::string_view text = owner.str();
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    return std::string(text.substr(0, std::min<std::size_t>(text.find('/'), 64)));
}

saml::Certificate load_certificate(const Placed<fs::path>& file, std::string_view purpose, Instant now,
                                   std::vector<std::string>& notes) {
    auto certificate = saml::Certificate::parse(read_key_file(file, purpose));
    if (!certificate) {
        refuse(file.place, shown(file.value.string()) + " holds no certificate",
               "it must hold one certificate in PEM or DER, and nothing else");
    }
    note_certificate_age(*certificate, file.place, "the certificate in " + shown(file.value.string()), now, notes);
    return *std::move(certificate);
}

void note_certificate_age(const saml::Certificate& certificate, const Place& place, std::string_view whose, Instant now,
                          std::vector<std::string>& notes) {
    std::string state;
    if (certificate.not_before() > now) {
        state = "isn't valid before " + saml::format_instant(certificate.not_before());
    } else if (certificate.not_after() <= now) {
        state = "has expired at " + saml::format_instant(certificate.not_after());
    } else if (certificate.not_after() <= now + ageing) {
        state = "will expire at " + saml::format_instant(certificate.not_after());
    } else {
        return;
    }
    notes.push_back(
        note_at(place, std::string(whose) + " " + state +
                           ": its key still counts here, but other software may refuse it; plan a new one"));
}

void note_readable_by_others(const fs::path& file, std::string_view secret, const Place& place,
                             std::vector<std::string>& notes) {
    std::error_code error;
    const fs::perms mode = fs::status(file, error).permissions();
    if (error || (mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none) return;
    notes.push_back(note_at(place, "others may read the " + std::string(secret) + " in " + shown(file.string()) +
                                       "; mend it with chmod 600"));
}

std::string load_password(const Placed<std::filesystem::path>& file, std::string_view key,
                          std::vector<std::string>& notes) {
    constexpr std::size_t max_password_octets = 4096;
    const std::string octets = read_file(file.value, max_password_octets, file.place, key);
    std::string password = octets.substr(0, octets.find_first_of("\r\n"));
    if (password.empty() || password.find('\0') != std::string::npos) {
        refuse(file.place, "the first line of " + shown(file.value.string()) + " is no password",
               "write the password there, and nothing else");
    }
    note_readable_by_others(file.value, "password", file.place, notes);
    return password;
}

std::vector<std::string> load_secret_keys(const std::vector<Placed<fs::path>>& files, MissingKeys policy,
                                          std::vector<std::string>& notes) {
    std::vector<const Placed<fs::path>*> missing;
    for (const auto& file : files) {
        if (!exists(file)) missing.push_back(&file);
    }
    if (missing.size() == files.size() && policy == MissingKeys::refused) {
        refuse(missing.front()->place, "there are no keys of the shared store yet",
               "start the endpoint once, or copy them from another node");
    }
    if (missing.size() == files.size()) {
        generate_secret_keys(files, notes);
    } else if (!missing.empty()) {
        const auto& file = *missing.front();
        refuse(file.place, shown(file.value.string()) + " doesn't exist, but other keys of the shared store do",
               "copy it from another node (only a new sealing key is made (openssl rand -hex 32 > FILE), once for all "
               "nodes)");
    }
    std::vector<std::string> keys;
    for (const auto& file : files) {
        keys.push_back(read_secret_key(file, "a shared store"));
        if (std::find(keys.begin(), keys.end() - 1, keys.back()) != keys.end() - 1) {
            refuse(file.place, shown(file.value.string()) + " holds the same key as another file",
                   "give each of them a key of its own (openssl rand -hex 32 > FILE)");
        }
        note_readable_by_others(file.value, "key", file.place, notes);
    }
    return keys;
}

std::string load_own_secret(const Placed<fs::path>& file, MissingKeys policy, std::vector<std::string>& notes) {
    if (!exists(file)) {
        if (policy == MissingKeys::refused)
            refuse(file.place, "there is no key for sign-ons yet", "start the endpoint once");
        generate_secret_key(file);
        notes.push_back(
            note_at(file.place, "made a new key for sign-ons (mode 0600) in " + shown(file.value.string())));
    }
    std::string key = read_secret_key(file, "sign-ons");
    note_readable_by_others(file.value, "key", file.place, notes);
    return key;
}

}  // namespace slo::sp
