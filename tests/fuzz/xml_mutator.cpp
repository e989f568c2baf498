// Changes XML as an attacker would: whole elements, attributes and namespaces instead of single octets. It works on
// tags as they are, so the text needn't be well-formed.
#include <algorithm>
#include <array>

#include "fuzz.hpp"
#include "random.hpp"
#include "xml_outline.hpp"

namespace slo::fuzz {
namespace {

// Repeated doubling would otherwise only find the size limit, again and again.
constexpr std::size_t max_octets = 256 * 1024;

constexpr std::string_view element_names[] = {"ds:Object",          "ds:Manifest",      "ds:Signature",
                                              "ds:KeyInfo",         "samlp:Extensions", "samlp:LogoutRequest",
                                              "samlp:AuthnRequest", "saml:EncryptedID", "samlp:LogoutResponse",
                                              "saml:BaseID",        "saml:Advice",      "samlp:Response",
                                              "saml:Assertion",     "Header",           "Body"};

constexpr std::string_view attributes[] = {
    R"(xmlns="")",
    R"(xmlns="urn:oasis:names:tc:SAML:2.0:protocol")",
    R"(xmlns:saml="urn:oasis:names:tc:SAML:2.0:protocol")",
    R"(xmlns:samlp="urn:oasis:names:tc:SAML:2.0:assertion")",
    R"(xmlns:ds="http://www.w3.org/2000/09/xmldsig#")",
    R"(xmlns:ds="urn:other")",
    R"(xmlns:x="relative")",
    R"(xmlns:x="urn:a&amp;b")",
    R"(xml:id="_r1")",
    R"(xml:base="http://127.0.0.1/")",
    R"(xml:lang="en")",
    R"(xml:space="preserve")",
    R"(ID="_r1")",
    R"(id="_r1")",
    R"(Id="_r1")",
    R"(URI="")",
    "URI=\"#xpointer(/)\"",
    "URI=\"#xpointer(id('_r1'))\"",
    R"(URI="file:///dev/null")",
    R"(Type="http://www.w3.org/2000/09/xmldsig#Manifest")",
    R"(Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1")",
    R"(Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1")",
    R"(Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#WithComments")",
    R"(Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315")",
    R"(Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116")",
    R"(Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116")",
    R"(PrefixList="#default xs saml")",
    R"(Version="1.1")",
    R"(S:mustUnderstand="1")",
    R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="saml:NameIDType")",
};

constexpr std::string_view noise[] = {"<!---->",
                                      "<!-- a -->",
                                      "<?a b?>",
                                      "<![CDATA[]]>",
                                      "<![CDATA[a]]>",
                                      "&#x20;",
                                      "&#97;",
                                      "&#0;",
                                      "&amp;",
                                      "&x;",
                                      "&lt;a/&gt;",
                                      "]]>",
                                      "<a/>",
                                      "<a xmlns=''>",
                                      "</a>",
                                      " ",
                                      "\t\r\n",
                                      "\xef\xbb\xbf",
                                      "\xc2\x85",
                                      "\xe2\x80\xae",
                                      "\xed\xa0\x80",
                                      "\xef\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "<!DOCTYPE a>",
                                      "<!DOCTYPE a [<!ENTITY x 'y'>]>",
                                      "<!DOCTYPE a [<!ATTLIST b ID ID #IMPLIED>]>",
                                      "<?xml version='1.0' encoding='utf-16'?>"};

constexpr std::string_view texts[] = {
    "",   " ",     "alice", "bob",  "mallory", "_r1", "s1",    "2030-01-15T10:00:00Z",
    "-1", "AAAA=", "A===",  "true", "0",       "#",   "urn:x", "https://evil.example/"};

/// One text under change. Each operation returns the changed text, or the text as it was where there's nothing to do.
class Mutation {
public:
    Mutation(std::string_view text, std::string_view other, Random& random)
        : text_(text), other_(other), random_(random), outline_(outline(text)) {}

