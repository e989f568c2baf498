#include "authorities.hpp"

#include <openssl/ssl.h>  // digests and the places of the CAs, too

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <vector>

#include "slo/idp_adapter/http_client.hpp"

namespace slo::idp_adapter {
namespace {

namespace fs = std::filesystem;

class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new()) {
        if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
    }
    void add(std::string_view octets) {
        if (EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) != 1) throw std::bad_alloc();
    }
    [[nodiscard]] std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) throw std::bad_alloc();
        std::string text;
        for (unsigned i = 0; i < size; ++i) {
            text += "0123456789abcdef"[digest[i] >> 4U];
            text += "0123456789abcdef"[digest[i] & 0xFU];
        }
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* context) { EVP_MD_CTX_free(context); })> context_;
};

/// False: it can't be read.
bool add_file(Sha256& hash, const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return false;
    std::array<char, 4096> buffer;
    while (in.read(buffer.data(), buffer.size()) || in.gcount() != 0) {
        hash.add({buffer.data(), static_cast<std::size_t>(in.gcount())});
    }
    return in.eof();
}

/// OpenSSL looks for an issuer's CA under the hash of its name and a number: "5ad8a5d6.0".
bool is_of_authority(std::string_view name) {
    return name.size() > 9 && name[8] == '.' &&
           name.substr(0, 8).find_first_not_of("0123456789abcdef") == std::string_view::npos &&
           name.substr(9).find_first_not_of("0123456789") == std::string_view::npos;
}

void add_folder(Sha256& hash, const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (is_of_authority(entry->path().filename().string())) files.push_back(entry->path());
    }
    std::ranges::sort(files);
    for (const fs::path& file : files) {
        hash.add(file.filename().string() + "\n");
        add_file(hash, file);
    }
}

/// As OpenSSL does it: of the environment, else of its own.
std::string place(const char* variable, const char* usual) {
    const char* const given = ::secure_getenv(variable);
    return given != nullptr ? given : usual;
}

/// What is missing there is no CA.
std::string hash_of_system() {
    Sha256 hash;
    add_file(hash, place(X509_get_default_cert_file_env(), X509_get_default_cert_file()));
    std::string folders = place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    while (!folders.empty()) {
        const std::string folder = folders.substr(0, folders.find(':'));
        add_folder(hash, folder);
        folders.erase(0, folder.size() + 1);
    }
    return hash.hex();
}

}  // namespace

Result<std::string> hash_of_authorities(const PeerTrust& peer) {
    if (std::holds_alternative<PinnedPublicKeys>(peer)) return std::string();
    const auto* const own = std::get_if<CertificatesOf>(&peer);
    if (own == nullptr) return hash_of_system();
    Sha256 hash;
    if (add_file(hash, own->ca_file)) return hash.hex();
    return fail(HttpErrc::client_setup, "the CA certificates in " + own->ca_file.string() +
                                            " can't be read: check the path and its permissions; it must be PEM");
}

}  // namespace slo::idp_adapter
