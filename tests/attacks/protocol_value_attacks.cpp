// Matrix E: the values in a LogoutRequest: times, destinations, identifiers, versions, issuers. All of them are signed
// by a partner, so that the value alone is judged.
#include <vector>

#include "attack.hpp"
#include "material.hpp"

namespace slo::test {
namespace {

using NamedText = std::pair<const char*, std::string>;

std::string url_with(std::string_view from, std::string_view to) {
    return replaced(std::string(our_soap_url), from, to);
}

/// Signed by IdP1. Its ID isn't good_request()'s.
Text signed_text(LogoutRequestText text) {
    text.id = "_a1";
    return [text = std::move(text)] { return soap(marked(text)); };
}

Attacks times() {
    const std::vector<NamedText> malformed{
        {"no_zone", "2030-01-15T10:00:00"},
        {"a_zone_of_zero", "2030-01-15T10:00:00+00:00"},
        {"another_zone", "2030-01-15T12:00:00+02:00"},
        {"a_zone_in_lower_case", "2030-01-15T10:00:00z"},
        {"a_leap_second", "2030-01-15T10:00:60Z"},
        {"a_fraction_of_40_digits", "2030-01-15T10:00:00." + std::string(40, '1') + "Z"},
        {"an_empty_fraction", "2030-01-15T10:00:00.Z"},
        {"the_year_10000", "10000-01-15T10:00:00Z"},
        {"a_year_of_20_digits", "99999999999999999999-01-15T10:00:00Z"},
        {"a_negative_year", "-2030-01-15T10:00:00Z"},
        {"a_second_after_24_o_clock", "2030-01-15T24:00:01Z"},
        {"25_o_clock", "2030-01-15T25:00:00Z"},
        {"February_30", "2030-02-30T10:00:00Z"},
        {"a_month_of_one_digit", "2030-1-15T10:00:00Z"},
        {"a_blank_for_T", "2030-01-15 10:00:00Z"},
        {"the_basic_format", "20300115T100000Z"},
        {"no_seconds", "2030-01-15T10:00Z"},
        {"a_blank_inside", "2030-01-15T10:00:00 Z"},
        {"a_no_break_space_behind", "2030-01-15T10:00:00Z\xC2\xA0"},
        {"two_signs", "2030-01-15T+1:00:00Z"},
        {"full_width_digits", "\xEF\xBC\x92\xEF\xBC\x90\xEF\xBC\x93\xEF\xBC\x90-01-15T10:00:00Z"},
        {"a_format_string", "%n%n%n%n-do-not-repeat"},
        {"nothing", ""},
    };
    Attacks all;
    for (const auto& [name, time] : malformed) {
        all.push_back(refused("SAM-07", std::string("an_IssueInstant_with_") + name,
                              signed_text({.issue_instant = time}), "saml.time"));
        all.push_back(refused("SAM-08", std::string("a_NotOnOrAfter_with_") + name,
                              signed_text({.not_on_or_after = time}), "saml.time"));
    }
    for (auto& attack : Attacks{
             refused("SAM-07", "no_IssueInstant", signed_text({.issue_instant = std::nullopt}), "saml.schema"),
             refused("SAM-07", "an_IssueInstant_beyond_the_skew",
                     signed_text({.issue_instant = "2030-01-15T10:03:00.001Z"}), "check.issue_instant"),
             accepted("SAM-07", "an_IssueInstant_within_the_skew",
                      signed_text({.issue_instant = "2030-01-15T10:03:00Z"}), "S1"),
             refused("SAM-07", "24_o_clock",
                     signed_text({.issue_instant = "2030-01-15T24:00:00Z", .not_on_or_after = "2030-01-16T00:05:00Z"}),
                     "check.issue_instant"),
             refused("SAM-07", "the_year_9999",
                     signed_text({.issue_instant = "9999-12-31T23:59:59.999Z", .not_on_or_after = std::nullopt}),
                     "check.issue_instant"),
             refused("SAM-07", "the_year_0", signed_text({.issue_instant = "0000-01-01T00:00:00Z"}),
                     "check.not_on_or_after"),
             refused("SAM-07", "a_stale_IssueInstant_without_NotOnOrAfter",
                     signed_text({.issue_instant = "2030-01-15T09:51:59.999Z", .not_on_or_after = std::nullopt}),
                     "check.issue_instant"),
             accepted("SAM-07", "an_IssueInstant_in_white_space",
                      signed_text({.issue_instant = "\t2030-01-15T10:00:00Z&#13;&#10;"}), "S1"),
             refused("SAM-07", "a_stale_IssueInstant_in_white_space",
                     signed_text({.issue_instant = " 2030-01-15T09:51:59.999Z ", .not_on_or_after = std::nullopt}),
                     "check.issue_instant"),
             accepted("SAM-08", "a_NotOnOrAfter_in_white_space",
                      signed_text({.not_on_or_after = " 2030-01-15T10:05:00Z&#10;"}), "S1"),
             refused(
                 "SAM-08", "one_that_has_passed_in_white_space",
                 signed_text({.issue_instant = "2030-01-15T09:50:00Z", .not_on_or_after = " 2030-01-15T09:57:00Z "}),
                 "check.not_on_or_after"),
             accepted("SAM-08", "no_NotOnOrAfter", signed_text({.not_on_or_after = std::nullopt}), "S1"),
             refused("SAM-08", "one_that_has_passed",
                     signed_text({.issue_instant = "2030-01-15T09:50:00Z", .not_on_or_after = "2030-01-15T09:57:00Z"}),
                     "check.not_on_or_after"),
             refused("SAM-08", "one_that_is_IssueInstant", signed_text({.not_on_or_after = std::string(baseline_now)}),
                     "check.not_on_or_after"),
             refused("SAM-08", "one_before_IssueInstant", signed_text({.not_on_or_after = "2030-01-15T09:59:59Z"}),
                     "check.not_on_or_after"),
             refused("SAM-08", "the_year_0", signed_text({.not_on_or_after = "0000-01-01T00:00:00Z"}),
                     "check.not_on_or_after"),
             accepted("SAM-08", "one_in_the_year_9999", signed_text({.not_on_or_after = "9999-12-31T23:59:59.999Z"}),
                      "S1"),
             // No record of it would be kept that long.
             refused("SAM-08", "one_in_the_year_9999_on_a_request_of_the_day_before_yesterday",
                     signed_text({.issue_instant = "2030-01-13T10:00:00Z", .not_on_or_after = "9999-12-31T23:59:59Z"}),
                     "check.not_on_or_after"),
         }) {
        all.push_back(std::move(attack));
    }
    return all;
}

Attacks destinations() {
    const std::vector<NamedText> others{
        {"another_SP", "https://do-not-repeat.example.com/saml/slo/soap"},
        {"another_path", url_with("/soap", "/redirect")},
        {"the_host_in_upper_case", url_with("sp.example.com", "SP.EXAMPLE.COM")},
        {"the_path_in_upper_case", url_with("/saml", "/SAML")},
        {"the_scheme_in_upper_case", url_with("https", "HTTPS")},
        {"http", url_with("https", "http")},
        {"the_default_port", url_with(".com/", ".com:443/")},
        {"another_port", url_with(".com/", ".com:8443/")},
        {"a_slash_at_the_end", std::string(our_soap_url) + "/"},
        {"two_slashes", url_with("/slo", "//slo")},
        {"a_path_through_a_dot", url_with("/slo", "/./slo")},
        {"a_path_through_its_parent", url_with("/slo", "/x/../slo")},
        {"user_information", url_with("sp.", "do-not-repeat@sp.")},
        {"us_as_user_information", url_with(".com/", ".com@do-not-repeat.example.com/")},
        {"a_percent_escape", url_with("/slo", "/%73lo")},
        {"a_dot_behind_the_host", url_with(".com/", ".com./")},
        {"us_as_a_subdomain", url_with(".com/", ".com.do-not-repeat.example.net/")},
        {"a_query", std::string(our_soap_url) + "?do-not-repeat"},
        {"a_fragment", std::string(our_soap_url) + "#do-not-repeat"},
        {"our_name_instead", std::string(our_entity_id)},
        {"a_homoglyph", url_with("sp.", "s\xD1\x80.")},
    };
    Attacks all;
    for (const auto& [name, url] : others) {
        all.push_back(refused("SAM-10", name, signed_text({.destination = url}), "check.destination"));
    }
    const std::vector<NamedText> no_urls{{"a_path_alone", "/saml/slo/soap"},
                                         {"no_scheme", "//sp.example.com/saml/slo/soap"},
                                         {"two_urls", std::string(our_soap_url) + " " + std::string(our_soap_url)},
                                         {"a_backslash", url_with("/slo", "\\slo")}};
    for (const auto& [name, url] : no_urls) {
        all.push_back(refused("SAM-10", name, signed_text({.destination = url}), "saml.uri"));
    }
    all.push_back(refused("SAM-10", "none", signed_text({.destination = std::nullopt}), "check.destination_missing"));
    // xs:anyURI: white space at the ends is no part of it.
    for (const auto& [name, url] :
         std::vector<NamedText>{{"a_blank_in_front", " " + std::string(our_soap_url)},
                                {"a_blank_behind", std::string(our_soap_url) + " "},
                                {"a_line_of_its_own", "&#10;\t" + std::string(our_soap_url) + "&#13;"}}) {
        all.push_back(accepted("SAM-10", name, signed_text({.destination = url}), "S1"));
    }
    all.push_back(refused("SAM-10", "another_SP_with_a_blank_behind",
                          signed_text({.destination = "https://do-not-repeat.example.com/saml/slo/soap "}),
                          "check.destination"));
    all.push_back(refused("SAM-10", "a_no_break_space_behind",
                          signed_text({.destination = std::string(our_soap_url) + "\xC2\xA0"}), "check.destination"));
    all.push_back(refused("SAM-10", "a_blank", signed_text({.destination = " "}), "check.destination_missing"));
    all.push_back(refused("SAM-10", "an_empty_one", signed_text({.destination = ""}), "check.destination_missing"));
    return all;
}

std::string name_id(const std::string& attributes, std::string_view value = alice) {
    return "<saml:NameID" + attributes + ">" + std::string(value) + "</saml:NameID>";
}

constexpr const char* transient_format = R"( Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient")";

std::string qualifier(const char* attribute, std::string_view value) {
    return " " + std::string(attribute) + "=\"" + std::string(value) + "\"";
}

std::function<ServiceProviderOptions()> with_profile(const idp_adapter::InteropProfile& profile) {
    return [=] { return ServiceProviderOptions{.idps = {idp1(profile), idp2()}}; };
}

Attack under_matching(Attack attack, saml::NameIDMatching matching) {
    idp_adapter::InteropProfile profile;
    profile.name_id_matching = matching;
    attack.provider = with_profile(profile);
    return attack;
}

/// Whose request it is: the sessions are alice's in transient format, without qualifiers, at IdP1 and at IdP2.
Attacks other_parties() {
    const auto for_other_sp =
        name_id(transient_format + qualifier("SPNameQualifier", "https://do-not-repeat.example.com/"));
    auto without_destination =
        missed("SAM-11", "a_request_for_another_SP_where_no_Destination_is_needed",
               signed_text({.destination = std::nullopt, .identifier = for_other_sp}), "near_miss.qualifier");
    idp_adapter::InteropProfile lenient;
    lenient.destination = saml::DestinationRule::optional;
    without_destination.provider = with_profile(lenient);
    const auto from_idp2 = [](LogoutRequestText text) -> Text {
        text.id = "_a1";
        return [text = std::move(text)] { return soap(marked(text), "keys/idp2.key.pem"); };
    };
    return {
        refused("SAM-11", "a_request_for_another_SP",
                signed_text({.destination = "https://do-not-repeat.example.com/slo", .identifier = for_other_sp}),
                "check.destination"),
        missed("SAM-11", "another_SPs_name_under_our_Destination", signed_text({.identifier = for_other_sp}),
               "near_miss.qualifier"),
        std::move(without_destination),
        accepted("SAM-12", "the_same_name_and_index_at_another_IdP", from_idp2({.issuer = issuer_of(idp2_entity_id)}),
                 "S4"),
        accepted(
            "SAM-12", "the_same_name_and_no_index_at_another_IdP",
            [] {
                return soap({.id = "_a1",
                             .consent = "urn:do-not-repeat",
                             .issuer = issuer_of(idp2_entity_id),
                             .identifier = transient_name_id(alice),
                             .session_indexes = {}},
                            "keys/idp2.key.pem");
            },
            "S4"),
        accepted("SAM-12", "a_name_that_only_the_other_IdP_has",
                 from_idp2({.issuer = issuer_of(idp2_entity_id), .identifier = transient_name_id(bob)}), ""),
        missed("SAM-12", "a_name_that_is_qualified_by_the_other_IdP",
               from_idp2({.issuer = issuer_of(idp2_entity_id),
                          .identifier = name_id(transient_format + qualifier("NameQualifier", idp1_entity_id))}),
               "near_miss.qualifier"),
        refused("SAM-12", "one_IdPs_key_in_the_name_of_another", from_idp2({}), "sig.invalid"),
    };
}

Attacks name_id_tuples() {
    const auto one = [](const char* name, const std::string& attributes, const char* ends) {
        return accepted("SAM-13", name, signed_text({.identifier = name_id(attributes)}), ends);
    };
    const auto near = [](const char* name, const std::string& attributes, const char* rule) {
        return missed("SAM-13", name, signed_text({.identifier = name_id(attributes)}), rule);
    };
    const std::string as_login = transient_format;
    const auto by_idp = [](std::string_view value) { return qualifier("NameQualifier", value); };
    const auto by_sp = [](std::string_view value) { return qualifier("SPNameQualifier", value); };
    return {
        one("as_at_login", as_login, "S1"),
        one("with_the_IdP_as_NameQualifier", as_login + by_idp(idp1_entity_id), "S1"),
        one("with_us_as_SPNameQualifier", as_login + by_sp(our_entity_id), "S1"),
        one("with_both_qualifiers", as_login + by_idp(idp1_entity_id) + by_sp(our_entity_id), "S1"),
        near("with_the_qualifiers_exchanged", as_login + by_idp(our_entity_id) + by_sp(idp1_entity_id),
             "near_miss.qualifier"),
        near("with_another_NameQualifier", as_login + by_idp("urn:do-not-repeat"), "near_miss.qualifier"),
        near("with_another_IdP_as_NameQualifier", as_login + by_idp(idp2_entity_id), "near_miss.qualifier"),
        near("with_another_SPNameQualifier", as_login + by_sp("urn:do-not-repeat"), "near_miss.qualifier"),
        near("with_an_SPProvidedID", as_login + qualifier("SPProvidedID", "do-not-repeat"), "near_miss.qualifier"),
        near("without_Format", "", "near_miss.format"),
        near("unspecified", R"( Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified")", "near_miss.format"),
        near("persistent", R"( Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")", "near_miss.format"),
        near("as_an_e_mail_address", R"( Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")",
             "near_miss.format"),
        near("in_another_case", R"( Format="URN:oasis:names:tc:SAML:2.0:nameid-format:transient")", "near_miss.format"),
        refused("SAM-13", "with_an_empty_Format", signed_text({.identifier = name_id(R"( Format="")")}), "saml.uri"),
        refused("SAM-13", "with_a_Format_that_is_no_URI",
                signed_text({.identifier = name_id(R"( Format="transient")")}), "saml.uri"),
        refused("SAM-13", "with_an_empty_qualifier", signed_text({.identifier = name_id(as_login + by_idp(""))}),
                "saml.name_id"),
        under_matching(near("with_the_default_where_only_exact_ones_match", as_login + by_idp(idp1_entity_id),
                            "near_miss.qualifier"),
                       saml::NameIDMatching::exact),
        under_matching(one("persistent_where_the_profile_compares_values_only",
                           R"( Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")", "S1"),
                       saml::NameIDMatching::value_only),
    };
}