    [[nodiscard]] std::string any() {
        if (outline_.elements.empty()) return inserted(random_.below(text_.size() + 1), a_part());
        using Operation = std::string (Mutation::*)();
        static constexpr Operation operations[] = {
            &Mutation::duplicate,     &Mutation::move,           &Mutation::remove,         &Mutation::swap,
            &Mutation::nest,          &Mutation::unwrap,         &Mutation::replace,        &Mutation::wrap_signed,
            &Mutation::splice,        &Mutation::rename_element, &Mutation::rename_prefix,  &Mutation::add_attribute,
            &Mutation::add_attribute, &Mutation::copy_attribute, &Mutation::drop_attribute, &Mutation::rename_attribute,
            &Mutation::change_value,  &Mutation::change_value,   &Mutation::change_text,    &Mutation::change_text,
            &Mutation::add_noise,     &Mutation::disguise};
        return (this->*random_.pick(operations))();
    }

private:
    /// An empty one at the very start where there's none.
    [[nodiscard]] const ElementSpan& an_element() {
        static const ElementSpan none;
        return outline_.elements.empty() ? none : random_.pick(outline_.elements);
    }
    [[nodiscard]] std::string_view of(Span span) const { return span.of(text_); }

    /// An element of the other text, or of this one where that has none.
    [[nodiscard]] std::string_view a_part() {
        const Outline there = outline(other_);
        if (there.elements.empty()) return random_.pick(noise);
        return random_.pick(there.elements).whole.of(other_);
    }

    /// Beside or inside some element, at its start or its end.
    [[nodiscard]] std::size_t a_place() {
        const ElementSpan& element = an_element();
        const std::array places{element.whole.begin, element.whole.end, element.content.begin, element.content.end};
        return random_.pick(places);
    }

    [[nodiscard]] std::string with(Span span, std::string_view by) const {
        std::string changed(text_);
        return changed.replace(span.begin, span.size(), by);
    }
    [[nodiscard]] std::string inserted(std::size_t at, std::string_view what) const { return with({at, at}, what); }

    /// Both replacements at once; `first` ends before `second` begins.
    [[nodiscard]] std::string with(Span first, std::string_view by_first, Span second,
                                   std::string_view by_second) const {
        std::string changed = with(second, by_second);
        return changed.replace(first.begin, first.size(), by_first);
    }

    std::string duplicate() { return inserted(a_place(), of(an_element().whole)); }
    std::string remove() { return with(an_element().whole, ""); }
    std::string replace() { return with(an_element().whole, of(an_element().whole)); }
    std::string splice() {
        return random_.one_in(2) ? inserted(a_place(), a_part()) : with(an_element().whole, a_part());
    }
    std::string unwrap() {
        const ElementSpan& element = an_element();
        return with(element.whole, of(element.content));
    }

    std::string move() {
        const Span from = an_element().whole;
        const std::size_t to = a_place();
        if (to <= from.begin) return with({to, to}, of(from), from, "");
        if (to >= from.end) return with(from, "", {to, to}, of(from));
        return std::string(text_);
    }

    std::string swap() {
        Span first = an_element().whole;
        Span second = an_element().whole;
        if (second.begin < first.begin) std::swap(first, second);
        if (second.begin < first.end) return with(first, of(second));
        return with(first, of(second), second, of(first));
    }

    /// Puts an element into the tags of another one.
    std::string nest() {
        const Span inner = an_element().whole;
        const ElementSpan& outer = an_element();
        if (outer.end_name.size() == 0) {
            const std::string name(random_.pick(element_names));
            return with(inner, "<" + name + ">" + std::string(of(inner)) + "</" + name + ">");
        }
        return with(inner, std::string(of(outer.start_tag)) + std::string(of(inner)) +
                               std::string(of({outer.content.end, outer.whole.end})));
    }

    /// Signature wrapping: an unsigned, changed twin takes the place of an element with an ID, and the element itself
    /// goes elsewhere, into the twin, its Signature, the Header, ...
    std::string wrap_signed() {
        std::vector<const ElementSpan*> identified;
        for (const ElementSpan& element : outline_.elements) {
            const bool has_id = std::ranges::any_of(
                element.attributes, [&](const AttributeSpan& attribute) { return of(attribute.name) == "ID"; });
            if (has_id) identified.push_back(&element);
        }
        if (identified.empty()) return duplicate();
        const Span original = random_.pick(identified)->whole;
        std::string twin(of(original));
        if (random_.one_in(2)) twin = Mutation(twin, other_, random_).without_signature();
        twin = Mutation(twin, other_, random_).change_text();
        if (random_.one_in(2)) twin = Mutation(twin, other_, random_).change_value();
        const std::string replaced = with(original, twin);
        Mutation around(replaced, other_, random_);
        return around.inserted(around.a_place(), of(original));
    }

    std::string without_signature() {
        for (const ElementSpan& element : outline_.elements) {
            if (of(element.name).ends_with("Signature")) return with(element.whole, "");
        }
        return std::string(text_);
    }

