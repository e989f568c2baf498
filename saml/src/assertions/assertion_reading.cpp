// Reading Assertion (SAML Core 2.3.3):
//
//   <sequence> Issuer ds:Signature? Subject? Conditions? Advice? (statement)* </sequence>
#include "assertion_reading.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "message_fields.hpp"
#include "message_reading.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_encrypted_subject_octets = max_encrypted_id_octets;

xml::Name in_saml(std::string_view local) {
    return {vocabulary::saml, local};
}

Result<std::optional<Instant>> optional_instant(const xml::Element& element, std::string_view attribute,
                                                const MessageForms& forms) {
    const auto text = element.collapsed_attribute(attribute);
    if (!text) return std::optional<Instant>{};
    const auto instant = read_instant(*text, forms);
    if (!instant) return instant.error();
    return std::optional<Instant>(*instant);
}

using Identifier = std::optional<std::variant<NameID, EncryptedID, BaseID>>;

Result<Identifier> read_identifier(ChildCursor& children, const MessageForms& forms) {
    if (const auto element = children.take(in_saml("NameID"))) {
        auto name_id = read_name_id(*element, forms);
        if (!name_id) return name_id.error();
        return Identifier(*std::move(name_id));
    }
    if (const auto element = children.take(in_saml("EncryptedID"))) {
        auto encrypted = read_encrypted_id(*element, max_encrypted_subject_octets);
        if (!encrypted) return encrypted.error();
        return Identifier(*std::move(encrypted));
    }
    if (children.take(in_saml("BaseID"))) return Identifier(BaseID{});
    return Identifier{};
}

/// SubjectConfirmationData: its own attributes are read, those of other namespaces and its content are not.
Result<void> read_confirmation_data(const xml::Element& data, const MessageForms& forms,
                                    SubjectConfirmation& confirmation) {
    auto not_before = optional_instant(data, "NotBefore", forms);
    if (!not_before) return not_before.error();
    auto not_on_or_after = optional_instant(data, "NotOnOrAfter", forms);
    if (!not_on_or_after) return not_on_or_after.error();
    confirmation.not_before = *not_before;
    confirmation.not_on_or_after = *not_on_or_after;
    confirmation.recipient = data.collapsed_attribute("Recipient");
    confirmation.address = data.attribute("Address");
    if (const auto attribute = data.collapsed_attribute("InResponseTo")) {
        auto id = MessageID::parse(*attribute);
        if (!id) return id.error();
        confirmation.in_response_to = *std::move(id);
    }
    return Done{};
}

Result<SubjectConfirmation> read_confirmation(const xml::Element& element, const MessageForms& forms) {
    if (auto ok = expect_attributes(element, {"Method"}, in_saml("SubjectConfirmationType")); !ok) return ok.error();
    const auto method = element.collapsed_attribute("Method");
    if (!method) return schema_violation(element, "no Method");
    SubjectConfirmation confirmation{.method = *method,
                                     .not_before = std::nullopt,
                                     .not_on_or_after = std::nullopt,
                                     .recipient = std::nullopt,
                                     .in_response_to = std::nullopt,
                                     .address = std::nullopt};
    ChildCursor children(element);
    if (auto confirmer = read_identifier(children, forms); !confirmer) return confirmer.error();
    if (const auto data = children.take(in_saml("SubjectConfirmationData"))) {
        if (auto ok = read_confirmation_data(*data, forms, confirmation); !ok) return ok.error();
    }
    if (children.rest()) return schema_violation(*children.rest(), "an element that may not stand here");
    return confirmation;
}

