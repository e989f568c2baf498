// saml-slo: metadata and keys at the command line, captured messages, and what the rules of the audit mean.

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "explain_command.hpp"
#include "import_command.hpp"
#include "keys_command.hpp"
#include "metadata_command.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/clock.hpp"
#include "trust_command.hpp"
#include "try_command.hpp"
#include "try_idp_command.hpp"

namespace {

using namespace slo;
using namespace slo::tool;

const std::map<std::string, saml::KeyKind> kinds{{"rsa-2048", saml::KeyKind::rsa_2048},
                                                 {"rsa-3072", saml::KeyKind::rsa_3072},
                                                 {"p256", saml::KeyKind::ec_p256},
                                                 {"p384", saml::KeyKind::ec_p384},
                                                 {"p521", saml::KeyKind::ec_p521}};
const std::map<std::string, sp::KeyPurpose> purposes{{"signing", sp::KeyPurpose::signing},
                                                     {"encryption", sp::KeyPurpose::encryption}};
enum class WantedFor { message, asking };
const std::map<std::string, WantedFor> wants{{"message", WantedFor::message}, {"asking", WantedFor::asking}};
const std::map<std::string, int> stages{{"prepare", 0}, {"activate", 1}, {"retire", 2}, {"list", 3}};

/// Everything on the command line.
struct Line {
    bool json = false;
    Generation generation;
    bool sign = false;
    bool unsigned_ = false;
    std::string file;
    std::string newer_file;
    Import import;
    JudgedBy judged_by;
    WantedFor wanted_for = WantedFor::message;
    bool allow_http = false;
    bool allow_private_addresses = false;
    int longest_validity_days = 30;
    bool accept = false;
    NewKey new_key;
    FirstKey first_key;
    Rotation rotation;
    KeyWish wish;
    int lifetime_days = 3652;
    sp::KeyPurpose purpose = sp::KeyPurpose::signing;
    int stage = 3;
    bool force = false;
    bool risk_unpublished = false;
    std::string configuration;
    NewTryIdp new_idp{{}, "https://try-idp.example.org/saml"};
    TryLogout logout;
    TrySignOn sign_on;
    std::string rule;
    MessageTrial trial;
    bool as_soap = false;
    bool as_form = false;
    bool live = false;
    bool show_name_id = false;
};

void add_key_wish(CLI::App& app, Line& line) {
    app.add_option("--kind", line.wish.kind,
                   "what to make: rsa-2048 (every IdP can verify it), rsa-3072, p256, p384, p521")
        ->transform(CLI::CheckedTransformer(kinds, CLI::ignore_case))
        ->type_name("KIND");
    app.add_option("--common-name", line.wish.common_name, "in the certificate, for people")
        ->check([](const std::string& name) {
            return name.empty() || name.size() > 64 ? "must be 1 to 64 bytes long" : "";
        });
    app.add_option("--lifetime", line.lifetime_days, "days that the certificate says")->check(CLI::Range(1, 36'500));
}

void add_purpose(CLI::App& app, Line& line) {
    app.add_option("--purpose", line.purpose, "signing or encryption")
        ->transform(CLI::CheckedTransformer(purposes, CLI::ignore_case))
        ->type_name("PURPOSE");
}

void add_configuration(CLI::App& app, Line& line) {
    app.add_option("--config", line.configuration, "the endpoint's configuration")->required()->type_name("FILE");
}

/// The settings by which a document is judged: named as in [[metadata]].
void add_judgement(CLI::App& app, Line& line) {
    auto* const configuration = app.add_option("--config", line.judged_by.configuration,
                                               "the endpoint's configuration: judge as its source does");
    configuration->type_name("FILE");
    app.add_option(
           "--as", line.judged_by.source,
           "which of its sources, if not the one that has the file: idp-1 for the first [[idp]], or the name of a "
           "[[metadata]]")
        ->type_name("NAME")
        ->needs(configuration);
    app.add_flag("--allow-http", line.allow_http, "take endpoints without TLS")->excludes(configuration);
    app.add_flag("--allow-private-addresses", line.allow_private_addresses,
                 "take endpoints at addresses of private networks")
        ->excludes(configuration);
}

/// What an IdP that is shown is wanted for.
void add_wanted_for(CLI::App& app, Line& line) {
    app.add_option("--for", line.wanted_for,
                   "message: it sends us messages, as every [[idp]] may, whatever its endpoints are (the default); "
                   "asking: we ask it, so its endpoints must be https and public")
        ->transform(CLI::CheckedTransformer(wants, CLI::ignore_case))
        ->type_name("PURPOSE")
        ->excludes("--config");
}

struct Commands {
    CLI::App* generate = nullptr;
    CLI::App* show = nullptr;
    CLI::App* validate = nullptr;
    CLI::App* diff = nullptr;
    CLI::App* import = nullptr;
    CLI::App* refresh = nullptr;
    CLI::App* new_key = nullptr;
    CLI::App* rotate = nullptr;
    CLI::App* list = nullptr;
    CLI::App* new_idp = nullptr;
    CLI::App* logout = nullptr;
    CLI::App* sign_on = nullptr;
    CLI::App* explain = nullptr;
    CLI::App* trial = nullptr;
};

void add_import_command(CLI::App& metadata, Line& line, Commands& commands) {
    commands.import = metadata.add_subcommand(
        "import",
        "take a document that proves itself; what changes trust is shown first, and written with --accept only");
    commands.import->add_option("SOURCE", line.import.source, "a file, or an https URL")->required();
    auto* const proof = commands.import->add_option_group("proof", "why it's believed");
    proof->add_option("--signing-certificate", line.import.signed_by, "one of these signed the whole document")
        ->type_name("FILE");
    proof
        ->add_option("--sha256", line.import.sha256, "the document's hash, e.g. as its publisher told you by telephone")
        ->check([](const std::string& hash) {
            return hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos
                       ? ""
                       : "must be 64 hex digits in lower case";
        });
    proof->require_option(1);
    commands.import->add_option("--entity", line.import.entities, "these IdPs alone; the rest isn't written")
        ->type_name("ENTITYID");
    commands.import
        ->add_option("--max-validity", line.longest_validity_days,
                     "days that the validUntil of a URL's document may lie ahead")
        ->check(CLI::Range(1, 3660));
    commands.import
        ->add_option("--ca", line.import.ca, "whose certificate a URL's server shows, if not one of the system's CAs")
        ->type_name("FILE");
    auto* const certificate = commands.import->add_option("--client-certificate", line.import.client_certificate,
                                                          "ours, for a URL's server that asks for one");
    auto* const key = commands.import->add_option("--client-key", line.import.client_key, "its private key");
    certificate->type_name("FILE")->needs(key);
    key->type_name("FILE")->needs(certificate);
    commands.import->add_option("--into", line.import.into, "the folder where the configuration finds it")
        ->required()
        ->type_name("FOLDER");
    commands.import
        ->add_option("--name", line.import.name,
                     "the file's name there; else made of the first --entity, or of the only IdP's entityID")
        ->check([](const std::string& name) { return name.find('/') == std::string::npos ? "" : "must be no path"; });
    commands.import->add_flag("--accept", line.accept, "write it also if it changes trust");
    add_judgement(*commands.import, line);
}

void add_metadata_commands(CLI::App& app, Line& line, Commands& commands) {
    CLI::App& metadata = *app.add_subcommand("metadata", "documents: ours, and those of IdPs");
    metadata.require_subcommand(1);
    commands.generate = metadata.add_subcommand("generate", "print our metadata, to give to an IdP's administrator");
    add_configuration(*commands.generate, line);
    auto* const sign = commands.generate->add_flag("--sign", line.sign, "sign it, whatever the configuration says");
    commands.generate->add_flag("--unsigned", line.unsigned_, "don't sign it")->excludes(sign);
    commands.show = metadata.add_subcommand("show", "who is in FILE: entities, keys, endpoints, validity");
    commands.show->add_option("FILE", line.file)->required();
    add_judgement(*commands.show, line);
    add_wanted_for(*commands.show, line);
    commands.validate = metadata.add_subcommand("validate", "everything that is wrong or odd in FILE, with its line");
    commands.validate->add_option("FILE", line.file)->required();
    add_judgement(*commands.validate, line);
    add_wanted_for(*commands.validate, line);
    commands.diff = metadata.add_subcommand("diff", "what NEW changes in trust; exit code 1 if it adds some");
    commands.diff->add_option("OLD", line.file)->required();
    commands.diff->add_option("NEW", line.newer_file)->required();
    add_judgement(*commands.diff, line);
    add_import_command(metadata, line, commands);
    commands.refresh = metadata.add_subcommand("refresh", "ask every source of the configuration once");
    add_configuration(*commands.refresh, line);
}

void add_key_commands(CLI::App& app, Line& line, Commands& commands) {
    CLI::App& keys = *app.add_subcommand("keys", "our keys, and how they roll over");
    keys.require_subcommand(1);
    commands.new_key = keys.add_subcommand("new", "make a key (mode 0600) and its certificate; nothing is overwritten");
    auto* const place =
        commands.new_key->add_option("PLACE", line.new_key.place, "makes PLACE.key.pem and PLACE.crt.pem");
    auto* const folder = commands.new_key->add_option("--folder", line.first_key.folder,
                                                      "the first key of the folder that keys in [sp] names");
    place->excludes(folder);
    auto* const served = commands.new_key->add_option("--served-key", line.first_key.served_key,
                                                      "don't make one, take the key that served until now");
    auto* const certificate =
        commands.new_key->add_option("--served-certificate", line.first_key.served_certificate, "and its certificate");
    served->needs(folder)->needs(certificate);
    certificate->needs(served);
    add_purpose(*commands.new_key, line);
    add_key_wish(*commands.new_key, line);

    commands.rotate = keys.add_subcommand(
        "rotate",
        "one step of a roll-over; a running endpoint follows by itself. prepare: make the next key and publish "
        "it; activate: sign with it; retire: drop the old one");
    add_configuration(*commands.rotate, line);
    commands.rotate->add_option("--stage", line.stage, "prepare, activate, retire, or list")
        ->required()
        ->transform(CLI::CheckedTransformer(stages, CLI::ignore_case))
        ->type_name("STAGE");
    commands.rotate->add_flag("--force", line.force, "also where some IdPs may not have our newer metadata yet");
    commands.rotate->add_flag("--risk-unpublished", line.risk_unpublished,
                              "also where no endpoint is known to publish (signing) or to have (encryption) the key: "
                              "IdPs may refuse whatever we send");
    add_purpose(*commands.rotate, line);
    add_key_wish(*commands.rotate, line);

    commands.list = keys.add_subcommand("list", "which keys there are, and what comes next");
    add_configuration(*commands.list, line);
    add_purpose(*commands.list, line);
}

void add_try_idp_commands(CLI::App& app, Line& line, Commands& commands) {
    CLI::App& try_idp = *app.add_subcommand("try-idp", "an IdP for trying an endpoint out, without a real one");
    try_idp.require_subcommand(1);
    commands.new_idp = try_idp.add_subcommand("new", "make its key, and its metadata for [[idp]]");
    commands.new_idp->add_option("--folder", line.new_idp.folder, "where it is kept")->required()->type_name("FOLDER");
    commands.new_idp->add_option("--entity-id", line.new_idp.entity_id, "its name")
        ->type_name("ENTITYID")
        ->capture_default_str();
    commands.logout = try_idp.add_subcommand("logout", "order a logout by SOAP, and verify the answer");
    commands.logout->add_option("--folder", line.logout.folder, "of try-idp new")->required()->type_name("FOLDER");
    commands.logout->add_option("--sp", line.logout.sp, "the endpoint's metadata: a file, or a URL")
        ->required()
        ->type_name("SOURCE");
    commands.logout->add_option("--name-id", line.logout.name_id, "whose logout, as the session was registered")
        ->required()
        ->type_name("NAMEID");
    commands.logout->add_option("--format", line.logout.format, "of the NameID; else it has none")->type_name("URI");
    commands.logout->add_option("--session-index", line.logout.session_indexes, "of one session; else all of them end")
        ->type_name("INDEX");
}

void add_try_sign_on_command(CLI::App& app, Line& line, Commands& commands) {
    commands.sign_on = app.get_subcommand("try-idp")->add_subcommand(
        "sign-on", "answer a request that brought a browser, and print the form that it posts to acs_url");
    CLI::App& sign_on = *commands.sign_on;
    sign_on.add_option("--folder", line.sign_on.folder, "of try-idp new")->required()->type_name("FOLDER");
    sign_on.add_option("--sp", line.sign_on.sp, "the endpoint's metadata: a file, or a URL")
        ->required()
        ->type_name("SOURCE");
    sign_on.add_option("--location", line.sign_on.location, "where /login sent the browser")
        ->required()
        ->type_name("URL");
    sign_on.add_option("--name-id", line.sign_on.name_id, "who signs on")->required()->type_name("NAMEID");
    sign_on.add_option("--format", line.sign_on.format, "of the NameID; else it has none")->type_name("URI");
    sign_on.add_option("--session-index", line.sign_on.session_index, "of the session at the IdP")
        ->type_name("INDEX")
        ->capture_default_str();
    sign_on.add_option("--attribute", line.sign_on.attributes, "an attribute with one value; any number")
        ->type_name("NAME=VALUE");
}

void add_try_command(CLI::App& app, Line& line, Commands& commands) {
    commands.trial = app.add_subcommand(
        "try",
        "judge a captured LogoutRequest as the endpoint would, check by check; changes nothing, asks no network");
    commands.trial
        ->add_option("FILE", line.trial.file, "an envelope, a message, a form's body, base64, or a whole HTTP request")
        ->required();
    add_configuration(*commands.trial, line);
    auto* const soap =
        commands.trial->add_flag("--soap", line.as_soap, "read it as a SOAP body, whatever it looks like");
    commands.trial->add_flag("--form", line.as_form, "read it as a form's body")->excludes(soap);
    commands.trial
        ->add_option_function<std::string>(
            "--at",
            [&line](const std::string& text) {
                const auto at = saml::parse_instant(text);
                if (!at) throw CLI::ValidationError("--at", "must be UTC, like 2026-01-31T12:00:00Z");
                line.trial.at = *at;
            },
            "judge as of this time, not as of now")
        ->type_name("INSTANT");
    commands.trial->add_flag("--live", line.live,
                             "ask the running daemon, by its local interface, which sessions would end");
    commands.trial->add_flag("--show-name-id", line.show_name_id, "print the NameID, too");
}

void add_explain_command(CLI::App& app, Line& line, Commands& commands) {
    commands.explain = app.add_subcommand("explain", "what a rule means that the audit names, and how to mend it");
    commands.explain->add_option("RULE", line.rule, "e.g. sig.invalid; without it, all of them are listed");
}

ExitCode run_new_key(Line& line, Format format, Instant now) {
    line.wish.lifetime = std::chrono::days(line.lifetime_days);
    if (!line.first_key.folder.empty()) {
        line.first_key.purpose = line.purpose;
        line.first_key.wish = line.wish;
        return make_first_key(line.first_key, format, now);
    }
    if (line.new_key.place.empty()) return complain("keys new: name a PLACE, or --folder FOLDER", ExitCode::usage);
    line.new_key.wish = line.wish;
    return make_new_key(line.new_key, format, now);
}

ExitCode run_rotation(Line& line, Format format, Instant now) {
    line.wish.lifetime = std::chrono::days(line.lifetime_days);
    line.rotation.configuration = line.configuration;
    line.rotation.purpose = line.purpose;
    line.rotation.wish = line.wish;
    line.rotation.haste = line.force ? Haste::forced : Haste::none;
    line.rotation.risk = line.risk_unpublished ? Risk::unpublished : Risk::none;
    if (line.stage < 3) line.rotation.step = static_cast<sp::KeyStep>(line.stage);
    return rotate_keys(line.rotation, format, now);
}

ExitCode run_trial(Line& line, Format format, Instant now) {
    line.trial.configuration = line.configuration;
    if (line.as_soap) line.trial.read_as = ReadAs::soap;
    if (line.as_form) line.trial.read_as = ReadAs::form;
    if (line.live) line.trial.ask = Ask::daemon;
    if (line.show_name_id) line.trial.name_id = ShowNameID::yes;
    return try_message(line.trial, format, now);
}

ExitCode run(Line& line, const Commands& commands) {
    const Format format = line.json ? Format::json : Format::table;
    const Instant now = sp::SystemClock().now();
    using metadata::EndpointRule;
    const bool is_for_messages = (*commands.show || *commands.validate) && line.wanted_for == WantedFor::message;
    if (is_for_messages) line.judged_by.endpoints = permissive_rules().endpoints;
    if (line.allow_http) line.judged_by.endpoints.http = EndpointRule::Http::accepted;
    if (line.allow_private_addresses)
        line.judged_by.endpoints.private_addresses = EndpointRule::PrivateAddresses::accepted;
    if (*commands.explain) return line.rule.empty() ? list_rules(format) : explain_rule(line.rule, format);
    if (*commands.trial) return run_trial(line, format, now);
    if (*commands.generate) {
        line.generation.configuration = line.configuration;
        if (line.sign) line.generation.signature = Signature::yes;
        if (line.unsigned_) line.generation.signature = Signature::no;
        return generate_metadata(line.generation, format, now);
    }
    if (*commands.show) return show_metadata(line.file, line.judged_by, format, now);
    if (*commands.validate) return validate_metadata(line.file, line.judged_by, format, now);
    if (*commands.diff) return diff_metadata(line.file, line.newer_file, line.judged_by, format, now);
    if (*commands.refresh) return refresh_metadata(line.configuration, format, now);
    if (*commands.import) {
        line.import.longest_validity = std::chrono::days(line.longest_validity_days);
        line.import.judged_by = line.judged_by;
        line.import.acceptance = line.accept ? Acceptance::accepted : Acceptance::ask;
        return import_metadata(line.import, format, now);
    }
    if (*commands.new_idp) return new_try_idp(line.new_idp, format, now);
    if (*commands.logout) return order_logout(line.logout, format, now);
    if (*commands.sign_on) return answer_sign_on(line.sign_on, format, now);
    if (*commands.new_key) return run_new_key(line, format, now);
    return run_rotation(line, format, now);
}

}  // namespace

int main(int argc, char** argv) {
    Line line;
    Commands commands;
    CLI::App app{
        "saml-slo: metadata and keys of a SAML 2.0 service provider, an IdP to try it out, captured messages, and what "
        "the rules of the audit mean",
        "saml-slo"};
    app.footer(exit_code_table());
    app.require_subcommand(1);
    app.fallthrough();
    app.add_flag("--json", line.json, "JSON instead of tables");
    try {
        add_metadata_commands(app, line, commands);
        add_key_commands(app, line, commands);
        add_try_idp_commands(app, line, commands);
        add_try_sign_on_command(app, line, commands);
        add_explain_command(app, line, commands);
        add_try_command(app, line, commands);
        app.parse(argc, argv);
    } catch (const CLI::Success& wanted) {  // --help
        return app.exit(wanted);
    } catch (const CLI::Error& error) {
        return static_cast<int>(complain(std::string(error.what()) + "; see saml-slo --help", ExitCode::usage));
    }
    if (const auto hardened = saml::harden_process(); !hardened)
        return static_cast<int>(complain(hardened.error().code.message(), ExitCode::usage));
    try {
        return static_cast<int>(run(line, commands));
    } catch (const std::exception& error) {
        return static_cast<int>(
            complain(std::string(error.what()) + "; check the memory and the disk", ExitCode::usage));
    }
}