    std::string rename_element() {
        const ElementSpan& element = an_element();
        return renamed(element, random_.one_in(2) ? random_.pick(element_names) : of(an_element().name));
    }

    std::string rename_prefix() {
        const ElementSpan& element = an_element();
        const std::string_view name = of(element.name);
        const std::string_view donor = of(an_element().name);
        const auto colon = donor.find(':');
        const std::string_view prefix = colon == std::string_view::npos ? "" : donor.substr(0, colon + 1);
        return renamed(element, std::string(prefix) + std::string(name.substr(name.find(':') + 1)));
    }

    std::string renamed(const ElementSpan& element, std::string_view name) const {
        if (element.end_name.size() == 0) return with(element.name, name);
        return with(element.name, name, element.end_name, name);
    }

    std::string add_attribute() {
        const std::size_t at = an_element().name.end;
        const AttributeSpan* donor = an_attribute();
        const bool own = donor != nullptr && random_.one_in(3);
        return inserted(at, " " + std::string(own ? of(donor->whole) : random_.pick(attributes)));
    }

    [[nodiscard]] const AttributeSpan* an_attribute() {
        for (int tries = 0; tries < 8; ++tries) {
            const ElementSpan& element = an_element();
            if (!element.attributes.empty()) return &random_.pick(element.attributes);
        }
        return nullptr;
    }

    std::string copy_attribute() {
        const AttributeSpan* attribute = an_attribute();
        if (attribute == nullptr) return add_attribute();
        const std::size_t at = random_.one_in(2) ? attribute->whole.end : an_element().name.end;
        return inserted(at, " " + std::string(of(attribute->whole)));
    }
    std::string drop_attribute() {
        const AttributeSpan* attribute = an_attribute();
        return attribute == nullptr ? std::string(text_) : with(attribute->whole, "");
    }
    std::string rename_attribute() {
        const AttributeSpan* attribute = an_attribute();
        const AttributeSpan* donor = an_attribute();
        if (attribute == nullptr || donor == nullptr) return rename_element();
        if (random_.one_in(3)) return inserted(attribute->name.begin, "x:");
        return with(attribute->name, of(donor->name));
    }

    std::string change_value() {
        const AttributeSpan* attribute = an_attribute();
        const AttributeSpan* donor = an_attribute();
        if (attribute == nullptr || donor == nullptr) return add_attribute();
        switch (random_.below(4)) {
            case 0:
                return with(attribute->value, random_.pick(texts));
            case 1:
                return inserted(attribute->value.begin + random_.below(attribute->value.size() + 1), "&#x20;");
            case 2:
                return inserted(attribute->value.begin + random_.below(attribute->value.size() + 1),
                                random_.pick(noise));
            default:
                return with(attribute->value, of(donor->value));
        }
    }

    std::string change_text() {
        if (outline_.texts.empty()) return inserted(a_place(), random_.pick(texts));
        const Span text = random_.pick(outline_.texts);
        switch (random_.below(4)) {
            case 0:
                return with(text, random_.pick(texts));
            case 1:
                return with(text, of(random_.pick(outline_.texts)));
            case 2:
                return inserted(text.begin + random_.below(text.size() + 1), random_.pick(noise));
            default:
                return with({text.begin + random_.below(text.size()), text.end}, random_.pick(texts));
        }
    }

    std::string add_noise() {
        const std::size_t at = random_.one_in(4) ? 0 : a_place();
        return inserted(at, random_.pick(noise));
    }

    /// The same text, written in another way: character reference or CDATA.
    std::string disguise() {
        if (outline_.texts.empty()) return add_noise();
        const Span text = random_.pick(outline_.texts);
        if (random_.one_in(2)) return with(text, "<![CDATA[" + std::string(of(text)) + "]]>");
        const std::size_t at = text.begin + random_.below(text.size());
        const auto octet = static_cast<unsigned char>(text_[at]);
        if (octet >= 0x80) return with(text, of(text));
        return with({at, at + 1}, "&#" + std::to_string(octet) + ";");
    }

    std::string_view text_;
    std::string_view other_;
    Random& random_;
    Outline outline_;
};

}  // namespace

std::string mutate(std::string_view input, std::string_view other, std::uint32_t seed) {
    Random random(seed);
    std::string changed(input);
    for (std::size_t changes = 1 + random.below(4); changes > 0; --changes) {
        std::string next = Mutation(changed, other, random).any();
        if (next.size() <= max_octets) changed = std::move(next);
    }
    return changed;
}

}  // namespace slo::fuzz
