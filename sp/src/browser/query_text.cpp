#include "query_text.hpp"

#include <charconv>

#include "http_fields.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/url_view.hpp"

namespace slo::sp {

std::string percent_decoded(std::string_view text) {
    std::string octets;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char octet = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const char* end = digits.data() + digits.size();
        const bool encoded =
            text[i] == '%' && digits.size() == 2 && std::from_chars(digits.data(), end, octet, 16).ptr == end;
        octets += encoded ? static_cast<char>(octet) : text[i];
        if (encoded) i += 2;
    }
    return octets;
}

std::string_view path_of(std::string_view target) noexcept {
    return target.substr(0, target.find('?'));
}

std::string_view query_of(std::string_view target) noexcept {
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::string with_parameter(std::string url, std::string_view name, std::string_view value) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    return url.append(name).append("=").append(saml::form::escape(value));
}

std::string origin_of(const saml::EndpointUrl& url) {
    return url.str().substr(0, url.str().size() - saml::view_of(url).path_and_query.size());
}

}  // namespace slo::sp
