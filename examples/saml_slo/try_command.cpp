#include "try_command.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "explain_command.hpp"
#include "files.hpp"
#include "http_client.hpp"
#include "settings.hpp"
#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/keyed_digest.hpp"
#include "slo/saml/redirect.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/request_report.hpp"

namespace slo::tool {
namespace {

using sp::CheckedRule;
using sp::CheckVerdict;
using sp::RequestCheck;

class OneInstant final : public sp::Clock {
public:
    explicit OneInstant(Instant now) : now_(now) {}
    [[nodiscard]] Instant now() const noexcept override { return now_; }

private:
    Instant now_;
};

class NoAudit final : public sp::AuditSink {
public:
    void record(const sp::AuditEntry&) noexcept override {}
};

/// No answer is ever sent.
class NoAnswer final : public sp::LogoutWire {
public:
    [[nodiscard]] bool carries_message(const idp_adapter::Idp*) const noexcept override { return false; }
    [[nodiscard]] std::string_view name(sp::Refusal) const noexcept override { return "none"; }
    [[nodiscard]] Result<std::string> carried(const saml::LogoutResponse&, const saml::MessageSigner&,
                                              std::optional<saml::RefusedRequest>) const override {
        return std::string();
    }
};

/// The metadata of files and of the cache's copies, as of `now`.
Result<std::shared_ptr<const idp_adapter::IdpDirectory>> partners_of(sp::MetadataOptions metadata, Instant now) {
    for (auto& source : metadata.sources) source.source.copies = idp_adapter::CopiesFor::reading;
    const auto refresher = idp_adapter::MetadataRefresher::open(std::move(metadata.sources), metadata.shared_keys, now);
    if (!refresher) return refresher.error();
    return refresher->directory();
}

/// A service like the endpoint's, with a store that is empty and stays so.
class EmptyEndpoint {
public:
    EmptyEndpoint(const daemon::Configuration& configuration, std::shared_ptr<const idp_adapter::IdpDirectory> idps,
                  const saml::KeyedDigest& digest, Instant now)
        : options_(configuration.endpoint),
          browser_urls_(configuration.front_channel ? configuration.front_channel->urls
                                                    : std::vector<saml::EndpointUrl>()),
          clock_(now),
          store_(clock_, digest),
          parts_{.entity_id = configuration.entity_id,
                 .destinations = configuration.destinations,
                 .idps = std::move(idps),
                 .signer = saml::MessageSigner(configuration.signing_key),
                 .decryption_keys = configuration.decryption_keys,
                 .audit_digest = digest,
                 .policy = configuration.policy,
                 .store = store_,
                 .applications = {},
                 .audit = audit_,
                 .clock = clock_,
                 .former_entity_ids = configuration.former_entity_ids},
          service_(parts_, sp::Housekeeping::by_host) {}

    [[nodiscard]] sp::RequestReport judge(const CapturedMessage& message) {
        const NoAnswer wire;
        const auto here = destinations(message);
        sp::LogoutEvidence evidence{
            .wire = wire, .client = {.authorization = message.authorization}, .destinations = std::span(here)};
        const auto in_query =
            message.is_redirect ? std::optional(saml::redirect::decode(*message.query)) : std::nullopt;
        if (in_query && *in_query) evidence.query = &(*in_query)->signature;
        auto report = sp::report_on(
            parts_, [&] { return decode(message, options_.max_body); }, evidence, clock_.now());
        if (!message.is_redirect) judge_content_type(message, here, report);
        if (const std::string path = note_on_path(message); !path.empty()) report.checks.front().note += path;
        return report;
    }

private:
    [[nodiscard]] bool is_at_form_path(const CapturedMessage& message) const {
        if (options_.form_path.empty()) return false;
        if (message.path == options_.form_path || message.path == options_.soap_path)
            return message.path == options_.form_path;
        return is_form(message) && !message.body.starts_with('<') && !message.body.starts_with("logoutRequest=");
    }

