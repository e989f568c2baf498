// SAML Core 1.3, 2.2 and 2.7.2: values, identifiers, sessions (section 2 of the requirements).
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <regex>
#include <set>
#include <string>

#include "expectations.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "slo/saml/identifiers.hpp"
#include "spec.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

void expect_refused(const LogoutRequestText& request, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_requester(provider.post(soap(request)), "_r1", from);
    expect_unchanged(provider, from);
}

/// A good request for an unknown principal: Success, and nothing happens.
void expect_no_match(const LogoutRequestText& request, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_ok(provider.post(soap(request)), "_r1", from);
    expect_unchanged(provider, from);
}

/// A request whose names are those of a session but for white space around them: nothing happens, and that is no
/// Success.
void expect_near(const LogoutRequestText& request, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_status(provider.post(soap(request)), "Responder", {"UnknownPrincipal"}, "_r1", from);
    expect_rule(provider, "near_miss.white_space", from);
    expect_unchanged(provider, from);
}

/// Whether a request with `identifier` ends a session that was made for `name_id`. Where it doesn't although the names
/// are nearly the same, the answer is no Success: the session may well be meant.
bool ends(const saml::NameID& name_id, const std::string& identifier) {
    ServiceProvider provider;
    provider.admit(session("S", idp1_entity_id, name_id, {"i1"}));
    const auto reply = provider.post(soap({.identifier = identifier}));
    const bool has_ended = provider.alive().empty() && provider.told() == "S";
    const bool is_near = identifier.find(">" + name_id.value + "<") != std::string::npos;
    if (has_ended || !is_near) expect_ok(reply);
    if (!has_ended && is_near) expect_status(reply, "Responder", {"UnknownPrincipal"});
    return has_ended;
}

saml::NameID name_id(std::string value, std::optional<std::string> format = std::nullopt,
                     std::optional<std::string> name_qualifier = std::nullopt,
                     std::optional<std::string> sp_name_qualifier = std::nullopt,
                     std::optional<std::string> sp_provided_id = std::nullopt) {
    return {std::move(value), std::move(format), std::move(name_qualifier), std::move(sp_name_qualifier),
            std::move(sp_provided_id)};
}

std::string persistent(std::string_view attributes, std::string_view value = "P1") {
    return R"(<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" )" + std::string(attributes) +
           ">" + std::string(value) + "</saml:NameID>";
}

const std::string persistent_format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

std::string repeated(std::string_view unit, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += unit;
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_core_values)

BOOST_AUTO_TEST_CASE(core_val_01_refuses_blank_strings, *spec("SAML Core 1.3.1 l.277-279")) {
    expect_refused({.identifier = transient_name_id("")});
    expect_refused({.identifier = transient_name_id("  ")});
    expect_refused({.session_indexes = {""}});
    expect_refused({.session_indexes = {"i1", " \n"}});
    expect_refused({.issuer = issuer_of(" ")});
}

BOOST_AUTO_TEST_CASE(core_val_02_compares_strings_byte_by_byte, *spec("SAML Core 1.3.1 l.280-285")) {
    for (const auto* other : {"n1", "N&#13;1", "N1\xC2\x85", "N1\xE2\x80\x8B",
                              "\xEF\xBC\xAE"
                              "1",
                              "N\xD9\xA1"}) {
        expect_no_match({.identifier = transient_name_id(other)});
    }
    for (const auto* other : {"N1 ", " N1"}) expect_near({.identifier = transient_name_id(other)});
    expect_near({.session_indexes = {" i1"}});
    expect_refused({.identifier = transient_name_id("\n\tN1&#13;\n")});
    expect_refused({.session_indexes = {"i1&#13;"}});
    expect_no_match({.session_indexes = {"I1"}});
}

BOOST_AUTO_TEST_CASE(core_val_03_does_not_normalise_unicode, *spec("SAML Core 1.3.1 l.286-290")) {
    BOOST_TEST(ends(transient("S\xC3\xB6hne"), transient_name_id("S\xC3\xB6hne")));
    BOOST_TEST(ends(transient("S\xC3\xB6hne"), transient_name_id("S&#xF6;hne")));
    BOOST_TEST(!ends(transient("S\xC3\xB6hne"), transient_name_id("So\xCC\x88hne")));
}

