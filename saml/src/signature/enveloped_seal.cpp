#include "enveloped_seal.hpp"

#include "digest.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

/// Tags writes the elements of one namespace. None of the values needs escaping: URIs of ours, base64, an NCName.
class Tags {
public:
    explicit Tags(std::string_view prefix) : prefix_(prefix) {}

    [[nodiscard]] std::string open(std::string_view local) const { return start(local) + ">"; }
    [[nodiscard]] std::string open_declared(std::string_view local) const {
        return start(local).append(" xmlns:").append(prefix_).append("=\"").append(vocabulary::ds).append("\">");
    }
    [[nodiscard]] std::string open_with(std::string_view local, std::string_view attribute,
                                        std::string_view value) const {
        return start(local).append(" ").append(attribute).append("=\"").append(value).append("\">");
    }
    [[nodiscard]] std::string close(std::string_view local) const {
        return std::string("</").append(prefix_).append(":").append(local).append(">");
    }
    /// An empty element with an Algorithm.
    [[nodiscard]] std::string algorithm(std::string_view local, std::string_view uri) const {
        return open_with(local, "Algorithm", uri) + close(local);
    }

private:
    [[nodiscard]] std::string start(std::string_view local) const {
        return std::string("<").append(prefix_).append(":").append(local);
    }
    std::string_view prefix_;
};

std::string signed_info(const Tags& ds, SignatureAlgorithm algorithm, const std::string& id,
                        const std::string& digest_value) {
    std::string text;
    text.reserve(1024);
    text += ds.open_declared("SignedInfo");
    text += ds.algorithm("CanonicalizationMethod", vocabulary::exc_c14n);
    text += ds.algorithm("SignatureMethod", uri(algorithm));
    text += ds.open_with("Reference", "URI", "#" + id);
    text += ds.open("Transforms");
    text += ds.algorithm("Transform", vocabulary::enveloped_signature);
    text += ds.algorithm("Transform", vocabulary::exc_c14n);
    text += ds.close("Transforms");
    text += ds.algorithm("DigestMethod", uri(digest_of(algorithm)));
    text += ds.open("DigestValue") + encode_base64(digest_value) + ds.close("DigestValue");
    text += ds.close("Reference");
    text += ds.close("SignedInfo");
    return text;
}

}  // namespace

Result<std::string> seal(const SigningKey& key, const std::string& key_info, const MessageID& id,
                         std::string_view before, std::string_view after, std::string_view ds) {
    const Tags tags(ds);
    const SignatureAlgorithm algorithm = key.algorithm();
    DigestStream hashed(digest_of(algorithm));
    hashed.add(before);
    hashed.add(after);
    const std::string digest_value = hashed.finish();
    if (digest_value.empty()) return fail(KeyErrc::crypto_failure, "digest");
    const std::string info = signed_info(tags, algorithm, id.str(), digest_value);
    const auto value = key.sign(info);
    if (!value) return value.error();

    std::string octets;
    octets.reserve(before.size() + after.size() + info.size() + key_info.size() + value->size() * 2);
    octets += before;
    octets += tags.open_declared("Signature");
    octets += info;
    octets += tags.open("SignatureValue");
    octets += encode_base64(*value);
    octets += tags.close("SignatureValue");
    octets += key_info;
    octets += tags.close("Signature");
    octets += after;
    return octets;
}

std::string key_info_of(const Certificate& certificate, std::string_view ds) {
    const Tags tags(ds);
    return tags.open("KeyInfo") + tags.open("X509Data") + tags.open("X509Certificate") + certificate.base64() +
           tags.close("X509Certificate") + tags.close("X509Data") + tags.close("KeyInfo");
}

}  // namespace slo::saml
