#include "material.hpp"

#include <stdexcept>

#include "attack.hpp"

namespace slo::test {
namespace {

constexpr std::string_view message_end = "</samlp:LogoutRequest>";

std::string inserted(std::string text, std::size_t at, std::string_view markup) {
    return text.insert(at, markup);
}

}  // namespace

const Material& material() {
    static const Material the_material = [] {
        Material parts;
        parts.message = cut_out(good_body(), "<samlp:LogoutRequest ", message_end);
        parts.signature = cut_out(parts.message, "<ds:Signature ", "</ds:Signature>");
        parts.bare = replaced(parts.message, parts.signature, "");
        parts.evil = replaced(replaced(parts.bare, "ID=\"_r1\"", "ID=\"_e1\""), alice, bob);
        return parts;
    }();
    return the_material;
}

std::string cut_out(const std::string& text, std::string_view from, std::string_view to) {
    const auto begin = text.find(from);
    const auto end = begin == std::string::npos ? begin : text.find(to, begin);
    if (end == std::string::npos) throw std::logic_error("nothing to cut out: " + std::string(from));
    return text.substr(begin, end + to.size() - begin);
}

std::string first_in(const std::string& message, std::string_view markup) {
    return inserted(message, message.find('>') + 1, markup);
}

std::string behind_issuer(const std::string& message, std::string_view markup) {
    constexpr std::string_view end = "</saml:Issuer>";
    return inserted(message, message.find(end) + end.size(), markup);
}

std::string last_in(const std::string& message, std::string_view markup) {
    return inserted(message, message.rfind(message_end), markup);
}

std::string extensions(std::string_view markup) {
    return "<samlp:Extensions>" + std::string(markup) + "</samlp:Extensions>";
}

std::string repeated(std::string_view unit, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += unit;
    return text;
}

std::function<std::string()> with_header(std::string block) {
    return changed("<soap:Body>", "<soap:Header>" + std::move(block) + "</soap:Header><soap:Body>");
}

std::function<std::string()> changed(std::string from, std::string to) {
    return [from = std::move(from), to = std::move(to)] { return replaced(good_body(), from, to); };
}

std::function<std::string()> with_message(std::function<std::string(const Material&)> change) {
    return [change = std::move(change)] { return envelope(change(material())); };
}

}  // namespace slo::test