Result<Subject> read_subject(const xml::Element& element, const MessageForms& forms) {
    if (auto ok = expect_attributes(element, {}, in_saml("SubjectType")); !ok) return ok.error();
    if (!element.has_only_element_content()) return schema_violation(element, "text between the elements");
    ChildCursor children(element);
    auto identifier = read_identifier(children, forms);
    if (!identifier) return identifier.error();
    Subject subject{.identifier = *std::move(identifier), .confirmations = {}};
    while (const auto child = children.take(in_saml("SubjectConfirmation"))) {
        auto confirmation = read_confirmation(*child, forms);
        if (!confirmation) return confirmation.error();
        subject.confirmations.push_back(*std::move(confirmation));
    }
    if (children.rest()) return schema_violation(*children.rest(), "an element that may not stand here");
    return subject;
}

Result<std::vector<std::string>> read_texts(const xml::Element& element, xml::Name name) {
    std::vector<std::string> texts;
    for (const auto& child : element.children()) {
        if (!child.is(name)) return schema_violation(child, "an element that may not stand here");
        auto text = child.text();
        if (!text) return text.error();
        texts.push_back(xml::collapsed(*text));
    }
    return texts;
}

Result<void> read_condition(const xml::Element& element, Conditions& conditions) {
    if (element.is(in_saml("AudienceRestriction"))) {
        auto audiences = read_texts(element, in_saml("Audience"));
        if (!audiences) return audiences.error();
        conditions.audience_restrictions.push_back(*std::move(audiences));
    } else if (element.is(in_saml("OneTimeUse"))) {
        ++conditions.one_time_uses;
    } else if (element.is(in_saml("ProxyRestriction"))) {
        ++conditions.proxy_restrictions;
    } else if (element.is(in_saml("Condition"))) {
        ++conditions.unknown;
    } else {
        return schema_violation(element, "an element that may not stand here");
    }
    return Done{};
}

Result<Conditions> read_conditions(const xml::Element& element, const MessageForms& forms) {
    if (auto ok = expect_attributes(element, {"NotBefore", "NotOnOrAfter"}, in_saml("ConditionsType")); !ok) {
        return ok.error();
    }
    if (!element.has_only_element_content()) return schema_violation(element, "text between the elements");
    auto not_before = optional_instant(element, "NotBefore", forms);
    if (!not_before) return not_before.error();
    auto not_on_or_after = optional_instant(element, "NotOnOrAfter", forms);
    if (!not_on_or_after) return not_on_or_after.error();
    Conditions conditions{.not_before = *not_before, .not_on_or_after = *not_on_or_after, .audience_restrictions = {}};
    for (const auto& child : element.children()) {
        if (auto ok = read_condition(child, conditions); !ok) return ok.error();
    }
    return conditions;
}

/// AuthnContext: the class and the authorities; a declaration is not read (Core 2.7.2.2).
Result<void> read_context(const xml::Element& element, AuthnStatement& statement) {
    ChildCursor children(element);
    if (const auto child = children.take(in_saml("AuthnContextClassRef"))) {
        auto text = child->text();
        if (!text) return text.error();
        statement.context_class = xml::collapsed(*text);
    }
    std::ignore = children.take(in_saml("AuthnContextDecl"));
    std::ignore = children.take(in_saml("AuthnContextDeclRef"));
    while (const auto child = children.take(in_saml("AuthenticatingAuthority"))) {
        auto text = child->text();
        if (!text) return text.error();
        statement.authenticating_authorities.push_back(xml::collapsed(*text));
    }
    if (children.rest()) return schema_violation(*children.rest(), "an element that may not stand here");
    return Done{};
}