    [[nodiscard]] std::vector<saml::EndpointUrl> destinations(const CapturedMessage& message) const {
        if (message.is_redirect) return browser_urls_;
        const auto& urls = is_at_form_path(message) ? options_.form_urls : options_.soap_urls;
        return urls.empty() ? parts_.destinations : urls;
    }

    /// The media type is judged before the message is read, and by its IdP's profile, which the report doesn't know.
    void judge_content_type(const CapturedMessage& message, std::span<const saml::EndpointUrl> here,
                            sp::RequestReport& report) {
        const sp::BackChannel channel(
            service_,
            {.takes = is_at_form_path(message) ? sp::Posted::forms : sp::Posted::soap, .max_body = options_.max_body});
        const auto preview = channel.preview({.body = message.body,
                                              .content_type = message.content_type,
                                              .client = {.authorization = message.authorization},
                                              .destinations = here,
                                              .query = message.query});
        if (preview || !is(preview.error(), sp::LogoutErrc::content_type_not_accepted)) return;
        for (CheckedRule& row : report.checks) row = {.check = row.check};
        report.checks.front().verdict = CheckVerdict::refused;
        report.checks.front().why = preview.error();
        report.order.reset();
        report.acceptable_at.reset();
    }

    [[nodiscard]] std::string note_on_browser_path(const CapturedMessage& message) const {
        if (browser_urls_.empty()) return "; no browser_slo_url is in [sp], so nothing is there (http.path)";
        const std::string path = idp_adapter::parts_of(browser_urls_.front()).target;
        if (message.path.empty() || message.path == path) return "";
        return "; its path is none of ours (http.path), unless a proxy changes it: " + path;
    }

    [[nodiscard]] std::string note_on_path(const CapturedMessage& message) const {
        if (message.is_redirect) return note_on_browser_path(message);
        if (message.path.empty() || (message.path == options_.soap_path && !message.query)) return "";
        if (!options_.form_path.empty() && message.path == options_.form_path) return "";
        return "; its path is none of ours (http.path), unless a proxy changes it: " + options_.soap_path +
               (options_.form_path.empty() ? "" : ", " + options_.form_path);
    }

