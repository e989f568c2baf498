// Any query is refused or has one message, whose signature is asked over octets that came; and each message and
// RelayState comes back from a query of ours as it was. An input that begins with '<' is put into a query first.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "deflate.hpp"
#include "fuzz.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/redirect.hpp"

namespace {

using namespace slo;
using namespace slo::saml;

const SigningKey& key() {
    static const SigningKey made = [] {
        const auto pem =
            generate_key(KeyKind::ec_p256, "fuzz", parse_instant("2030-01-15T10:00:00Z").value(), std::chrono::days(1))
                .value();
        return SigningKey::parse(pem.private_key_pem, pem.certificate_pem).value();
    }();
    return made;
}

std::vector<std::string_view> segments(std::string_view query) {
    std::vector<std::string_view> found;
    while (true) {
        const auto end = query.find('&');
        found.push_back(query.substr(0, end));
        if (end == std::string_view::npos) return found;
        query.remove_prefix(end + 1);
    }
}

std::ptrdiff_t count(const std::vector<std::string_view>& all, std::string_view name) {
    return std::ranges::count_if(all, [&](std::string_view one) { return one.starts_with(name); });
}

/// '+' escaped, as a sender has to.
std::string in_query(std::string_view xml) {
    std::string query = "SAMLRequest=";
    for (const char c : encode_base64(deflated(xml))) query += c == '+' ? std::string("%2B") : std::string(1, c);
    return query;
}

void check_echo(const redirect::RelayState& state) {
    const LogoutRequest request{
        .id = MessageID::parse("_m1").value(),
        .version = {},
        .issue_instant = parse_instant("2030-01-15T10:00:00Z").value(),
        .destination = "https://idp.example.com/slo",
        .consent = {},
        .issuer = EntityID::parse("https://sp.example.com/").value(),
        .identifier =
            NameID{.value = "alice", .format = {}, .name_qualifier = {}, .sp_name_qualifier = {}, .sp_provided_id = {}},
        .session_indexes = {},
        .not_on_or_after = {},
        .reason = {}};
    const auto sent = redirect::encode(request, state, key());
    fuzz::require(sent.has_value() == (state.octets().size() <= redirect::max_echoed_relay_state_octets));
    if (!sent) return;
    auto back = redirect::decode(sent->url().substr(sent->url().find('?') + 1)).value();
    fuzz::require(state.raw().empty() ? !back.relay_state : back.relay_state->raw() == state.raw());
    const Expectations expected{.issuer = request.issuer,
                                .destinations = {EndpointUrl::parse(*request.destination).value()},
                                .now = request.issue_instant,
                                .algorithms = {}};
    const std::vector keys{VerificationKey::from(key().certificate()).value()};
    const auto unverified = UnverifiedLogoutRequest::parse(back.message).value();
    fuzz::require(MessageVerifier::verify(unverified, back.signature, keys, expected).has_value());
}

void check_query(std::string_view query) {
    auto read = redirect::decode(query);
    if (!read) return;
    const auto all = segments(query);
    fuzz::require(count(all, "SAMLRequest=") == (read->kind == redirect::Kind::request ? 1 : 0));
    fuzz::require(count(all, "SAMLResponse=") == (read->kind == redirect::Kind::response ? 1 : 0));
    fuzz::require(count(all, "RelayState=") == (read->relay_state ? 1 : 0));
    const std::string signed_octets = read->signature.signed_octets();
    for (const std::string_view one : segments(signed_octets)) {
        fuzz::require(one.empty() || std::ranges::find(all, one) != all.end());
    }
    if (read->relay_state) check_echo(*read->relay_state);

    const Expectations expected{.issuer = EntityID::parse("urn:nobody").value(),
                                .destinations = {},
                                .now = parse_instant("2030-01-15T10:00:00Z").value(),
                                .algorithms = {}};
    if (const auto request = UnverifiedLogoutRequest::parse(read->message)) {
        fuzz::require(!MessageVerifier::verify(*request, {}, expected));
        fuzz::require(!MessageVerifier::verify(*request, read->signature, {}, expected));
    } else if (const auto response = UnverifiedLogoutResponse::parse(read->message)) {
        fuzz::require(!MessageVerifier::verify(*response, {}, response->claimed_id(), expected));
        fuzz::require(!MessageVerifier::verify(*response, read->signature, {}, response->claimed_id(), expected));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view(data, size);
    fuzz::require(inflated(deflated(input), size).value() == input);
    const auto other = inflated(input, 4096);
    fuzz::require(!other || other->size() <= 4096);
    check_query(input.starts_with('<') ? in_query(input) : std::string(input));
    return 0;
}