Result<AuthnStatement> read_authn_statement(const xml::Element& element, const MessageForms& forms) {
    if (auto ok = expect_attributes(element, {"AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"},
                                    in_saml("AuthnStatementType"));
        !ok) {
        return ok.error();
    }
    const auto instant = optional_instant(element, "AuthnInstant", forms);
    if (!instant) return instant.error();
    if (!*instant) return schema_violation(element, "no AuthnInstant");
    const auto session_end = optional_instant(element, "SessionNotOnOrAfter", forms);
    if (!session_end) return session_end.error();
    AuthnStatement statement{.authn_instant = **instant,
                             .session_index = std::nullopt,
                             .session_not_on_or_after = *session_end,
                             .context_class = std::nullopt,
                             .authenticating_authorities = {}};
    if (const auto attribute = element.attribute("SessionIndex")) {
        auto index = SessionIndex::parse(*attribute);
        if (!index) return index.error();
        statement.session_index = *std::move(index);
    }
    ChildCursor children(element);
    std::ignore = children.take(in_saml("SubjectLocality"));
    const auto context = children.take(in_saml("AuthnContext"));
    if (!context || children.rest()) return schema_violation(element, "not SubjectLocality and AuthnContext");
    if (auto ok = read_context(*context, statement); !ok) return ok.error();
    return statement;
}

/// A statement, of whichever kind. Those that say nothing about a sign-on are passed over (Core 2.7.1, 2.7.4).
Result<void> read_statement(const xml::Element& element, const MessageForms& forms, Assertion& assertion,
                            AttributeReading& attributes) {
    if (element.is(in_saml("AuthnStatement"))) {
        auto statement = read_authn_statement(element, forms);
        if (!statement) return statement.error();
        assertion.authn_statements.push_back(*std::move(statement));
        return Done{};
    }
    if (element.is(in_saml("AttributeStatement"))) return attributes.read_statement(element);
    if (element.is(in_saml("Statement")) || element.is(in_saml("AuthzDecisionStatement"))) return Done{};
    return schema_violation(element, "an element that may not stand here");
}

/// Subject, Conditions, Advice and the statements, behind Issuer.
Result<void> read_content(ChildCursor& children, const MessageForms& forms, Assertion& assertion) {
    if (const auto element = children.take(in_saml("Subject"))) {
        auto subject = read_subject(*element, forms);
        if (!subject) return subject.error();
        assertion.subject = *std::move(subject);
    }
    if (const auto element = children.take(in_saml("Conditions"))) {
        auto conditions = read_conditions(*element, forms);
        if (!conditions) return conditions.error();
        assertion.conditions = *std::move(conditions);
    }
    std::ignore = children.take(in_saml("Advice"));  // Core 2.6.1: may be ignored
    AttributeReading attributes(assertion);
    for (auto child = children.rest(); child; child = child->next_sibling()) {
        if (auto ok = read_statement(*child, forms, assertion, attributes); !ok) return ok.error();
    }
    return Done{};
}

}  // namespace

Result<Assertion> read_assertion(const xml::Element& element, const MessageForms& forms) {
    if (!element.is(in_saml("Assertion"))) return schema_violation(element, "not Assertion");
    if (auto ok = expect_attributes(element, {"ID", "Version", "IssueInstant"}, in_saml("AssertionType")); !ok) {
        return ok.error();
    }
    if (!element.has_only_element_content()) return schema_violation(element, "text between the elements");
    if (auto version = read_version(element); !version) return version.error();
    const auto id_attribute = element.collapsed_attribute("ID");
    if (!id_attribute) return fail(Errc::id_malformed, "no ID");
    auto id = MessageID::parse(*id_attribute);
    if (!id) return id.error();
    const auto instant = optional_instant(element, "IssueInstant", forms);
    if (!instant) return instant.error();
    if (!*instant) return schema_violation(element, "no IssueInstant");
    ChildCursor children(element);
    const auto issuer_element = children.take(in_saml("Issuer"));
    if (!issuer_element) return fail(Errc::issuer_malformed, "no Issuer in the Assertion");
    auto issuer = read_issuer(*issuer_element, forms);
    if (!issuer) return issuer.error();
    Assertion assertion{.id = *std::move(id),
                        .issue_instant = **instant,
                        .issuer = *std::move(issuer),
                        .subject = std::nullopt,
                        .conditions = std::nullopt,
                        .authn_statements = {},
                        .attributes = {}};
    if (auto ok = read_content(children, forms, assertion); !ok) return ok.error();
    return assertion;
}

}  // namespace slo::saml