Attacks look_alike_names() {
    const std::string name(alice);
    const std::string rest = name.substr(1);
    // An order that may well mean her ends nothing, and is no Success.
    const std::vector<NamedText> indented{{"a_blank_in_front", " " + name}, {"a_blank_behind", name + " "}};
    const std::vector<NamedText> of_markup{
        {"a_tab_in_front", "\t" + name}, {"a_line_feed_behind", name + "\n"}, {"a_carriage_return", name + "&#13;"}};
    const std::vector<NamedText> white_space{
        {"a_next_line", name + "\xC2\x85"},
        {"a_tab_inside", "al\tice" + name.substr(5)},
        {"a_blank_inside", "al " + name.substr(2)},
        {"a_no_break_space", "\xC2\xA0" + name},
        {"a_zero_width_space", name + "\xE2\x80\x8B"},
        {"a_zero_width_joiner", "al\xE2\x80\x8D" + name.substr(2)},
        {"a_soft_hyphen", "al\xC2\xAD" + name.substr(2)},
        {"an_ideographic_space", name + "\xE3\x80\x80"},
    };
    const std::vector<NamedText> spellings{
        {"upper_case", "ALICE" + name.substr(5)},
        {"title_case", "A" + rest},
        {"a_Turkish_dotless_i", "al\xC4\xB1" + name.substr(3)},
        {"a_Turkish_dotted_I", "al\xC4\xB0" + name.substr(3)},
        {"a_full_width_letter", "\xEF\xBD\x81" + rest},
        {"a_Cyrillic_letter", "\xD0\xB0" + rest},
        {"a_superscript_letter", "\xC2\xAA" + rest},
        {"a_mathematical_letter", "\xF0\x9D\x90\x9A" + rest},
        {"a_letter_with_an_accent", "\xC3\xA1" + rest},
        {"a_combining_accent", "a\xCC\x81" + rest},
        {"a_one_dot_leader", "alice\xE2\x80\xA4" + name.substr(6)},
        {"a_non_breaking_hyphen", "alice.do\xE2\x80\x91not-repeat, do-not-repeat"},
        {"a_full_width_at_sign", name + "\xEF\xBC\xA0" + "example.com"},
        {"a_right_to_left_override", "\xE2\x80\xAE" + name},
    };
    Attacks all;
    for (const auto& [what, value] : white_space) {
        all.push_back(accepted("SAM-15", what, signed_text({.identifier = transient_name_id(value)}), ""));
    }
    for (const auto& [what, value] : spellings) {
        all.push_back(accepted("SAM-16", what, signed_text({.identifier = transient_name_id(value)}), ""));
    }
    for (const auto& [what, value] : indented) {
        all.push_back(
            missed("SAM-15", what, signed_text({.identifier = transient_name_id(value)}), "near_miss.white_space"));
    }
    for (const auto& [what, value] : of_markup) {
        all.push_back(refused("SAM-15", what, signed_text({.identifier = transient_name_id(value)}), "saml.name_id"));
    }
    all.push_back(refused("SAM-15", "an_index_of_indented_markup", signed_text({.session_indexes = {"\n\ti1&#13;\n"}}),
                          "saml.session_index"));
    for (const auto* index : {" i1", "i1 "}) {
        all.push_back(missed("SAM-15", "an_indented_index_" + std::to_string(all.size()),
                             signed_text({.session_indexes = {index}}), "near_miss.white_space"));
    }
    for (const auto* index : {"I1", "i1\xE2\x80\x8B",
                              "\xEF\xBD\x89"
                              "1",
                              "i01"}) {
        all.push_back(accepted("SAM-15", "an_index_that_looks_alike_" + std::to_string(all.size()),
                               signed_text({.session_indexes = {index}}), ""));
    }
    return all;
}

