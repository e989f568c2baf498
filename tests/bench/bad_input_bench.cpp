// The cost of the heaviest bad inputs: CPU time and memory, each as large as the limit of 64 KiB lets it be.
//
// Every input is answered 20 times by the endpoint in this thread. The worst CPU time counts, and by how much the peak
// of resident memory rose over all 20. Signatures are xmlsec1's.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "logout_request_text.hpp"
#include "measured.hpp"
#include "service_provider.hpp"
#include "slo/saml/runtime.hpp"

namespace {

using namespace slo;
using namespace slo::test;

constexpr std::size_t body_limit = 64 * 1024;
constexpr int element_limit = 512;  // of a document; what is over it is refused while it is read
constexpr int rounds = 20;
constexpr double budget_ms = 50;
constexpr long budget_kib = 16 * 1024;

using Unit = std::function<std::string(int)>;

/// `make(content)` with as many units for content as the limit lets in, `most` at most.
std::string filled(const std::function<std::string(const std::string&)>& make, const Unit& unit, int most = 1 << 20) {
    const auto space = body_limit - make("").size();
    std::string content;
    for (int i = 0; i < most; ++i) {
        const auto next = unit(i);
        if (content.size() + next.size() > space) break;
        content += next;
    }
    return make(content);
}

/// "aaa", "aab", ...
std::string word(int number) {
    std::string text;
    for (const int digit : {number / 676 % 26, number / 26 % 26, number % 26}) text += static_cast<char>('a' + digit);
    return text;
}

std::string with_extensions(const std::string& content) {
    return "<samlp:Extensions>" + content + "</samlp:Extensions>";
}

std::string unsigned_with(const std::string& content) {
    return unsigned_soap({.extensions = with_extensions(content)});
}

std::string signed_with(const std::string& content) {
    return soap({.extensions = with_extensions(content)});
}

const std::string digest_value = std::string(43, 'A') + "=";
const std::string c14n_transform = "<ds:Transform Algorithm=\"" + std::string(exclusive_c14n) + "\"/>";

/// A signature without a signer, but with values of the right length: it fails at the key, not before.
std::string never_signed(const SignatureText& signature) {
    auto body = envelope(LogoutRequestText{.signature = signature}.to_sign());
    body = replaced(body, "<ds:DigestValue></", "<ds:DigestValue>" + digest_value + "</");
    return replaced(body, "<ds:SignatureValue></", "<ds:SignatureValue>" + std::string(342, 'A') + "==</");
}

std::string transforms(const std::string& chain) {
    return never_signed({.transforms = chain});
}

std::string references(const std::string& more) {
    return never_signed({.more_references = more});
}

std::string prefix_list(const std::string& prefixes) {
    return never_signed({.transforms = "<ds:Transform Algorithm=\"" + std::string(enveloped_signature) +
                                       "\"/><ds:Transform Algorithm=\"" + std::string(exclusive_c14n) +
                                       "\"><ec:InclusiveNamespaces xmlns:ec=\"" + std::string(exclusive_c14n) +
                                       "\" PrefixList=\"saml" + prefixes + "\"/></ds:Transform>"});
}

std::string signature_value(const std::string& octets) {
    return replaced(never_signed({}), std::string(342, 'A') + "==", octets);
}

std::string cipher_value(const std::string& octets) {
    return soap({.identifier = "<saml:EncryptedID><xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\">"
                               "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes128-gcm\"/>"
                               "<xenc:CipherData><xenc:CipherValue>" +
                               octets +
                               "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedID>"});
}

/// Genuine, with as many EncryptedKeys as are read, none of them for us: every private key of ours tries each.
std::string eight_encrypted_keys() {
    auto xml = EncryptedText{.certificate = "keys/stranger.crt.pem"}.xml();
    const std::string close = "</xenc:EncryptedKey>";
    const auto begin = xml.find("<xenc:EncryptedKey");
    const auto end = xml.find(close) + close.size();
    const auto key = xml.substr(begin, end - begin);
    for (int i = 1; i < 8; ++i) xml.insert(end, key);
    return soap({.identifier = xml});
}

struct HeavyInput {
    const char* name;
    std::string body;
};

std::vector<HeavyInput> refused_by_the_reader() {
    const auto open_tag = [](const std::string& content) {
        return unsigned_with("<x:a xmlns:x=\"urn:x\"" + content + "/>");
    };
    return {
        {"attributes of one element", filled(open_tag, [](int i) { return " " + word(i) + "=\"\""; })},
        {"attributes of one element, prefixed", filled(open_tag, [](int i) { return " x:" + word(i) + "=\"\""; })},
        {"attributes, each in a namespace of its own",
         filled(open_tag, [](int i) { return " xmlns:" + word(i) + "=\"u:" + word(i) + "\" " + word(i) + ":a=\"\""; })},
        {"namespace declarations of one element",
         filled(open_tag, [](int i) { return " xmlns:" + word(i) + "=\"u\""; })},
        {"elements, nested and never closed", filled(unsigned_with, [](int) { return "<d>"; })},
        {"elements, flat", filled(unsigned_with, [](int) { return "<d/>"; })},
        {"unknown entities", filled(unsigned_with, [](int) { return "&a;"; })},
        {"Transforms", filled(transforms, [](int) { return c14n_transform; })},
    };
}

std::vector<HeavyInput> refused_for_their_signature() {
    const Unit reference = [](int) {
        return "<ds:Reference URI=\"#_r1\"><ds:Transforms>" + c14n_transform +
               "</ds:Transforms><ds:DigestMethod "
               "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>" +
               digest_value + "</ds:DigestValue></ds:Reference>";
    };
    return {
        {"Transforms below the element limit", filled(
                                                   transforms, [](int) { return c14n_transform; }, element_limit - 20)},
        {"References", filled(references, reference)},
        {"References below the element limit", filled(references, reference, (element_limit - 20) / 5)},
        {"PrefixList", filled(prefix_list, [](int i) { return " " + word(i); })},
        {"base64 rubbish for SignatureValue", filled(signature_value, [](int) { return "AAAA\n"; })},
        {"signature without a signer over a giant text",
         filled([](const std::string& text) { return replaced(never_signed({}), ">N1<", ">" + text + "<"); },
                [](int) { return "x"; })},
    };
}

std::vector<HeavyInput> genuine() {
    const auto in_elements = [](int elements, int depth) {
        std::string content;
        for (int i = 0; i < elements / depth; ++i) {
            for (int d = 0; d < depth; ++d) {
                content += "<d";
                for (int a = 0; a < 24; ++a) content += std::string(" ") + static_cast<char>('a' + a) + "=\"\"";
                content += ">";
            }
            for (int d = 0; d < depth; ++d) content += "</d>";
        }
        return signed_with("<x:a xmlns:x=\"urn:x\">" + content + "</x:a>");
    };
    return {
        {"giant text, signed", signed_with("<x:a xmlns:x=\"urn:x\">" + std::string(63'000, 'x') + "</x:a>")},
        {"elements with attributes, flat, signed", in_elements(480, 1)},
        {"elements with attributes, nested, signed", in_elements(480, 24)},
        {"base64 rubbish for CipherValue, signed", cipher_value([] {
             std::string text;
             while (text.size() < 62'000) text += "AAAA\n";
             return text;
         }())},
        {"EncryptedID with 8 keys for others, signed", eight_encrypted_keys()},
    };
}

/// A figure of /proc/self/status, in KiB.
long status_kib(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) return std::stol(line.substr(name.size() + 1));
    }
    throw std::runtime_error("no " + std::string(name) + " in /proc/self/status");
}

/// Forgets the peak so far (proc(5), clear_refs).
void reset_peak() {
    ::malloc_trim(0);
    if (!(std::ofstream("/proc/self/clear_refs") << "5" << std::flush)) throw std::runtime_error("can't reset VmHWM");
}

struct Cost {
    double ms = 0;
    long kib = 0;
};

Cost measured(const HeavyInput& input) {
    ServiceProvider provider;
    provider.admit_baseline();
    sp::HttpEndpoint endpoint(provider.service(), {});
    const sp::HttpRequest request{.method = "POST",
                                  .target = "/saml/slo/soap",
                                  .headers = {{"Content-Type", "text/xml; charset=utf-8"}},
                                  .body = input.body};
    reset_peak();
    const auto resident = status_kib("VmRSS:");
    Cost cost;
    int status = 0;
    for (int i = 0; i < rounds; ++i) {
        const auto begun = bench::thread_cpu_milliseconds();
        status = sp::wait_for(endpoint.handle(request)).status;
        cost.ms = std::max(cost.ms, bench::thread_cpu_milliseconds() - begun);
    }
    cost.kib = std::max(0L, status_kib("VmHWM:") - resident);
    if (provider.audit.entries().size() != rounds) throw std::runtime_error("over the limit: nothing was read");
    const auto last = provider.audit.last();
    std::printf("%-44s %6zu octets  %d %-20s %8.2f ms %6ld KiB\n", input.name, input.body.size(), status,
                (last.rule.empty() ? last.status : last.rule).c_str(), cost.ms, cost.kib);
    return cost;
}

}  // namespace

int main() {
    if (!saml::harden_process()) throw std::runtime_error("self-test");
    static_cast<void>(measured({"a good request, for comparison", soap({})}));

    Cost worst;
    for (const auto& inputs : {refused_by_the_reader(), refused_for_their_signature(), genuine()}) {
        for (const auto& input : inputs) {
            const auto cost = measured(input);
            worst = {.ms = std::max(worst.ms, cost.ms), .kib = std::max(worst.kib, cost.kib)};
        }
    }
    std::printf("bad input: at most %.2f ms and %ld KiB; budget 50 ms, 16 MiB: %s\n", worst.ms, worst.kib,
                worst.ms <= budget_ms && worst.kib <= budget_kib ? "kept" : "EXCEEDED");
}
