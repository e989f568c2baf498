#include "reply.hpp"

#include <algorithm>
#include <concepts>
#include <exception>
#include <regex>

#include "xml_reading.hpp"
#include "xmlsec1.hpp"

namespace slo::test {
namespace {

constexpr std::string_view status_prefix = "urn:oasis:names:tc:SAML:2.0:status:";

/// Collects violations.
class Rules {
public:
    explicit Rules(Reply& reply) : reply_(reply) {}
    void demand(const std::string& rule, std::convertible_to<bool> auto holds) {
        if (!holds) reply_.violations.push_back(rule);
    }

private:
    Reply& reply_;
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

std::optional<std::string> attribute(const XmlNode& node, const std::string& name) {
    const auto found = node.attributes.find(name);
    if (found == node.attributes.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> child_names(const XmlNode& node) {
    std::vector<std::string> names;
    for (const auto& child : node.children) names.push_back(child.name);
    return names;
}

std::vector<std::string> status_codes(const XmlNode& status) {
    std::vector<std::string> codes;
    const XmlNode* code = &status.only(samlp_ns, "StatusCode");
    while (code) {
        const auto uri = attribute(*code, "Value").value_or("");
        codes.push_back(uri.starts_with(status_prefix) ? uri.substr(status_prefix.size()) : uri);
        code = code->count(samlp_ns, "StatusCode") ? &code->only(samlp_ns, "StatusCode") : nullptr;
    }
    return codes;
}

/// Core 3.2.2, 5.4.1, 5.4.2: exactly a StatusResponseType, signed as a whole.
void read_saml(const XmlNode& message, Reply& reply, std::string_view certificate_pem, std::string_view our_entity_id) {
    static const std::regex nc_name("[A-Za-z_][A-Za-z0-9_.-]*");
    static const std::regex utc(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,3})?Z)");
    Rules rules(reply);
    SamlReply saml;
    saml.element = message.name;
    saml.id = attribute(message, "ID").value_or("");
    saml.version = attribute(message, "Version").value_or("");
    saml.issue_instant = attribute(message, "IssueInstant").value_or("");
    saml.in_response_to = attribute(message, "InResponseTo");
    saml.destination = attribute(message, "Destination");
    saml.issuer = message.only(saml_ns, "Issuer").text;
    const auto& status = message.only(samlp_ns, "Status");
    saml.status = status_codes(status);
    if (status.count(samlp_ns, "StatusMessage")) saml.status_message = status.only(samlp_ns, "StatusMessage").text;

    rules.demand("ID is an NCName", std::regex_match(saml.id, nc_name));
    rules.demand("IssueInstant is UTC with Z, to the millisecond", std::regex_match(saml.issue_instant, utc));
    rules.demand("Version is set", !saml.version.empty());
    rules.demand("Issuer is us", saml.issuer == our_entity_id);
    rules.demand("Destination is omitted", !saml.destination);
    rules.demand("the children are Issuer, Signature, Status",
                 child_names(message) == std::vector<std::string>{"Issuer", "Signature", "Status"});
    const std::vector<std::string> top{"Success", "Requester", "Responder", "VersionMismatch"};
    rules.demand("the top-level status is one of four", std::count(top.begin(), top.end(), saml.status.at(0)) == 1);
    rules.demand("status codes nest two deep at most", saml.status.size() <= 2);
    const auto* reference = message.only(ds_ns, "Signature").find(ds_ns, "Reference");
    rules.demand("the signature covers the message", reference && attribute(*reference, "URI") == "#" + saml.id);
    rules.demand("xmlsec1 verifies the signature", verify_xml(reply.body, certificate_pem));
    reply.saml = std::move(saml);
}

/// SOAP 1.1 section 4.4: children without a namespace, in order; faultcode is a QName with a bound prefix.
void read_fault(const XmlNode& element, Reply& reply) {
    Rules rules(reply);
    FaultReply fault;
    fault.children = child_names(element);
    for (const auto& child : element.children) rules.demand("Fault's children have no namespace", child.ns.empty());
    const auto& code = element.only("", "faultcode");
    const auto colon = code.text.find(':');
    const auto prefix = colon == std::string::npos ? "" : code.text.substr(0, colon);
    const auto bound = code.prefixes.find(prefix);
    rules.demand("faultcode is in the envelope's namespace", bound != code.prefixes.end() && bound->second == soap_ns);
    fault.code = colon == std::string::npos ? code.text : code.text.substr(colon + 1);
    fault.text = element.only("", "faultstring").text;
    const std::vector<std::string> with_detail{"faultcode", "faultstring", "detail"};
    const std::vector<std::string> without_detail{"faultcode", "faultstring"};
    rules.demand("Fault's children stand in order", fault.children == with_detail || fault.children == without_detail);
    rules.demand("a Fault goes with HTTP 500", reply.http_status == 500);
    reply.fault = std::move(fault);
}

void read_body(Reply& reply, std::string_view certificate_pem, std::string_view our_entity_id) {
    Rules rules(reply);
    rules.demand("no byte order mark and no white space before the envelope", reply.body.starts_with('<'));
    const auto envelope = read_xml(reply.body);
    rules.demand("the root is a SOAP 1.1 Envelope", envelope.is(soap_ns, "Envelope"));
    rules.demand("no encodingStyle", reply.body.find("encodingStyle") == std::string::npos);
    const auto& body = envelope.only(soap_ns, "Body");
    rules.demand("the Body has one child", body.children.size() == 1);
    rules.demand("no white space in the Body", body.text.empty());
    const auto& message = body.children.at(0);
    if (message.is(soap_ns, "Fault")) return read_fault(message, reply);
    rules.demand("the message is a SAML protocol message", message.ns == samlp_ns);
    rules.demand("a SAML answer goes with HTTP 200", reply.http_status == 200);
    read_saml(message, reply, certificate_pem, our_entity_id);
}

/// Bindings 3.2.3.2 (l.364-368): on every answer.
void check_headers(Reply& reply) {
    Rules rules(reply);
    const auto cache_control = lower(reply.header("Cache-Control").value_or(""));
    for (const auto* token : {"no-cache", "no-store", "must-revalidate", "private"}) {
        rules.demand(std::string("Cache-Control has ") + token, cache_control.find(token) != std::string::npos);
    }
    rules.demand("Pragma is no-cache", lower(reply.header("Pragma").value_or("")) == "no-cache");
    rules.demand("no ETag", !reply.header("ETag"));
    rules.demand("no Last-Modified", !reply.header("Last-Modified"));
    if (reply.http_status == 200 || reply.http_status == 500) {
        rules.demand("Content-Type is text/xml; charset=utf-8",
                     reply.header("Content-Type") == "text/xml; charset=utf-8");
    }
}

}  // namespace

std::optional<std::string> Reply::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (lower(key) == lower(std::string(name))) return value;
    }
    return std::nullopt;
}

std::string Reply::summary() const {
    auto text = std::to_string(http_status);
    if (fault) text += " Fault " + fault->code;
    if (!saml) return text;
    text += " " + saml->element;
    for (std::size_t i = 0; i < saml->status.size(); ++i) text += (i ? "/" : " ") + saml->status[i];
    return text;
}

Reply read_reply(const sp::HttpReply& http, std::string_view certificate_pem, std::string_view our_entity_id) {
    Reply reply;
    reply.http_status = http.status;
    reply.headers = http.headers;
    reply.body = http.body;
    check_headers(reply);
    if (http.status != 200 && http.status != 500) return reply;
    try {
        read_body(reply, certificate_pem, our_entity_id);
    } catch (const std::exception& problem) {
        reply.violations.push_back(problem.what());
    }
    return reply;
}

}  // namespace slo::test
