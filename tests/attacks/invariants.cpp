#include "invariants.hpp"

#include <algorithm>
#include <sstream>

namespace slo::test {
namespace {

constexpr double cpu_budget_ms = sanitized ? 2000 : 50;
constexpr long memory_budget_kib = 16L * 1024;

std::string without(const std::string& sessions, const std::string& ended) {
    std::istringstream words(sessions);
    std::string left;
    for (std::string word; words >> word;) {
        if ((" " + ended + " ").find(" " + word + " ") == std::string::npos) left += (left.empty() ? "" : " ") + word;
    }
    return left;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

/// "refused sig.missing".
std::string event_and_rule(const AuditLine& entry) {
    return entry.event + (entry.rule.empty() ? "" : " " + entry.rule);
}

std::string faceless_answer(const std::string& body, const char* rule) {
    const auto attack = refused(
        "", "", [&body] { return body; }, rule);
    return faceless(observe(attack).wire);
}

/// The answer to every broken signature: a good request with one octet of its signature changed.
const std::string& answer_to_a_broken_signature() {
    static const std::string wire = [] {
        auto body = good_body();
        char& octet = body[body.find("<ds:SignatureValue>") + 30];
        octet = octet == 'A' ? 'B' : 'A';
        return faceless_answer(body, "sig.invalid");
    }();
    return wire;
}

/// The answer to every failed decryption: an EncryptedID for another recipient.
const std::string& answer_to_a_failed_decryption() {
    static const std::string wire = faceless_answer(
        soap(marked({.identifier = EncryptedText{.certificate = "keys/stranger.crt.pem"}.xml()})), "id.decryption");
    return wire;
}

class Findings {
public:
    void expect(bool holds, std::string_view invariant, const std::string& what) {
        if (!holds) broken_.push_back(std::string(invariant) + ": " + what);
    }
    std::vector<std::string> take() { return std::move(broken_); }

private:
    std::vector<std::string> broken_;
};

bool may_change_the_store(const Attack& attack) {
    if (attack.audit == "http_refused") return false;
    return !attack.audit.starts_with("refused") || attack.audit == "refused check.request_id";
}

void check_sessions(Findings& findings, const Attack& attack, const Observation& seen) {
    findings.expect(seen.alive == without(seen.alive_before, attack.ends), "G1", "alive: " + seen.alive);
    const auto told = attack.ends.empty() ? seen.told_before : attack.ends;
    findings.expect(seen.told == told, "G1", "the application was told: " + seen.told);
    if (!may_change_the_store(attack)) {
        findings.expect(seen.store_changes == 0, "G8", "the store was asked to change something");
    }
}

void check_service(Findings& findings, const Attack& attack, const Observation& seen) {
    // After an accepted attack the good request's ID may be taken; then it repeats, which is Success as well.
    findings.expect(seen.good_answer == attack.good_answer, "G3", "the next good request got " + seen.good_answer);
    findings.expect(seen.other_answer == "200 LogoutResponse Success", "G3",
                    "another IdP on a new connection got " + seen.other_answer);
    findings.expect(!seen.server_failed, "G3", "an exception reached the connection's guard");
    findings.expect(seen.alive_at_last.find("S4") == std::string::npos, "G3", "S4 lives on");
}

void check_silence(Findings& findings, const Observation& seen) {
    findings.expect(seen.printed.empty(), "G6", "printed: " + seen.printed);
    findings.expect(seen.wire.find(marker) == std::string::npos, "G6", "the answer repeats the attacker's text");
    findings.expect(seen.audit.size() == 1U, "G6", std::to_string(seen.audit.size()) + " audit entries");
    for (const auto& entry : seen.audit) {
        const std::string& line = entry.json;
        const bool plain = std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
        findings.expect(plain && line.find(marker) == std::string::npos, "G6", "audit: " + line);
        const bool is_ours = entry.path.empty() || entry.path == "other" || entry.path == "/saml/slo/soap" ||
                             entry.path == "/saml/slo/form";
        findings.expect(is_ours, "G6", "a path of the attacker's: " + line);
    }
}

void check_answer(Findings& findings, const Attack& attack, const Observation& seen) {
    const auto summary = seen.reply.http_status == 0 ? "0" : seen.reply.summary();
    findings.expect(summary == attack.answer, "G10", "answered " + summary + ", not " + attack.answer);
    findings.expect(seen.connection_as_expected, "G10", "the connection isn't as it should be");
    // Nothing lives at another path, so the SOAP binding's rules for answers don't hold there.
    if (attack.answer != "404") {
        for (const auto& rule : seen.reply.violations) findings.expect(false, "G10", "the answer breaks: " + rule);
    }
    if (!seen.audit.empty()) {
        const auto found = event_and_rule(seen.audit.back());
        const bool is_any_of_http = attack.audit == "http_refused" && found.starts_with("http_refused http.");
        findings.expect(found == attack.audit || is_any_of_http, "G10",
                        "audit says " + found + ", not " + attack.audit);
    }
    if (seen.reply.fault && seen.reply.fault->code == "Client") {
        findings.expect(seen.reply.fault->children.size() == 3, "G10", "a Client fault without detail");
    }
    const bool bare = seen.reply.saml || seen.reply.fault || seen.reply.body.empty();
    findings.expect(bare, "G10", "a body that is neither a SAML response nor a Fault");
    if (seen.reply.http_status == 405) {
        findings.expect(seen.reply.header("Allow").value_or("") == "POST", "G10", "405 without Allow");
    }
}

}  // namespace

std::vector<std::string> broken_invariants(const Attack& attack, const Observation& seen) {
    Findings findings;
    check_answer(findings, attack, seen);
    check_sessions(findings, attack, seen);
    findings.expect(seen.attempted_calls.empty(), "G2", "attempted: " + joined(seen.attempted_calls));
    check_service(findings, attack, seen);
    findings.expect(seen.cpu_ms <= cpu_budget_ms, "G4", std::to_string(seen.cpu_ms) + " ms of CPU");
    findings.expect(sanitized || seen.memory_kib <= memory_budget_kib, "G4", std::to_string(seen.memory_kib) + " KiB");
    if (attack.audit.starts_with("refused sig.") && attack.audit != "refused sig.missing") {
        findings.expect(faceless(seen.wire) == answer_to_a_broken_signature(), "G5",
                        "answered otherwise than other broken signatures:\n" + seen.wire);
    }
    if (attack.audit == "refused id.decryption") {
        findings.expect(faceless(seen.wire) == answer_to_a_failed_decryption(), "G5",
                        "answered otherwise than other failed decryptions:\n" + seen.wire);
    }
    check_silence(findings, seen);
    findings.expect(seen.errors_left_behind.empty(), "G7", "left behind: " + seen.errors_left_behind);
    return findings.take();
}

}  // namespace slo::test