    sp::HttpEndpointOptions options_;
    std::vector<saml::EndpointUrl> browser_urls_;
    OneInstant clock_;
    sp::MemorySessionStore store_;
    NoAudit audit_;
    sp::LogoutServiceParts parts_;
    sp::LogoutService service_;
};

std::string_view name_of(saml::NameIDMatching matching) noexcept {
    switch (matching) {
        case saml::NameIDMatching::exact:
            return "exact";
        case saml::NameIDMatching::default_qualifiers:
            return "default_qualifiers";
        case saml::NameIDMatching::value_only:
            return "value_only";
        case saml::NameIDMatching::session_index:
            return "session_index";
    }
    return "";
}

/// All that is printed.
struct Finding {
    const MessageTrial& trial;
    std::string kind;
    Instant at;
    std::uint16_t local_port;
    sp::RequestReport report;
    std::optional<examples::HttpAnswer> live = {};
};

std::string what_of(const CheckedRule& row) {
    if (row.verdict != CheckVerdict::refused) return row.note;
    return row.why.code.message() + (row.why.detail.empty() ? "" : ": " + row.why.detail);
}

std::string age_hint(Instant at) {
    return "only its age: with --at " + saml::format_instant(at) + " it would be taken";
}

/// Why a captured request, which may have come in time, is refused by what is in force at another time.
std::string end_hint(const Finding& finding) {
    const CheckedRule* const refused = finding.report.refusal();
    if (refused == nullptr || !is(refused->why, sp::LogoutErrc::metadata_expired)) return "";
    return "as of " + saml::format_instant(finding.at) +
           ", at which this is judged, the IdP's metadata has ended; if the request came before that end, write --at "
           "with the time at which it came\n";
}

/// The local ids of the sessions that would end, as JSON writes them.
std::vector<std::string> ids_in(const std::string& answer) {
    constexpr std::string_view key = R"("local_id":")";
    const std::string named = answer.substr(0, answer.find(R"(],"near_misses":[)"));
    std::vector<std::string> ids;
    for (auto at = named.find(key); at != std::string::npos; at = named.find(key, at)) {
        at += key.size();
        auto end = at;
        while (end < named.size() && named[end] != '"') end += named[end] == '\\' ? 2 : 1;
        ids.push_back(named.substr(at, end - at));
    }
    return ids;
}

std::string live_text(const Finding& finding) {
    const std::string local = "127.0.0.1:" + std::to_string(finding.local_port);
    if (!finding.live) {
        return finding.local_port == 0
                   ? "which sessions these are, the daemon could tell if [local] had a port\n"
                   : "--live asks the running daemon which sessions these are (POST /logouts/preview, " + local + ")\n";
    }
    if (finding.live->status != 200) {
        return "the daemon at " + local +
               " refuses it, as of now: " + printable(finding.live->body.substr(0, finding.live->body.find('\n'))) +
               "\n";
    }
    const auto ids = ids_in(finding.live->body);
    std::string text = "the daemon at " + local + " would end " + std::to_string(ids.size()) +
                       (ids.size() == 1 ? " session\n" : " sessions\n");
    for (const std::string& id : ids) text += "  " + printable(id) + "\n";
    if (finding.live->body.find(R"("near_misses":[{)") != std::string::npos)
        text += "but it nearly names others, which live on; --json has them, each with the remedy\n";
    return text;
}

std::string order_text(const Finding& finding) {
    const sp::LogoutOrder& order = *finding.report.order;
    const std::size_t count = order.session_indexes.size();
    std::string text = count == 0
                           ? "it names no SessionIndex: every session of the principal"
                           : "it names " + std::to_string(count) + (count == 1 ? " SessionIndex" : " SessionIndexes");
    text += order.name_id.format ? "; its NameID has the Format " + printable(*order.name_id.format)
                                 : "; its NameID has no Format";
    text += "; name_id_matching = \"" + std::string(name_of(order.matching)) + "\"\n";
    if (finding.trial.name_id == ShowNameID::yes) text += "NameID: " + printable(order.name_id.value) + "\n";
    return text + live_text(finding);
}

std::string table_of(const Finding& finding) {
    Table table({"CHECK", "VERDICT", "WHAT"});
    for (const CheckedRule& row : finding.report.checks)
        table.add({std::string(name(row.check)), std::string(name(row.verdict)), what_of(row)});
    std::string text = printable(finding.trial.file.string()) + ": " + finding.kind + ", judged as of " +
                       saml::format_instant(finding.at) + "\n" + table.str();
    text += end_hint(finding);
    if (finding.report.acceptable_at) text += age_hint(*finding.report.acceptable_at) + "\n";
    if (finding.report.order) text += order_text(finding);
    return text;
}

std::string json_of(const CheckedRule& row) {
    JsonObject object;
    object.add("check", name(row.check)).add("verdict", name(row.verdict)).add("note", row.note);
    if (row.verdict == CheckVerdict::refused) {
        const std::string rule = row.why.code.message();
        object.add("rule", rule).add("detail", row.why.detail).add("meaning", meaning_of_rule(rule));
    }
    return object.str();
}

std::string json_of(const sp::LogoutOrder& order, ShowNameID show) {
    JsonObject object;
    object.add("session_indexes", static_cast<std::int64_t>(order.session_indexes.size()))
        .add("format", order.name_id.format.value_or(""))
        .add("name_id_matching", name_of(order.matching));
    if (show == ShowNameID::yes) object.add("name_id", order.name_id.value);
    return object.str();
}

std::string json_of(const Finding& finding) {
    std::vector<std::string> checks;
    for (const CheckedRule& row : finding.report.checks) checks.push_back(json_of(row));
    JsonObject object;
    object.add_value("taken", finding.report.refusal() == nullptr ? "true" : "false")
        .add("kind", finding.kind)
        .add("at", saml::format_instant(finding.at))
        .add("idp", finding.report.idp ? finding.report.idp->entity_id.str() : "")
        .add_value("checks", json_array(checks))
        .add("acceptable_at",
             finding.report.acceptable_at ? saml::format_instant(*finding.report.acceptable_at) : std::string());
    if (finding.report.order) object.add_value("names", json_of(*finding.report.order, finding.trial.name_id));
    if (finding.live) {
        object.add("live_status", std::int64_t{finding.live->status});
        object.add("live_answer", finding.live->body);
    }
    return object.str() + "\n";
}

/// Says on stderr which rule refuses it, and where its remedy stands.
ExitCode verdict_of(const sp::RequestReport& report) {
    const CheckedRule* const refused = report.refusal();
    if (refused == nullptr) return ExitCode::fine;
    const std::string rule = refused->why.code.message();
    const std::string meaning = meaning_of_rule(rule);
    return complain(refusal("it would be refused", refused->why) + (meaning.empty() ? "" : ". " + meaning) +
                        " saml-slo explain " + rule + " says how to mend it",
                    ExitCode::refused);
}

OrStop<examples::HttpAnswer> ask_the_daemon(const CapturedMessage& message, std::uint16_t port) {
    if (port == 0)
        return Stop{ExitCode::usage, "--live asks the daemon's local interface; give [local] a port, and restart it"};
    if (message.query)
        return Stop{ExitCode::usage, "--live can't tell of a request in a URL's query: the daemon is asked by a body"};
    auto answer = examples::call(port, {.method = "POST",
                                        .path = "/logouts/preview",
                                        .content_type = is_form(message) ? saml::form::media_type : "text/xml",
                                        .body = message.body});
    if (!answer) {
        return Stop{ExitCode::unreachable,
                    "no daemon answers at 127.0.0.1:" + std::to_string(port) + "; start it, or leave --live out"};
    }
    return *std::move(answer);
}

OrStop<sp::RequestReport> report_of(const CapturedMessage& message, const daemon::Configuration& configuration,
                                    Instant at) {
    auto idps = partners_of(configuration.metadata, at);
    if (!idps) return Stop{ExitCode::usage, text_of(idps.error())};
    const auto digest = saml::KeyedDigest::with_random_key();
    if (!digest) return Stop{ExitCode::usage, text_of(digest.error())};
    return EmptyEndpoint(configuration, *std::move(idps), *digest, at).judge(message);
}

}  // namespace

