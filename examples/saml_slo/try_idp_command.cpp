#include "try_idp_command.hpp"

#include <utility>
#include <variant>

#include "browser.hpp"
#include "files.hpp"
#include "slo/idp_adapter/http_client.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/soap.hpp"
#include "slo/saml/xml.hpp"
#include "slo/sp/key_folder.hpp"
#include "stop.hpp"
#include "test_idp.hpp"
#include "test_response.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using examples::TestIdp;
using examples::TrustedSp;

fs::path key_file(const fs::path& folder) {
    return folder / "idp.key.pem";
}
fs::path certificate_file(const fs::path& folder) {
    return folder / "idp.crt.pem";
}
fs::path metadata_file(const fs::path& folder) {
    return folder / "idp.xml";
}

Result<TestIdp> with_key(const saml::EntityID& entity_id, std::string_view key, std::string_view certificate) {
    auto signing_key = saml::SigningKey::parse(key, certificate);
    if (!signing_key) return std::move(signing_key).error();
    return TestIdp::with_key(entity_id, *std::move(signing_key));
}

Result<void> write_metadata(const fs::path& folder, const std::string& octets) {
    const auto locked = LockedFolder::open(folder);
    return locked ? locked->replace(metadata_file({}).string(), octets) : Result<void>(locked.error());
}

/// The result of new_try_idp.
Result<TestIdp> read_idp(const fs::path& folder) {
    const auto metadata = read_whole(metadata_file(folder));
    if (!metadata) return metadata.error();
    const auto document = saml::xml::Document::parse(*metadata, saml::xml::metadata_limits);
    if (!document) return document.error();
    const auto entity_id = saml::EntityID::opaque(document->root().attribute("entityID").value_or(""));
    if (!entity_id) return entity_id.error();
    const auto key = read_whole(key_file(folder));
    if (!key) return key.error();
    const auto certificate = read_whole(certificate_file(folder));
    if (!certificate) return certificate.error();
    return with_key(*entity_id, *key, *certificate);
}

/// One exchange with the endpoint that is tried, which may be anywhere and speak plain http.
OrStop<std::string> exchange(const idp_adapter::HttpCall& call) {
    idp_adapter::HttpClientOptions options;
    options.http = idp_adapter::HttpClientOptions::Http::accepted;
    auto client = idp_adapter::HttpClient::open(options);
    if (!client) return Stop{ExitCode::usage, text_of(client.error())};
    std::string body;
    const auto head = client->call(call, [&body](std::string_view octets) -> Result<void> {
        body += octets;
        return Done{};
    });
    if (!head) return Stop{ExitCode::unreachable, call.url.str() + ": " + text_of(head.error())};
    if (head->status == 200 || head->status == 500) return body;
    return Stop{ExitCode::unreachable,
                call.url.str() + " answered with status " + std::to_string(head->status) + "; its log says why"};
}

OrStop<TrustedSp> service_provider(const std::string& source) {
    std::string octets;
    if (const auto url = saml::EndpointUrl::parse(source)) {
        auto fetched = exchange({.url = *url});
        if (auto* stop = std::get_if<Stop>(&fetched)) return std::move(*stop);
        octets = std::get<std::string>(std::move(fetched));
    } else {
        auto read = read_whole(source);
        if (!read) return Stop{ExitCode::usage, text_of(read.error())};
        octets = *std::move(read);
    }
    auto sp = TrustedSp::from_metadata(octets);
    if (!sp) return Stop{ExitCode::usage, source + " is no metadata of a service provider: " + text_of(sp.error())};
    return *std::move(sp);
}

Result<examples::WantedLogout> wanted(const TryLogout& command, const saml::EndpointUrl& destination) {
    std::vector<saml::SessionIndex> indexes;
    for (const std::string& text : command.session_indexes) {
        auto index = saml::SessionIndex::parse(text);
        if (!index) return std::move(index).error();
        indexes.push_back(*std::move(index));
    }
    saml::NameID name_id = examples::persistent_name(command.name_id);
    name_id.format = command.format;
    return examples::WantedLogout{destination.str(), std::move(name_id), std::move(indexes)};
}

std::string rule_and_detail(const Failure& failure) {
    return failure.code.message() + (failure.detail.empty() ? "" : " (" + failure.detail + ")");
}

ExitCode tell(const TryLogout& command, const examples::SentLogout& sent, const saml::EndpointUrl& url,
              const Result<saml::Status>& status, Format format) {
    const std::string result = status ? examples::short_text(*status) : rule_and_detail(status.error());
    const ExitCode code = !status                                         ? ExitCode::refused
                          : status->code == saml::TopLevelStatus::success ? ExitCode::fine
                                                                          : ExitCode::found;
    if (format == Format::json) {
        return print(JsonObject()
                             .add("request_id", sent.id.str())
                             .add("destination", url.str())
                             .add_value("proven", status ? "true" : "false")
                             .add("status", status ? result : "")
                             .add("why", status ? "" : result)
                             .str() +
                         "\n",
                     code);
    }
    if (!status) return complain("the answer to " + sent.id.str() + " proves nothing: " + result, code);
    Table table({"STEP", "WHAT"});
    table.add({"asked for", command.session_indexes.empty()
                                ? "the end of every session of this NameID"
                                : "the end of " + std::to_string(command.session_indexes.size()) + " SessionIndexes"});
    table.add({"sent", "LogoutRequest " + sent.id.str()});
    table.add({"to", url.str()});
    table.add({"answered", result + ", signed by the service provider, to this request"});
    return print(table.str(), code);
}

}  // namespace

