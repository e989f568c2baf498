#include "store_load.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <variant>

namespace slo::bench {
namespace {

constexpr std::uint64_t partners = 64;

template <class T>
T parsed(const std::string& text) {
    return must(T::parse(text));
}

std::string digits(std::uint64_t number, int width) {
    std::string text(static_cast<std::size_t>(width), '0');
    for (auto it = text.rbegin(); number != 0; ++it, number >>= 4) *it = "0123456789abcdef"[number & 0xF];
    return text;
}

const saml::EntityID our_id = parsed<saml::EntityID>("https://sp.example.com/saml/metadata");

saml::EntityID partner(std::uint64_t number) {
    const std::string host = "login." + digits(number % partners, 2) + ".identity.university.example.org";
    return parsed<saml::EntityID>("https://" + host + "/idp/saml2");
}

saml::NameID name_id(std::uint64_t number) {
    return {.value = "AAdzZWNyZXQx" + digits(number, 36),
            .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            .name_qualifier = partner(number).str(),
            .sp_name_qualifier = our_id.str(),
            .sp_provided_id = std::nullopt};
}

saml::SessionIndex session_index(std::uint64_t number, Indexes indexes) {
    return parsed<saml::SessionIndex>("_" + digits(number, indexes == Indexes::usual ? 32 : 14));
}

}  // namespace

sp::LocalSessionID local_id(std::uint64_t number) {
    return parsed<sp::LocalSessionID>(digits(number * 0x9E3779B97F4A7C15U, 16) + digits(number, 16));
}

sp::Session session(std::uint64_t number, Instant now, Indexes indexes) {
    return {.id = local_id(number),
            .idp = partner(number),
            .sp = our_id,
            .name_id = name_id(number),
            .session_indexes = {session_index(number, indexes)},
            .authn_instant = now,
            .expires = now + std::chrono::hours(8)};
}

sp::LogoutOrder order(std::uint64_t number, Instant now, Indexes indexes) {
    return {.key = {partner(number), parsed<saml::MessageID>("_" + digits(number, 32))},
            .sp = our_id,
            .name_id = name_id(number),
            .session_indexes = {session_index(number, indexes)},
            .as_of = now,
            .keep_until = now + std::chrono::hours(1)};
}

void log_out(sp::SessionStore& store, const sp::LogoutOrder& order) {
    static std::atomic<std::uint64_t> rounds = 0;
    const sp::RoundID round{.node = 1, .number = ++rounds};
    const auto begun =
        must(store.begin_logout(order, {.round = round, .until = order.as_of + std::chrono::minutes(1)}));
    const auto& ending = std::get<sp::FreshLogout>(begun).ending;
    if (ending.size() != 1) std::abort();
    const sp::RoundReport report{.round = round, .ended = 1, .gone = {ending.front().id}};
    static_cast<void>(must(store.complete_logout(order.key, report)));
}

std::size_t resident_bytes() {
    std::size_t total_pages = 0;
    std::size_t resident_pages = 0;
    std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
    return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace slo::bench
