// A changed Response never signs on anyone but the principal whom an IdP's signature covers. The way is a browser's:
// form, UnverifiedResponse, ResponseVerifier, judge. What verifies has the canonical octets that were signed, and says
// what they said. An input that begins with '<' is put into a form first. Originals are the signed Responses of other
// software among the fixtures.
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "canonical_message.hpp"
#include "fixtures.hpp"
#include "fuzz.hpp"
#include "slo/saml/assertion_judge.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/response_verifier.hpp"

namespace {

using namespace slo;
using namespace slo::saml;

/// Each IdP with the key that counts for it.
struct Partner {
    EntityID issuer;
    std::vector<VerificationKey> keys;
};

Partner partner(std::string_view issuer, const std::string& folder) {
    const auto parsed = Certificate::parse(test::fixture("sign-on/" + folder + "/idp.crt.pem")).value();
    return {EntityID::parse(issuer).value(), {VerificationKey::from(parsed).value()}};
}

const Partner* partner_named(const EntityID& issuer) {
    static const std::vector<Partner> all{
        partner("http://127.0.0.1:29800/realms/r1", "keycloak"),
        partner("https://idp-lasso.example.org/metadata", "lasso"),
        partner("https://idp-pysaml2.example.org/metadata", "pysaml2"),
        partner("https://idp-samlify.example.org/metadata", "samlp"),
        partner("http://idp-ssp.example.org:29820/saml2/idp/metadata.php", "simplesamlphp"),
    };
    const auto found = std::ranges::find(all, issuer, &Partner::issuer);
    return found == all.end() ? nullptr : &*found;
}

const std::vector<DecryptionKey>& our_keys() {
    static const std::vector<DecryptionKey> keys = [] {
        std::vector<DecryptionKey> made;
        made.push_back(DecryptionKey::parse(test::fixture("sp/sp.key.pem")).value());
        return made;
    }();
    return keys;
}

constexpr AlgorithmPolicy tolerant{.sha1 = AlgorithmPolicy::Sha1::dangerously_accepted,
                                   .cbc = AlgorithmPolicy::Cbc::accepted_once_authenticated};

const EntityID& us() {
    static const auto id = EntityID::parse("https://sp.example.com/saml/metadata").value();
    return id;
}
const EndpointUrl& our_url() {
    static const auto url = EndpointUrl::parse("https://sp.example.com/saml/acs").value();
    return url;
}

/// Content is a text of all fields, each with its length in front: two contents are the same if their texts are.
class Content {
public:
    template <class... Fields>
    static std::string of(const Fields&... fields) {
        Content content;
        (content.put(fields), ...);
        return std::move(content.text_);
    }

private:
    void put(const std::string& field) { text_ += std::to_string(field.size()) + ":" + field; }
    void put(std::size_t number) { text_ += std::to_string(number) + ";"; }
    void put(Instant time) { put(format_instant(time)); }
    void put(const MessageID& id) { put(id.str()); }
    void put(const EntityID& id) { put(id.str()); }
    void put(const SessionIndex& index) { put(index.str()); }
    template <class T>
    void put(const std::optional<T>& field) {
        text_ += field ? "+" : "-";
        if (field) put(*field);
    }
    template <class T>
    void put(const std::vector<T>& all) {
        put(all.size());
        for (const T& one : all) put(one);
    }
    template <class... T>
    void put(const std::variant<T...>& one) {
        put(one.index());
        std::visit([this](const auto& it) { put(it); }, one);
    }
    template <class... Fields>
    void put_all(const Fields&... fields) {
        (put(fields), ...);
    }
    void put(const NameID& id) {
        put_all(id.value, id.format, id.name_qualifier, id.sp_name_qualifier, id.sp_provided_id);
    }
    void put(const EncryptedID& id) {
        put_all(id.algorithm, id.ciphertext, id.keys.size());
        for (const auto& key : id.keys) put_all(key.algorithm, key.ciphertext, key.oaep_params);
    }
    void put(const BaseID&) {}
    void put(const SubjectConfirmation& one) {
        put_all(one.method, one.not_before, one.not_on_or_after, one.recipient, one.in_response_to, one.address);
    }
    void put(const Subject& subject) { put_all(subject.identifier, subject.confirmations); }
    void put(const Conditions& all) {
        put_all(all.not_before, all.not_on_or_after, all.audience_restrictions, all.one_time_uses,
                all.proxy_restrictions, all.unknown);
    }
    void put(const AuthnStatement& one) {
        put_all(one.authn_instant, one.session_index, one.session_not_on_or_after, one.context_class,
                one.authenticating_authorities);
    }
    void put(const Attribute& one) { put_all(one.name, one.name_format, one.values, one.unread_values); }