ExitCode try_message(const MessageTrial& trial, Format format, Instant now) {
    const auto octets = read_whole(trial.file);
    if (!octets) return complain(text_of(octets.error()), ExitCode::usage);
    const auto recognised = recognise(*octets, trial.read_as);
    if (const auto* const stop = std::get_if<Stop>(&recognised)) return complain(*stop);
    const auto& message = std::get<CapturedMessage>(recognised);
    const Instant at = trial.at.value_or(now);
    const auto configuration = daemon::load_configuration(trial.configuration, at, sp::MissingKeys::refused);
    if (!configuration) return complain(text_of(configuration.error()), ExitCode::usage);

    auto report = report_of(message, *configuration, at);
    if (const auto* const stop = std::get_if<Stop>(&report)) return complain(*stop);
    Finding finding{.trial = trial,
                    .kind = message.kind,
                    .at = at,
                    .local_port = configuration->local.port,
                    .report = std::get<sp::RequestReport>(std::move(report))};
    const auto& algorithm = signature_method(message);
    auto& signature = finding.report.checks.at(static_cast<std::size_t>(RequestCheck::signature));
    if (signature.verdict == CheckVerdict::ok && signature.note.starts_with("key ") && !algorithm.empty())
        signature.note = algorithm + ", " + signature.note;
    if (trial.ask == Ask::daemon) {
        auto answer = ask_the_daemon(message, configuration->local.port);
        if (const auto* const stop = std::get_if<Stop>(&answer)) return complain(*stop);
        finding.live = std::get<examples::HttpAnswer>(std::move(answer));
    }
    const ExitCode code = verdict_of(finding.report);
    return print(format == Format::json ? json_of(finding) : table_of(finding), code);
}

}  // namespace slo::tool