BOOST_AUTO_TEST_CASE(core_val_04_compares_after_xml_normalisation, *spec("SAML Core 1.3.1 l.291-296")) {
    const auto made_with_a_space = name_id("P1", persistent_format, std::nullopt, std::nullopt, "a b");
    const auto request = soap({.identifier = persistent(R"(SPProvidedID="a b")")});
    ServiceProvider provider;
    provider.admit(session("S", idp1_entity_id, made_with_a_space, {"i1"}));
    expect_ok(provider.post(replaced(request, "\"a b\"", "\"a\nb\"")));
    BOOST_TEST(provider.alive().empty());
}

BOOST_AUTO_TEST_CASE(core_val_04_keeps_an_escaped_newline_apart_from_a_space, *spec("SAML Core 1.3.1 l.291-296")) {
    ServiceProvider provider;
    provider.admit(session("S", idp1_entity_id, name_id("P1", persistent_format, {}, {}, "a b"), {"i1"}));
    const auto reply = provider.post(soap({.identifier = persistent(R"(SPProvidedID="a&#10;b")")}));
    expect_sound(reply);
    expect_sessions(provider, "S", "");
}

BOOST_AUTO_TEST_CASE(core_val_05_refuses_uris_that_are_relative_or_blank, *spec("SAML Core 1.3.2 l.303-305")) {
    expect_refused({.destination = "/saml/slo/soap"});
    expect_refused({.consent = ""});
    expect_refused({.consent = "obtained"});
    expect_refused({.identifier = R"(<saml:NameID Format="x y">N1</saml:NameID>)"});
}

BOOST_AUTO_TEST_CASE(core_val_06_refuses_times_that_are_not_utc_with_z, *spec("SAML Core 1.3.3 l.311-312")) {
    for (const auto* time : {"2030-01-15T10:00:00", "2030-01-15T12:00:00+02:00", "2030-01-15T10:00:00+00:00",
                             "2030-01-15T10:00:00z", "2030-01-15 10:00:00Z", "2030-01-15", "2030-01-15T10:00 :00Z"}) {
        BOOST_TEST_CONTEXT(time) {
            expect_refused({.issue_instant = time});
            expect_refused({.not_on_or_after = time});
        }
    }
}

BOOST_AUTO_TEST_CASE(core_val_07_reads_nine_fraction_digits_and_writes_three_at_most, *spec("SAML Core 1.3.3 l.313")) {
    Baseline provider;
    provider.clock.set(at("2030-01-15T10:00:00.123Z"));
    const auto reply = provider.post(soap({.issue_instant = "2030-01-15T09:59:59.123456789Z"}));
    expect_ok(reply);
    BOOST_TEST(reply.saml->issue_instant == "2030-01-15T10:00:00.123Z");
}

BOOST_AUTO_TEST_CASE(core_val_08_refuses_leap_seconds_and_reads_hour_24, *spec("SAML Core 1.3.3 l.314")) {
    expect_refused({.not_on_or_after = "2030-01-15T23:59:60Z"});
    expect_refused({.issue_instant = "2030-01-15T09:59:60Z"});
    Baseline last_day;
    expect_ok(last_day.post(soap({.not_on_or_after = "2030-01-15T24:00:00Z"})));
    Baseline midnight;
    midnight.clock.set(at("2030-01-15T00:00:00Z"));
    expect_ok(midnight.post(soap({.issue_instant = "2030-01-14T24:00:00Z"})));
}

BOOST_AUTO_TEST_CASE(core_val_09_allows_for_clock_skew, *spec("Erratum E92; Kantara IIP-G01, SDP-G01")) {
    Baseline within;
    expect_ok(within.post(soap({.issue_instant = "2030-01-15T09:55:00Z", .not_on_or_after = "2030-01-15T09:58:00Z"})));
    expect_refused({.issue_instant = "2030-01-15T09:55:00Z", .not_on_or_after = "2030-01-15T09:56:59Z"});
    ServiceProviderOptions strict;
    strict.policy.clock_skew = 0s;
    Baseline without(strict);
    expect_requester(
        without.post(soap({.issue_instant = "2030-01-15T09:55:00Z", .not_on_or_after = "2030-01-15T10:00:00Z"})));
}

BOOST_AUTO_TEST_CASE(core_val_10_makes_ids_that_never_collide, *spec("SAML Core 1.3.4 l.318-329")) {
    static const std::regex nc_name("[A-Za-z_][A-Za-z0-9_.-]{25,}");
    std::set<std::string> ids;
    for (int i = 0; i < 100'000; ++i) {
        const auto id = saml::random_message_id();
        BOOST_REQUIRE(id.has_value());
        if (i < 1000) BOOST_TEST(std::regex_match(id->str(), nc_name));
        ids.insert(id->str());
    }
    BOOST_TEST(ids.size() == 100'000U);
}

BOOST_AUTO_TEST_CASE(core_val_11_refuses_an_id_that_is_declared_twice, *spec("SAML Core 1.3.4 l.321-322")) {
    Baseline provider;
    const LogoutRequestText request{.extensions =
                                        R"(<samlp:Extensions><x:y xmlns:x="urn:x" ID="_r1"/></samlp:Extensions>)"};
    const auto reply = provider.post(unsigned_soap(request));
    expect_sound(reply);
    BOOST_TEST((reply.fault || (reply.saml && reply.saml->status[0] == "Requester")), "answered " << reply.summary());
    expect_rule(provider, "xml.duplicate_id");
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_val_12_takes_256_characters_outside_the_bmp, *spec("Kantara IIP-G02")) {
    const auto long_value = repeated("\xF0\x9F\x94\x91", 256);
    ServiceProvider provider;
    provider.admit(session("S", idp1_entity_id, transient(long_value), {long_value}));
    provider.admit(session("T", idp1_entity_id, transient(long_value), {repeated("\xF0\x9F\x94\x91", 255)}));
    expect_ok(provider.post(soap({.identifier = transient_name_id(long_value), .session_indexes = {long_value}})));
    expect_sessions(provider, "T", "S");
}

BOOST_AUTO_TEST_CASE(core_nid_01_takes_a_missing_format_for_unspecified,
                     *spec("SAML Core 2.2.2 l.455-460; erratum E60")) {
    const std::string unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
    BOOST_TEST(ends(name_id("U1"), R"(<saml:NameID Format=")" + unspecified + R"(">U1</saml:NameID>)"));
    BOOST_TEST(ends(name_id("U1", unspecified), "<saml:NameID>U1</saml:NameID>"));
    BOOST_TEST(!ends(name_id("U1"), transient_name_id("U1")));
}

BOOST_AUTO_TEST_CASE(core_nid_02_matches_text_and_all_attributes,
                     *spec("SAML Core 3.3.4 l.1949-1960; Profiles l.1299-1301")) {
    const auto made = name_id("P1", persistent_format, "urn:q", std::string(our_entity_id), "provided");
    const std::string same =
        R"(NameQualifier="urn:q" SPNameQualifier="https://sp.example.com/saml/metadata" SPProvidedID="provided")";
    BOOST_TEST(ends(made, persistent(same)));
    BOOST_TEST(!ends(made, persistent(same, "P2")));
    BOOST_TEST(!ends(made, persistent(replaced(same, "urn:q", "urn:other"))));
    BOOST_TEST(!ends(made, persistent(replaced(same, "\"provided\"", "\"other\""))));
    BOOST_TEST(!ends(made, persistent(replaced(same, "SPProvidedID=\"provided\"", ""))));
    BOOST_TEST(!ends(made, replaced(persistent(same), "persistent", "transient")));
}

BOOST_AUTO_TEST_CASE(core_nid_02_matches_no_other_sp_name_qualifier, *spec("SAML Core 3.3.4 l.1949-1960")) {
    ServiceProvider provider;
    provider.admit(
        session("S", idp1_entity_id, name_id("P1", persistent_format, {}, std::string(our_entity_id)), {"i1"}));
    const auto reply =
        provider.post(soap({.identifier = persistent(R"(SPNameQualifier="https://other-sp.example.com")")}));
    expect_sound(reply);
    expect_sessions(provider, "S", "");
}

BOOST_AUTO_TEST_CASE(core_nid_03_fills_in_qualifiers_that_were_left_out,
                     *spec("SAML Core 8.3.7 l.3326-3336, 8.3.8 l.3363-3365")) {
    const std::string both =
        R"(NameQualifier="https://idp1.example.org/metadata" SPNameQualifier="https://sp.example.com/saml/metadata")";
    const auto with_both = name_id("P1", persistent_format, std::string(idp1_entity_id), std::string(our_entity_id));
    BOOST_TEST(ends(with_both, persistent("")));
    BOOST_TEST(ends(name_id("P1", persistent_format), persistent(both)));
    BOOST_TEST(!ends(with_both, persistent(R"(NameQualifier="https://idp2.example.org/metadata")")));
}

BOOST_AUTO_TEST_CASE(core_nid_05_never_cuts_a_long_identifier, *spec("SAML Core 8.3.7 l.3325")) {
    ServiceProvider provider;
    provider.admit(session("S", idp1_entity_id, name_id(std::string(256, 'p'), persistent_format), {"i1"}));
    expect_sound(provider.post(soap({.identifier = persistent("", std::string(257, 'p'))})));
    expect_sessions(provider, "S", "");
}

BOOST_AUTO_TEST_CASE(core_nid_06_refuses_an_issuer_with_qualifiers, *spec("SAML Core 8.3.6 l.3315-3317")) {
    for (const auto* qualifier : {"NameQualifier", "SPNameQualifier", "SPProvidedID"}) {
        expect_refused({.issuer = "<saml:Issuer " + std::string(qualifier) +
                                  R"(="x">https://idp1.example.org/metadata</saml:Issuer>)"});
    }
    BOOST_TEST(!saml::EntityID::parse("https://idp.example.org/" + std::string(1001, 'x')).has_value());
}

BOOST_AUTO_TEST_CASE(core_nid_07_keeps_identifiers_out_of_the_audit, *spec("SAML Core 8.3.7 l.3340-3344")) {
    ServiceProvider provider;
    provider.admit(session("S", idp1_entity_id, transient("very-secret-name"), {"very-secret-index"}));
    expect_ok(provider.post(
        soap({.identifier = transient_name_id("very-secret-name"), .session_indexes = {"very-secret-index"}})));
    const auto refused = provider.post(unsigned_soap({.identifier = transient_name_id("very-secret-name")}));
    expect_sound(refused);
    for (const auto& entry : provider.audit.entries()) {
        BOOST_TEST(entry.json.find("very-secret") == std::string::npos);
    }
    const auto first = provider.audit.entries().front();
    BOOST_TEST(std::regex_match(first.name_id, std::regex("[0-9a-f]{32}")));
}

BOOST_AUTO_TEST_CASE(core_nid_08_knows_one_issuer_format, *spec("SAML Core 2.2.5 l.526; Profiles l.1294-1296")) {
    const std::string of_format = R"(<saml:Issuer Format="FORMAT">https://idp1.example.org/metadata</saml:Issuer>)";
    Baseline provider;
    expect_ok(provider.post(
        soap({.issuer = replaced(of_format, "FORMAT", "urn:oasis:names:tc:SAML:2.0:nameid-format:entity")})));
    expect_refused({.issuer = replaced(of_format, "FORMAT", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")});
    expect_refused({.issuer = replaced(of_format, "FORMAT", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified")});
}

BOOST_AUTO_TEST_CASE(core_nid_10_handles_every_name_id_format, *spec("SAML Conformance 3.3")) {
    const std::string v1 = "urn:oasis:names:tc:SAML:1.1:nameid-format:";
    const std::string v2 = "urn:oasis:names:tc:SAML:2.0:nameid-format:";
    for (const auto& [format, value] :
         std::vector<std::pair<std::string, std::string>>{{v1 + "unspecified", "u"},
                                                          {v1 + "emailAddress", "a@example.org"},
                                                          {v1 + "X509SubjectName", "CN=a, O=b"},
                                                          {v1 + "WindowsDomainQualifiedName", "D\\a"},
                                                          {v2 + "kerberos", "a/b@R"},
                                                          {v2 + "entity", "https://e"},
                                                          {v2 + "persistent", "p"},
                                                          {v2 + "transient", "t"},
                                                          {"urn:private:format", "x"}}) {
        BOOST_TEST(ends(name_id(value, format), "<saml:NameID Format=\"" + format + "\">" + value + "</saml:NameID>"),
                   format);
    }
}

BOOST_AUTO_TEST_CASE(core_nid_11_reads_the_whole_text_of_a_name_id, *spec("Canonical XML 1.0 section 2.3")) {
    BOOST_TEST(ends(transient("alice@evil"), transient_name_id("alice<![CDATA[@ev]]>il")));
    Baseline provider;
    expect_fault(provider.post(replaced(soap({}), ">N1<", ">N1<!---->@evil<")), "Client");
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_nid_12_forgets_a_logout_in_time, *spec("Erratum E78")) {
    ServiceProvider provider;
    expect_ok(provider.post(soap({.session_indexes = {}})));
    const auto login = session("late", idp1_entity_id, transient("N1"), {"i1"});
    BOOST_TEST((provider.admit(login) == sp::Admission::refused_by_logout));
    provider.clock.advance(23h);
    BOOST_TEST((provider.admit(login) == sp::Admission::admitted));
}

BOOST_AUTO_TEST_CASE(core_ses_01_keeps_the_data_that_logout_needs,
                     *spec("SAML Profiles 4.1.4.2 l.551-553; erratum E38")) {
    ServiceProvider provider;
    auto made =
        session("S", idp1_entity_id, name_id("P1", persistent_format, "urn:q", "urn:sp", "provided"), {"i1", "i9"});
    provider.admit(made);
    const auto found = provider.store.find(made.id);
    BOOST_REQUIRE((found.has_value() && found->has_value()));
    BOOST_TEST((**found == made));
}

BOOST_AUTO_TEST_CASE(core_ses_02_leaves_the_same_index_of_another_principal_alone,
                     *spec("SAML Core 2.7.2 l.1074-1085")) {
    Baseline provider;
    expect_ok(provider.post(soap({})));
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(core_ses_03_compares_session_indexes_exactly, *spec("SAML Core 2.7.2 l.1058")) {
    ServiceProvider provider;
    provider.admit(session("one", idp1_entity_id, transient("N1"), {"1"}));
    provider.admit(session("zero-one", idp1_entity_id, transient("N1"), {"01"}));
    provider.admit(session("prefix", idp1_entity_id, transient("N1"), {"1::client"}));
    expect_ok(provider.post(soap({.session_indexes = {"1"}})));
    expect_sessions(provider, "zero-one prefix", "one");
}

BOOST_AUTO_TEST_CASE(core_ses_04_ends_a_session_by_any_of_its_indexes, *spec("Erratum E26; SAML Core 2.7.2")) {
    for (const auto* index : {"i1", "i9"}) {
        ServiceProvider provider;
        provider.admit(session("S", idp1_entity_id, transient("N1"), {"i1", "i9"}));
        expect_ok(provider.post(soap({.session_indexes = {index}})));
        expect_sessions(provider, "", "S");
    }
}

BOOST_AUTO_TEST_CASE(core_ses_05_drops_a_session_when_it_expires,
                     *spec("Erratum E79; SAML Profiles 4.1.4.3 l.588-590")) {
    ServiceProvider provider;
    auto short_one = session("S", idp1_entity_id, transient("N1"), {"i1"});
    short_one.expires = at(baseline_now) + 1min;
    provider.admit(short_one);
    provider.clock.advance(1min);
    BOOST_TEST(provider.alive() == "");
    expect_ok(provider.post(soap({})));
}

BOOST_AUTO_TEST_CASE(core_ses_06_ends_every_local_session_of_one_index, *spec("SAML Core 3.7.3.2 l.2592-2596")) {
    Baseline provider;
    provider.admit(session("S5", idp1_entity_id, transient("N1"), {"i1"}));
    expect_ok(provider.post(soap({})));
    expect_sessions(provider, "S2 S3 S4", "S1 S5");
}

BOOST_AUTO_TEST_CASE(core_ses_07_ends_a_session_without_index_only_by_a_request_without_index,
                     *spec("SAML Core 3.7.3.2 l.2592-2596")) {
    ServiceProvider provider;
    provider.admit(session("S", idp1_entity_id, transient("N1"), {}));
    expect_ok(provider.post(soap({})));
    expect_sessions(provider, "S", "");
    expect_ok(provider.post(soap({.id = "_r2", .session_indexes = {}})), "_r2");
    expect_sessions(provider, "", "S");
}

BOOST_AUTO_TEST_CASE(core_ses_09_takes_any_number_of_indexes_up_to_the_limit, *spec("SAML Core 3.7.3.2 l.2594")) {
    Baseline two;
    expect_ok(two.post(soap({.session_indexes = {"i1", "i2"}})));
    BOOST_TEST(two.alive() == "S3 S4");
    Baseline twice;
    expect_ok(twice.post(soap({.session_indexes = {"i1", "i1"}})));
    expect_sessions(twice, "S2 S3 S4", "S1");
    std::vector<std::string> many;
    for (int i = 1'200; i > 0; --i) many.push_back("i" + std::to_string(i));
    Baseline with_many;
    expect_ok(with_many.post(soap({.session_indexes = many})));
    BOOST_TEST(with_many.alive() == "S3 S4");
    BOOST_TEST(with_many.audit.last().session_indexes.size() == 64u);
    BOOST_TEST(with_many.audit.last().session_index_count == 1'200u);
    std::vector<std::string> long_ones;
    for (int i = 0; i < 80; ++i) long_ones.push_back(std::string(1'000, 'i') + std::to_string(i));
    Baseline over_the_limit;  // of a message
    BOOST_TEST(over_the_limit.post(soap({.session_indexes = long_ones})).http_status == 413);
    expect_unchanged(over_the_limit);
}

BOOST_AUTO_TEST_SUITE_END()