    std::string text_;
};

std::string describe(const Response& response) {
    return Content::of(response.id, response.issue_instant, response.destination, response.in_response_to,
                       response.issuer, std::string(uri(response.status.code)), response.status.message,
                       response.status.nested);
}
std::string describe(const Assertion& assertion) {
    return Content::of(assertion.id, assertion.issue_instant, assertion.issuer, assertion.subject, assertion.conditions,
                       assertion.authn_statements, assertion.attributes, assertion.encrypted_attributes);
}
std::string describe(const SignedOnPrincipal& principal) {
    return Content::of(principal.idp(), principal.name_id(), principal.assertion_id(), principal.authentication(),
                       principal.attributes());
}

/// What a message proves. Each part is absent where it proves nothing of it.
struct Proven {
    std::optional<std::string> response;
    std::optional<std::string> assertion;
    std::optional<std::string> principal;
    bool operator==(const Proven&) const = default;
};

/// The message of a body that was accepted, as text.
std::string message_in(std::string_view body) {
    const auto fields = form::parse_fields(body);
    for (const form::Field& field : *fields) {
        if (field.name == "SAMLResponse") return decode_base64(field.value, response_limits.octets).value();
    }
    return {};
}

/// The ID of the request that it claims to answer, if there is one.
std::optional<MessageID> claimed_request(const std::string& xml) {
    const auto document = xml::Document::parse(xml, response_limits);
    const auto claimed = document.value().root().attribute("InResponseTo");
    const auto id = MessageID::parse(claimed.value_or(""));
    return id ? std::optional(*id) : std::nullopt;
}

/// The request that a Response claims to answer counts as ours, so that this much can't save a changed message.
Proven proven_by(std::string_view body) {
    auto posted = form::decode_response(body, response_limits);
    if (!posted) return {};
    const auto unverified = UnverifiedResponse::parse(posted->message);
    if (!unverified) return {};
    const Partner* idp = partner_named(unverified->claimed_issuer());
    if (idp == nullptr) return {};
    const auto request_id = claimed_request(message_in(body));
    const auto verified = ResponseVerifier::verify(*unverified, idp->keys,
                                                   {.issuer = idp->issuer,
                                                    .our_entity_id = us(),
                                                    .assertion_consumer_service = our_url(),
                                                    .request_id = request_id,
                                                    .algorithms = tolerant,
                                                    .decryption_keys = our_keys()});
    if (!verified) return {};
    Proven proven;
    if (verified->response) proven.response = describe(**verified->response);
    if (!verified->assertion) return proven;
    proven.assertion = describe(**verified->assertion);
    // The fixtures are of different days, and all of them count.
    const auto principal = judge(*verified->assertion, {.our_entity_id = us(),
                                                        .assertion_consumer_service = our_url(),
                                                        .request_id = request_id,
                                                        .now = parse_instant("2030-01-15T10:00:00Z").value(),
                                                        .clock_skew = std::chrono::days(365 * 50),
                                                        .authenticated_since = {},
                                                        .authn_contexts = {},
                                                        .name_id_format = {},
                                                        .algorithms = tolerant,
                                                        .decryption_keys = our_keys()});
    if (principal) proven.principal = describe(*principal);
    return proven;
}

std::string form_of(std::string_view xml) {
    return "SAMLResponse=" + form::escape(encode_base64(xml));
}

/// The signed content: canonical octets, and what is read from them. What was encrypted has no octets here.
struct Originals {
    std::map<std::string, Proven> responses;
    std::map<std::string, Proven> assertions;
    std::set<std::string> encrypted;
    std::set<std::string> principals;
};

void add(Originals& originals, const std::string& xml) {
    const Proven proven = proven_by(form_of(xml));
    if (proven.response) originals.responses[fuzz::canonical_response(xml)] = proven;
    if (proven.principal) originals.principals.insert(*proven.principal);
    if (!proven.assertion) return;
    const std::string octets = fuzz::canonical_assertion(xml);
    if (octets.empty()) originals.encrypted.insert(*proven.assertion);
    originals.assertions[octets] = proven;
}

Originals make_originals() {
    namespace fs = std::filesystem;
    Originals originals;
    for (const std::string folder : {"keycloak", "lasso", "pysaml2", "samlp", "simplesamlphp"}) {
        for (const auto& entry : fs::directory_iterator(test::fixture_path("sign-on/" + folder))) {
            const std::string path = entry.path().string();
            if (path.ends_with(".xml")) add(originals, test::read_file(path));
        }
    }
    // Each kind must verify, or the property would be empty.
    fuzz::require(originals.responses.size() >= 20 && originals.assertions.size() >= 20 &&
                  originals.encrypted.size() >= 5 && originals.principals.size() >= 14);
    return originals;
}

void check(std::string_view body, const Originals& originals) {
    const Proven proven = proven_by(body);
    fuzz::require(proven_by(body) == proven);
    fuzz::require(!proven.principal || proven.assertion);
    fuzz::require(!proven.principal || originals.principals.contains(*proven.principal));
    if (!proven.response && !proven.assertion) return;
    const std::string xml = message_in(body);
    if (proven.response) {
        const auto original = originals.responses.find(fuzz::canonical_response(xml));
        fuzz::require(original != originals.responses.end() && original->second == proven);
        return;
    }
    const std::string octets = fuzz::canonical_assertion(xml);
    if (octets.empty()) {
        fuzz::require(originals.encrypted.contains(*proven.assertion));
        return;
    }
    const auto original = originals.assertions.find(octets);
    fuzz::require(original != originals.assertions.end() && original->second.assertion == proven.assertion);
    fuzz::require(!proven.principal || original->second.principal == proven.principal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Originals originals = make_originals();
    const auto input = fuzz::view(data, size);
    check(input.starts_with('<') ? form_of(input) : std::string(input), originals);
    return 0;
}