Attacks sizes_of_names() {
    const auto one = [](const char* name, const std::string& value) {
        return refused("SAM-17", name, signed_text({.identifier = transient_name_id(value)}), "saml.name_id");
    };
    const auto unspecified = [](std::size_t size) {
        return signed_text({.identifier = name_id("", std::string(size, 'a'))});
    };
    return {
        one("empty", ""),
        one("blank", "   "),
        one("white_space", "\t&#13;\n"),
        one("10_KB", std::string(10'240, 'a')),
        one("257_characters", std::string(257, 'a')),
        accepted("SAM-17", "DEL", signed_text({.identifier = transient_name_id("\x7F" + std::string(alice))}), ""),
        accepted("SAM-17", "a_C1_control",
                 signed_text({.identifier = transient_name_id("\xC2\x80" + std::string(alice))}), ""),
        refused("SAM-17", "a_C0_control", changed(std::string(alice), std::string(alice) + "&#1;"), "xml.malformed"),
        accepted("SAM-17", "256_characters", signed_text({.identifier = transient_name_id(std::string(256, 'a'))}), ""),
        accepted("SAM-17", "1024_octets_in_another_format", unspecified(1024), ""),
        refused("SAM-17", "1025_octets_in_another_format", unspecified(1025), "saml.name_id"),
        refused("SAM-17", "NUL", changed(std::string(alice), std::string(alice) + std::string(1, '\0')),
                "xml.encoding"),
        refused("SAM-17", "an_escaped_NUL", changed(std::string(alice), std::string(alice) + "&#0;"), "xml.malformed"),
        refused("SAM-17", "a_qualifier_of_1025_octets",
                signed_text({.identifier = name_id(qualifier("NameQualifier", std::string(1025, 'a')))}),
                "saml.name_id"),
        missed("SAM-17", "a_qualifier_with_a_line_feed",
               signed_text({.identifier = name_id(transient_format + qualifier("SPProvidedID", "x&#10;y"))}),
               "near_miss.qualifier"),
    };
}

/// What a profile takes on purpose, and what stands next to it.
Attacks forms_of_an_idp() {
    idp_adapter::InteropProfile profile;
    profile.forms = {.times = saml::MessageForms::Times::utc_however_written,
                     .empty_qualifiers = saml::MessageForms::EmptyQualifiers::absent,
                     .issuer_attributes = saml::MessageForms::IssuerAttributes::ignored};
    const std::string as_login = transient_format;
    const auto issuer = [](const std::string& attributes) {
        return replaced(issuer_of(idp1_entity_id), "<saml:Issuer", "<saml:Issuer" + attributes);
    };
    const auto of_another_idp = [&](const std::string& attributes) {
        return [text = marked({.id = "_a1", .issuer = issuer(attributes)})] { return soap(text, "keys/idp2.key.pem"); };
    };
    Attacks all{
        accepted("SAM-07", "UTC_without_a_zone", signed_text({.issue_instant = "2030-01-15T10:00:00"}), "S1"),
        accepted("SAM-07", "UTC_with_a_zone_of_zero", signed_text({.issue_instant = "2030-01-15T10:00:00+00:00"}),
                 "S1"),
        refused("SAM-07", "a_zone_that_isn_t_UTC_where_no_zone_is_taken",
                signed_text({.issue_instant = "2030-01-15T12:00:00+02:00"}), "saml.time"),
        refused("SAM-07", "a_stale_IssueInstant_without_a_zone",
                signed_text({.issue_instant = "2030-01-15T09:51:59.999", .not_on_or_after = std::nullopt}),
                "check.issue_instant"),
        accepted("SAM-08", "a_NotOnOrAfter_without_a_zone", signed_text({.not_on_or_after = "2030-01-15T10:05:00"}),
                 "S1"),
        refused("SAM-08", "one_that_has_passed_with_a_zone_of_zero",
                signed_text({.issue_instant = "2030-01-15T09:50:00Z", .not_on_or_after = "2030-01-15T09:57:00+00:00"}),
                "check.not_on_or_after"),
        accepted("SAM-13", "empty_qualifiers_where_they_are_read_as_none",
                 signed_text({.identifier = name_id(as_login + qualifier("NameQualifier", "") +
                                                    qualifier("SPNameQualifier", ""))}),
                 "S1"),
        missed("SAM-13", "another_qualifier_where_empty_ones_are_read_as_none",
               signed_text({.identifier = name_id(as_login + qualifier("NameQualifier", "") +
                                                  qualifier("SPNameQualifier", "urn:do-not-repeat"))}),
               "near_miss.qualifier"),
        refused("SAM-13", "an_empty_SPProvidedID_where_qualifiers_may_be_empty",
                signed_text({.identifier = name_id(as_login + qualifier("SPProvidedID", ""))}), "saml.name_id"),
        accepted("SAM-29", "a_NameQualifier_of_the_Issuer_that_is_ignored",
                 signed_text({.issuer = issuer(qualifier("NameQualifier", "urn:do-not-repeat"))}), "S1"),
        refused("SAM-29", "an_SPNameQualifier_of_the_Issuer_where_a_NameQualifier_is_ignored",
                signed_text({.issuer = issuer(qualifier("SPNameQualifier", "urn:do-not-repeat"))}), "saml.issuer"),
        accepted("SAM-29", "a_Format_of_the_Issuer_that_is_ignored",
                 signed_text({.issuer = issuer(R"( Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient")")}),
                 "S1"),
        refused("SAM-29", "another_IdP_as_NameQualifier_of_the_Issuer",
                of_another_idp(qualifier("NameQualifier", idp2_entity_id)), "sig.invalid"),
    };
    for (auto& attack : all) attack.provider = with_profile(profile);
    auto strict = refused("SAM-29", "a_NameQualifier_of_the_Issuer",
                          signed_text({.issuer = issuer(qualifier("NameQualifier", idp1_entity_id))}), "saml.issuer");
    all.push_back(std::move(strict));
    return all;
}

/// An IdP's name may be none of a URI where its profile says so.
Attacks opaque_names() {
    const std::string localhost = "localhost";
    const auto named = [](const std::string& issuer) {
        return LogoutRequestText{.id = "_a1", .issuer = issuer_of(issuer)};
    };
    const auto from_idp1 = [&](const std::string& issuer) { return signed_text(named(issuer)); };
    Attacks all{
        accepted("SAM-30", "a_name_that_is_no_URI", from_idp1(localhost), "S1"),
        accepted("SAM-30", "the_URI_of_an_IdP_that_has_a_name_too", from_idp1(std::string(idp1_entity_id)), "S1"),
        refused("SAM-30", "that_name_in_upper_case", from_idp1("LOCALHOST"), "saml.issuer"),
        refused("SAM-30", "that_name_with_a_blank_behind", from_idp1(localhost + " "), "saml.issuer"),
        refused("SAM-30", "that_name_as_a_prefix", from_idp1(localhost + "-do-not-repeat"), "saml.issuer"),
        refused(
            "SAM-30", "that_name_by_another_IdP",
            [text = marked(named(localhost))] { return soap(text, "keys/idp2.key.pem"); }, "sig.invalid"),
    };
    idp_adapter::InteropProfile profile;
    profile.issuer_aliases = {saml::EntityID::opaque(localhost).value()};
    Attack strict =
        refused("SAM-30", "a_name_that_is_no_URI_where_it_is_no_exception", from_idp1(localhost), "saml.issuer");
    strict.provider = with_profile(profile);
    profile.forms.entity_id = saml::EntityIDForm::opaque;
    for (auto& attack : all) attack.provider = with_profile(profile);
    all.push_back(std::move(strict));
    return all;
}

Attacks versions() {
    const auto one = [](const char* name, std::optional<std::string> version, const char* rule) {
        return refused("SAM-27", name, signed_text({.version = std::move(version)}), rule);
    };
    auto too_low = one("1_1", "1.1", "saml.version_too_low");
    return {
        std::move(too_low),
        one("1_0", "1.0", "saml.version_too_low"),
        one("0_0", "0.0", "saml.version_too_low"),
        one("3_0", "3.0", "saml.version_too_high"),
        one("9999_9999", "9999.9999", "saml.version_too_high"),
        one("2_00", "2.00", "saml.version"),
        one("02_0", "02.0", "saml.version"),
        one("2", "2", "saml.version"),
        one("2_0_0", "2.0.0", "saml.version"),
        one("a_blank_behind", "2.0 ", "saml.version"),
        one("a_plus_sign", "+2.0", "saml.version"),
        one("a_minus_sign", "2.-0", "saml.version"),
        one("full_width_digits", "\xEF\xBC\x92.0", "saml.version"),
        one("a_number_that_wraps_around_32_bits", "4294967298.0", "saml.version"),
        one("an_empty_one", "", "saml.version"),
        one("none", std::nullopt, "saml.version"),
        accepted("SAM-27", "a_minor_version_that_is_newer", signed_text({.version = "2.1"}), "S1"),
    };
}

}  // namespace

Attacks protocol_value_attacks() {
    return joined({times, destinations, other_parties, name_id_tuples, look_alike_names, sizes_of_names,
                   forms_of_an_idp, opaque_names, versions});
}

}  // namespace slo::test
