#include "config_profile.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "config_client.hpp"
#include "config_sections.hpp"
#include "content_type.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/saml/form.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using idp_adapter::ContentType;
using idp_adapter::InteropProfile;
using idp_adapter::OutgoingRules;
using idp_adapter::Wire;

constexpr std::string_view logout_keys[] = {
    "content_type", "session_indexes", "validity",           "asynchronous",        "success_is_proof",
    "ca",           "pinned_tls_keys", "client_certificate", "client_key",          "extra_reply_types",
    "basic_user",   "proxy",           "proxy_user",         "basic_password_file", "proxy_password_file",
    "timeout",      "allow_http"};

constexpr std::string_view sign_on_keys[] = {
    "signature_on",   "unsolicited",         "request_binding", "name_id_policy", "name_id",
    "authn_contexts", "force_authn_trusted", "destination",     "max_window",     "cbc"};

InteropProfile named_profile(const ConfigTable& table) {
    const auto name = table.text("profile");
    if (!name) return {};
    if (auto found = idp_adapter::preset(name->value)) return *std::move(found);
    std::string all;
    for (const auto& known : idp_adapter::preset_names()) all.append(all.empty() ? "" : ", ").append(shown(known));
    refuse(name->place, "profile can't be " + shown(name->value), "write one of " + all);
}

/// Media types without parameters, in lower case.
void read_types(const ConfigTable& table, std::string_view key, std::vector<std::string>& types) {
    if (!table.has(key)) return;
    types.clear();
    for (const auto& text : table.texts(key)) {
        const auto type = ContentType::parse(text.value);
        const bool is_plain = type && text.value.find_first_of("; \t") == std::string::npos;
        if (!is_plain || type->media_type == saml::form::media_type) {
            refuse(text.place, std::string(key) + ": " + shown(text.value) + " is no media type of SOAP",
                   "write e.g. \"application/soap+xml\", without parameters");
        }
        types.push_back(type->media_type);
    }
}

void read_wires(const ConfigTable& table, std::set<Wire>& wires) {
    if (!table.has("wires")) return;
    wires.clear();
    for (const auto& text : table.texts("wires")) {
        if (text.value == "soap") {
            wires.insert(Wire::soap);
        } else if (text.value == "form") {
            wires.insert(Wire::form);
        } else if (text.value == "form_with_envelope") {
            wires.insert(Wire::form_with_envelope);
        } else if (text.value == "form_in_query") {
            wires.insert(Wire::form_in_query);
        } else if (text.value == "form_logout_request") {
            wires.insert(Wire::form_logout_request);
        } else if (text.value == "redirect") {
            wires.insert(Wire::redirect);
        } else if (text.value == "post") {
            wires.insert(Wire::post);
        } else {
            refuse(text.place, "wires: " + shown(text.value) + " is none",
                   R"(write some of "soap", "form", "form_with_envelope", "form_in_query", "form_logout_request", )"
                   R"("redirect", "post")");
        }
    }
    if (wires.empty()) refuse(table.place_of("wires"), "wires is empty: no logout could arrive", "write [\"soap\"]");
}

/// A password can be tried by any client that reaches us, so it must not be guessable.
constexpr std::size_t shortest_password = 16;

void read_password(const ConfigTable& table, const ProfileSurroundings& surroundings,
                   idp_adapter::AcceptedAuthentication& accepted, std::vector<std::string>& notes) {
    const HttpServerOptions& server = surroundings.server;
    const Place place = table.place_of("accepted_authentication");
    auto account = read_credentials(table, surroundings.folder, "sender_user", "sender_password_file", notes);
    if (!account) {
        refuse(place, "\"http_basic\" without sender_user",
               "name the account that the IdP uses here, and its password's file");
    }
    if (account->password.size() < shortest_password) {
        refuse(table.place_of("sender_password_file"), "the password has fewer than 16 octets",
               "whoever reaches the endpoint can try: write a random one, e.g. of openssl rand -base64 24");
    }
    const bool is_exposed = std::ranges::any_of(surroundings.destinations, [](const saml::EndpointUrl& url) {
        const auto parts = idp_adapter::parts_of(url);
        return parts.scheme != "https" && !idp_adapter::is_loopback(parts.host);
    });
    if (is_exposed) {
        refuse(place, "\"http_basic\" beside a URL of ours that is plain http",
               "the password would be readable on the way: write https:// in [sp]");
    }
    if (!server.tls && !idp_adapter::is_loopback(server.address)) {
        refuse(place, "\"http_basic\" without TLS",
               "the password would be readable on the way: add [server.tls], or listen "
               "on 127.0.0.1 behind a proxy that speaks TLS");
    }
    accepted.basic = *std::move(account);
}