ExitCode new_try_idp(const NewTryIdp& command, Format format, Instant now) {
    const auto entity_id = saml::EntityID::opaque(command.entity_id);
    if (!entity_id) {
        return complain(
            "--entity-id must be an absolute URI, or a name of such octets, with single blanks inside at "
            "most; 1 to 1024 octets",
            ExitCode::usage);
    }
    std::error_code error;
    fs::create_directories(command.folder, error);
    for (const auto& file :
         {key_file(command.folder), certificate_file(command.folder), metadata_file(command.folder)}) {
        if (fs::exists(fs::symlink_status(file, error))) {
            return complain(file.string() + " is there already; name another folder", ExitCode::usage);
        }
    }
    const auto made = saml::generate_key(saml::KeyKind::rsa_2048, "saml-slo try-idp", now, std::chrono::days(365));
    if (!made) return complain(text_of(made.error()), ExitCode::usage);
    const auto idp = with_key(*entity_id, made->private_key_pem, made->certificate_pem);
    if (!idp) return complain(text_of(idp.error()), ExitCode::usage);
    // The metadata comes last: where it is, the others are.
    auto written = sp::write_key_pair(command.folder, "idp", *made);
    if (written) written = write_metadata(command.folder, idp->metadata());
    if (!written) return complain(text_of(written.error()), ExitCode::usage);
    const std::string metadata = metadata_file(command.folder).string();
    if (format == Format::json) {
        return print(JsonObject().add("entity_id", entity_id->str()).add("metadata", metadata).str() + "\n",
                     ExitCode::fine);
    }
    return print("made " + metadata +
                     ", an IdP for trying out. An endpoint that has it in its configuration takes orders by the key in "
                     "this folder:\n"
                     "never name it where users sign in. In the configuration of an endpoint that you try:\n"
                     "    [[idp]]\n    metadata = \"" +
                     metadata + "\"\n" +
                     (saml::is_absolute_uri(entity_id->str()) ? "" : "    opaque_entity_id = true\n"),
                 ExitCode::fine);
}

namespace {

Stop no_idp(const Failure& failure, const fs::path& folder) {
    return {ExitCode::usage, text_of(failure) + "; make one with saml-slo try-idp new --folder " + folder.string()};
}

Result<examples::WantedSignOn> wanted(const TrySignOn& command, const TrustedSp& sp,
                                      const examples::AskedSignOn& asked) {
    saml::NameID name_id = examples::persistent_name(command.name_id);
    name_id.format = command.format;
    examples::WantedSignOn sign_on{.assertion_consumer_service = *sp.acs_url,
                                   .audience = sp.entity_id,
                                   .in_response_to = asked.id,
                                   .name_id = std::move(name_id),
                                   .session_index = command.session_index};
    for (const std::string& text : command.attributes) {
        const auto equals = text.find('=');
        if (equals == 0 || equals == std::string::npos)
            return saml::fail(saml::Errc::form_malformed, "--attribute takes NAME=VALUE");
        sign_on.attributes.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return sign_on;
}

}  // namespace

ExitCode answer_sign_on(const TrySignOn& command, Format format, Instant now) {
    const auto idp = read_idp(command.folder);
    if (!idp) return complain(no_idp(idp.error(), command.folder));
    const auto asked = examples::asked_by(command.location);
    if (!asked)
        return complain("--location is no redirect to an IdP: take the field Location of the answer of /login",
                        ExitCode::usage);
    const auto found = service_provider(command.sp);
    if (const auto* stop = std::get_if<Stop>(&found)) return complain(*stop);
    const auto& sp = std::get<TrustedSp>(found);
    if (!sp.acs_url) return complain("the metadata has no AssertionConsumerService for HTTP-POST", ExitCode::usage);
    const auto sign_on = wanted(command, sp, *asked);
    if (!sign_on) return complain(sign_on.error().detail, ExitCode::usage);
    const auto response = idp->respond(*sign_on, now);
    if (!response) return complain(text_of(response.error()), ExitCode::usage);
    const std::string form = examples::posted(*response, asked->relay_state);
    if (format == Format::json) {
        return print(JsonObject().add("acs_url", sp.acs_url->str()).add("form", form).str() + "\n", ExitCode::fine);
    }
    return print(form + "\n", ExitCode::fine);
}

ExitCode order_logout(const TryLogout& command, Format format, Instant now) {
    const auto idp = read_idp(command.folder);
    if (!idp) return complain(no_idp(idp.error(), command.folder));
    const auto found = service_provider(command.sp);
    if (const auto* stop = std::get_if<Stop>(&found)) return complain(*stop);
    const auto& sp = std::get<TrustedSp>(found);
    if (!sp.slo_url) return complain("the metadata has no SingleLogoutService for SOAP", ExitCode::usage);
    const auto logout = wanted(command, *sp.slo_url);
    if (!logout) return complain(text_of(logout.error()), ExitCode::usage);
    const auto sent = idp->order(*logout, now);
    if (!sent) return complain(text_of(sent.error()), ExitCode::usage);
    const auto reply = exchange({.url = *sp.slo_url,
                                 .method = "POST",
                                 .headers = {{"Content-Type", std::string(saml::soap::content_type)},
                                             {"SOAPAction", "\"http://www.oasis-open.org/committees/security\""}},
                                 .body = sent->body,
                                 .bodies_of = {200, 500}});
    if (const auto* stop = std::get_if<Stop>(&reply)) return complain(*stop);
    return tell(command, *sent, *sp.slo_url, sp.read_answer(std::get<std::string>(reply), *sent, now), format);
}

}  // namespace slo::tool
