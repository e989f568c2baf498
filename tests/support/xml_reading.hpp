// A second reader for our own messages: libxml2 used directly, so that our own parser isn't its own judge.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slo::test {

inline constexpr std::string_view soap_ns = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view samlp_ns = "urn:oasis:names:tc:SAML:2.0:protocol";
inline constexpr std::string_view saml_ns = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr std::string_view ds_ns = "http://www.w3.org/2000/09/xmldsig#";

/// XmlNode is an element as a value.
struct XmlNode {
    std::string ns;
    std::string name;
    std::map<std::string, std::string> attributes;  ///< by name; "{uri}name" where the attribute has a namespace
    std::string text;                               ///< its own text nodes, joined
    std::vector<XmlNode> children;
    std::map<std::string, std::string> prefixes;  ///< every prefix in scope

    [[nodiscard]] bool is(std::string_view its_ns, std::string_view its_name) const {
        return ns == its_ns && name == its_name;
    }
    /// The only child with this name. Throws std::runtime_error if there is none or more than one.
    [[nodiscard]] const XmlNode& only(std::string_view its_ns, std::string_view its_name) const;
    /// The first element below (or at) this one with that name; null if there is none.
    [[nodiscard]] const XmlNode* find(std::string_view its_ns, std::string_view its_name) const;
    [[nodiscard]] std::size_t count(std::string_view its_ns, std::string_view its_name) const;  ///< children only
};

/// read_xml parses a whole document. Throws std::runtime_error if it isn't well-formed.
[[nodiscard]] XmlNode read_xml(std::string_view octets);

/// The whole document in exclusive canonical form, without comments, as libxml2 writes it.
[[nodiscard]] std::string exclusive_canonical(std::string_view octets);

}  // namespace slo::test