void read_accepted_authentication(const ConfigTable& table, const ProfileSurroundings& surroundings,
                                  idp_adapter::AcceptedAuthentication& accepted, std::vector<std::string>& notes) {
    using TlsClientKey = idp_adapter::AcceptedAuthentication::TlsClientKey;
    constexpr std::string_view key = "accepted_authentication";
    std::set<std::string> ways = {"xml_signature"};
    if (table.has(key)) ways.clear();
    for (const auto& text : table.texts(key)) {
        if (text.value != "xml_signature" && text.value != "tls_client_key" && text.value != "http_basic") {
            refuse(text.place, std::string(key) + ": " + shown(text.value) + " is none",
                   R"(write some of "xml_signature", "tls_client_key", "http_basic")");
        }
        ways.insert(text.value);
    }
    if (!ways.contains("xml_signature")) {
        refuse(table.place_of(key), std::string(key) + " without \"xml_signature\"",
               "add it: what is signed is believed for its signature, whatever else is accepted");
    }
    if (ways.contains("tls_client_key")) {
        accepted.tls_client_key = TlsClientKey::accepted;
        const auto& tls = surroundings.server.tls;
        if (!tls || tls->client_certificates == ClientCertificates::none) {
            refuse(table.place_of(key), "\"tls_client_key\", but no client certificate is asked for",
                   "this process must speak TLS itself: write client_certificates = \"any\" in [server.tls]");
        }
    }
    if (ways.contains("http_basic")) return read_password(table, surroundings, accepted, notes);
    if (table.has("sender_user") || table.has("sender_password_file")) {
        refuse(table.place_of(table.has("sender_user") ? "sender_user" : "sender_password_file"),
               "a password that nothing is accepted for",
               R"(write accepted_authentication = ["xml_signature", "http_basic"], or remove it)");
    }
}

void read_receiving(const ConfigTable& table, InteropProfile& profile) {
    using saml::DestinationRule;
    using saml::NameIDMatching;
    profile.destination =
        table.choice("destination", profile.destination,
                     {{"required", DestinationRule::required}, {"optional", DestinationRule::optional}});
    profile.name_id_matching = table.choice("name_id_matching", profile.name_id_matching,
                                            {{"exact", NameIDMatching::exact},
                                             {"default_qualifiers", NameIDMatching::default_qualifiers},
                                             {"value_only", NameIDMatching::value_only},
                                             {"session_index", NameIDMatching::session_index}});
    const bool is_strict = profile.name_id_matching == NameIDMatching::exact ||
                           profile.name_id_matching == NameIDMatching::default_qualifiers;
    if (!is_strict && profile.destination == DestinationRule::optional) {
        const bool by_index = profile.name_id_matching == NameIDMatching::session_index;
        refuse(table.place_of("name_id_matching"),
               "name_id_matching = \"" + std::string(by_index ? "session_index" : "value_only") +
                   "\" beside destination = \"optional\"",
               "keep one of them strict: together, a logout meant for another SP would end sessions here");
    }
    profile.max_age = table.seconds("max_age", profile.max_age, {1s, 24h});
    read_types(table, "extra_content_types", profile.extra_content_types);
    read_wires(table, profile.wires);
    for (const auto& text : table.texts("issuer_aliases"))
        profile.issuer_aliases.push_back(parse_id(text, "issuer_aliases", profile.forms.entity_id));
    using idp_adapter::RepeatRule;
    using idp_adapter::SessionIndexRule;
    profile.session_index =
        table.choice("session_index", profile.session_index,
                     {{"optional", SessionIndexRule::optional}, {"required", SessionIndexRule::required}});
    profile.repeats = table.choice("repeats", profile.repeats,
                                   {{"answer_again", RepeatRule::answer_again}, {"refuse", RepeatRule::refuse}});
}

