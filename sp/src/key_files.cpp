#include "key_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "slo/saml/error.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_key_octets = 64 * 1024;
/// The certificate only carries the key (metadata is the trust), and replacing it means work at every IdP.
constexpr std::chrono::days generated_lifetime{3652};
constexpr std::chrono::days ageing{30};

/// File closes its descriptor.
class File {
public:
    explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const noexcept { return descriptor_; }
    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

private:
    int descriptor_;
};

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

bool write_all(int descriptor, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t written = ::write(descriptor, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(descriptor) == 0;
}

/// Creates `file`, which must not exist: nobody's key is ever overwritten. A file half written is removed again.
void write_new_file(const Placed<fs::path>& file, std::string_view octets, mode_t mode) {
    const File opened(::open(file.value.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!opened.is_open()) {
        refuse(file.place, "can't create " + shown(file.value.string()) + " (" + reason(errno) + ")",
               "create its folder and make it writable for this process, or put a key there yourself");
    }
    if (write_all(opened.get(), octets)) return;
    const int error = errno;
    ::unlink(file.value.c_str());
    refuse(file.place, "can't write " + shown(file.value.string()) + " (" + reason(error) + ")",
           "make room on the disk");
}

/// The certificate's common name, for people who look at it: the entityID, shortened to what X.509 allows.
std::string common_name(const saml::EntityID& owner) {
    std::string_view text = owner.str();
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    return std::string(text.substr(0, std::min<std::size_t>(text.find('/'), 64)));
}

/// RSA-2048 and not P-256: Lasso and what is built on it (LemonLDAP::NG, Authentic2) can't verify ECDSA.
void generate(const KeyPairFiles& files, const saml::EntityID& owner, Instant now, std::vector<std::string>& notes) {
    const auto made = saml::generate_key(saml::KeyKind::rsa_2048, common_name(owner), now, generated_lifetime);
    if (!made)
        refuse(files.key.place, "can't make a key (" + made.error().code.message() + ")", "see openssl's set-up");
    write_new_file(files.key, made->private_key_pem, 0600);
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

[[noreturn]] void refuse_pair(const KeyPairFiles& files, const Failure& failure) {
    const std::string key = shown(files.key.value.string());
    const std::string certificate = shown(files.certificate.value.string());
    if (saml::is(failure, saml::Errc::key_mismatch)) {
        refuse(files.certificate.place, certificate + " isn't the certificate of the key in " + key,
               "name the two that belong together");
    }
    if (saml::is(failure, saml::Errc::certificate_unreadable)) {
        refuse(files.certificate.place, certificate + " holds no certificate",
               "it must hold one certificate in PEM, and nothing else");
    }
    if (saml::is(failure, saml::Errc::key_not_allowed)) {
        refuse(files.key.place, "the key in " + key + " is too weak or of a kind that isn't used",
               "use RSA of 2048 to 8192 bits; for signing, P-256, P-384 or P-521 will do too");
    }
    refuse(files.key.place, key + " holds no private key that can be read",
           "it must hold one unencrypted private key in PEM (openssl pkey -in FILE -out NEW)");
}

}  // namespace

std::string read_file(const fs::path& file, std::size_t max_octets, const Place& place, std::string_view key) {
    const std::string what = std::string(key) + ": can't read " + shown(file.string());
    const File opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened.is_open()) {
        refuse(place, what + " (" + reason(errno) + ")", "check the path, and that this process may read it");
    }
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        refuse(place, what + " (not a regular file)", "name a file");
    }
    std::string octets(max_octets + 1, '\0');
    std::size_t size = 0;
    while (size < octets.size()) {
        const ssize_t count = ::read(opened.get(), octets.data() + size, octets.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuse(place, what + " (" + reason(errno) + ")", "check the disk");
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > max_octets) {
        refuse(place, shown(file.string()) + " is larger than " + std::to_string(max_octets) + " octets",
               "name the right file");
    }
    octets.resize(size);
    return octets;
}

KeyPair load_key_pair(const KeyPairFiles& files, const saml::EntityID& owner, Instant now,
                      std::vector<std::string>& notes) {
    const bool has_key = exists(files.key);
    if (const bool has_certificate = exists(files.certificate); has_key != has_certificate) {
        const Placed<fs::path>& missing = has_key ? files.certificate : files.key;
        const Placed<fs::path>& present = has_key ? files.key : files.certificate;
        refuse(missing.place,
               shown(missing.value.string()) + " doesn't exist, but its other half " + shown(present.value.string()) +
                   " does",
               "put it back, or move the other half away so that both are made anew");
    }
    if (!has_key) generate(files, owner, now, notes);

    std::string private_key = read_key_file(files.key, std::string(files.purpose) + "_key");
    auto pair = saml::SigningKey::parse(private_key,
                                        read_key_file(files.certificate, std::string(files.purpose) + "_certificate"));
    if (!pair) refuse_pair(files, pair.error());
    note_readable_by_others(files.key.value, files.key.place, notes);
    note_certificate_age(pair->certificate(), files.certificate.place,
                         "our " + std::string(files.purpose) + " certificate", now, notes);
    return {*std::move(pair), std::move(private_key)};
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

void note_readable_by_others(const fs::path& file, const Place& place, std::vector<std::string>& notes) {
    std::error_code error;
    const fs::perms mode = fs::status(file, error).permissions();
    if (error || (mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none) return;
    notes.push_back(
        note_at(place, "others may read the private key in " + shown(file.string()) + "; mend it with chmod 600"));
}

}  // namespace slo::sp