void read_forms(const ConfigTable& table, saml::MessageForms& forms) {
    using saml::MessageForms;
    if (table.has("opaque_entity_id")) forms.entity_id = entity_id_form(table);
    forms.times = table.choice(
        "times", forms.times,
        {{"utc_with_z", MessageForms::Times::utc_with_z}, {"utc", MessageForms::Times::utc_however_written}});
    forms.empty_qualifiers = table.choice(
        "empty_qualifiers", forms.empty_qualifiers,
        {{"refused", MessageForms::EmptyQualifiers::refused}, {"absent", MessageForms::EmptyQualifiers::absent}});
    forms.issuer_attributes = table.choice(
        "issuer_attributes", forms.issuer_attributes,
        {{"refused", MessageForms::IssuerAttributes::refused}, {"ignored", MessageForms::IssuerAttributes::ignored}});
}

void read_answering(const ConfigTable& table, InteropProfile& profile) {
    using idp_adapter::AsynchronousRule;
    using idp_adapter::FormAnswer;
    using saml::NamespacePrefixes;
    profile.asynchronous =
        table.choice("asynchronous", profile.asynchronous,
                     {{"answer", AsynchronousRule::answer}, {"stay_silent", AsynchronousRule::stay_silent}});
    profile.form_answer =
        table.choice("form_answer", profile.form_answer,
                     {{"empty", FormAnswer::empty}, {"logout_response", FormAnswer::logout_response}});
    profile.prefixes = table.choice("prefixes", profile.prefixes,
                                    {{"usual", NamespacePrefixes::usual}, {"numbered", NamespacePrefixes::numbered}});
}

void read_outgoing(const ConfigTable& table, const fs::path& folder, OutgoingRules& outgoing,
                   std::vector<std::string>& notes) {
    using idp_adapter::AsynchronousRequests;
    using idp_adapter::IndexesSent;
    using idp_adapter::SuccessProves;
    if (const auto type = table.text("content_type")) {
        const auto parsed = ContentType::parse(type->value);
        if (!parsed || !parsed->is_utf8()) {
            refuse(type->place, "content_type can't be " + shown(type->value),
                   "write e.g. \"text/xml; charset=utf-8\": what we send is UTF-8");
        }
        outgoing.content_type = type->value;
    }
    outgoing.session_indexes =
        table.choice("session_indexes", outgoing.session_indexes,
                     {{"all", IndexesSent::all}, {"of_one_session", IndexesSent::of_one_session}});
    outgoing.validity = table.seconds("validity", outgoing.validity, {30s, 24h});
    outgoing.asynchronous = table.choice(
        "asynchronous", outgoing.asynchronous,
        {{"never", AsynchronousRequests::never}, {"where_supported", AsynchronousRequests::where_supported}});
    if (const auto proof = table.flag("success_is_proof")) {
        outgoing.success = proof->value ? SuccessProves::logout : SuccessProves::nothing;
    }
    read_types(table, "extra_reply_types", outgoing.extra_reply_types);
    read_peer(table, folder, outgoing.http, notes);
    read_way(table, folder, outgoing.http, notes);
}

void read_name_id_policy(const ConfigTable& table, idp_adapter::NameIDPolicyRule& rule) {
    using Policy = idp_adapter::NameIDPolicyRule::Policy;
    const auto text = table.text("name_id_policy");
    if (!text) return;
    if (text->value == "omit" || text->value == "any") {
        rule = {.policy = text->value == "omit" ? Policy::omit : Policy::any, .format = {}};
        return;
    }
    if (!saml::is_absolute_uri(text->value)) {
        refuse(text->place, "name_id_policy can't be " + shown(text->value),
               R"(write "omit", "any", or a Format, e.g. "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")");
    }
    rule = {.policy = Policy::this_format, .format = text->value};
}

void read_authn_contexts(const ConfigTable& table, std::vector<std::string>& contexts) {
    if (!table.has("authn_contexts")) return;
    contexts.clear();
    for (const auto& text : table.texts("authn_contexts")) {
        if (!saml::is_absolute_uri(text.value)) {
            refuse(text.place, "authn_contexts: " + shown(text.value) + " is no URI",
                   "write e.g. \"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport\"");
        }
        contexts.push_back(text.value);
    }
}

void read_sign_on(const ConfigTable& table, idp_adapter::SignOnProfile& sign_on) {
    using namespace idp_adapter;
    using Cbc = saml::AlgorithmPolicy::Cbc;
    sign_on.signature_on = table.choice("signature_on", sign_on.signature_on,
                                        {{"response", saml::SignatureOn::response},
                                         {"assertion", saml::SignatureOn::assertion},
                                         {"either", saml::SignatureOn::either},
                                         {"both", saml::SignatureOn::both}});
    sign_on.unsolicited = table.choice(
        "unsolicited", sign_on.unsolicited,
        {{"converted", Unsolicited::converted}, {"refused", Unsolicited::refused}, {"allowed", Unsolicited::allowed}});
    sign_on.request_binding = table.choice("request_binding", sign_on.request_binding,
                                           {{"by_length", RequestBinding::by_length},
                                            {"redirect", RequestBinding::redirect},
                                            {"post", RequestBinding::post}});
    read_name_id_policy(table, sign_on.name_id_policy);
    sign_on.name_id = table.choice("name_id", sign_on.name_id,
                                   {{"required", NameIDNeed::required}, {"optional", NameIDNeed::optional}});
    read_authn_contexts(table, sign_on.authn_contexts);
    if (const auto trusted = table.flag("force_authn_trusted"))
        sign_on.force_authn = trusted->value ? ForcedAuthn::trusted : ForcedAuthn::untrusted;
    sign_on.destination = table.choice(
        "destination", sign_on.destination,
        {{"exact", saml::UrlMatching::exact}, {"scheme_host_normalised", saml::UrlMatching::scheme_host_normalised}});
    sign_on.max_window = table.seconds("max_window", sign_on.max_window, {30s, 24h});
    sign_on.cbc = table.choice(
        "cbc", sign_on.cbc, {{"with_response_signature", Cbc::accepted_once_authenticated}, {"never", Cbc::refused}});
}

/// While an IdP is still asked to end a session, the session's logout must not be forgotten here.
void refuse_short_memory(const ConfigTable& table, const OutgoingRules& outgoing, const Policy& policy) {
    if (outgoing.validity <= policy.logout_record_cap) return;
    const auto seconds = [](std::chrono::seconds time) { return std::to_string(time.count()) + "s"; };
    refuse(table.table("logout", logout_keys).place_of("validity"),
           "validity is " + seconds(outgoing.validity) + ", but logout_record_cap in [policy] is " +
               seconds(policy.logout_record_cap) + ": the logout would be forgotten while its IdP is still asked",
           "shorten validity, or make logout_record_cap at least as long");
}

}  // namespace

InteropProfile read_profile(const ConfigTable& table, const ProfileSurroundings& surroundings,
                            std::vector<std::string>& notes) {
    const fs::path& folder = surroundings.folder;
    using saml::AlgorithmPolicy;
    InteropProfile profile = named_profile(table);
    if (table.is_on("dangerously_accept_sha1")) profile.algorithms.sha1 = AlgorithmPolicy::Sha1::dangerously_accepted;
    if (table.is_on("accept_cbc")) profile.algorithms.cbc = AlgorithmPolicy::Cbc::accepted_once_authenticated;
    profile.algorithms.rsa_pss = table.choice("rsa_pss", profile.algorithms.rsa_pss,
                                              {{"refused", AlgorithmPolicy::RsaPss::refused},
                                               {"accepted", AlgorithmPolicy::RsaPss::accepted},
                                               {"accepted_and_used", AlgorithmPolicy::RsaPss::accepted_and_used}});
    read_accepted_authentication(table, surroundings, profile.accepted_authentication, notes);
    read_forms(table, profile.forms);
    read_receiving(table, profile);
    read_answering(table, profile);
    if (table.has("logout")) read_outgoing(table.table("logout", logout_keys), folder, profile.outgoing, notes);
    if (table.has("sign_on")) read_sign_on(table.table("sign_on", sign_on_keys), profile.sign_on);
    refuse_short_memory(table, profile.outgoing, surroundings.policy);
    return profile;
}

}  // namespace slo::sp
