#include "stored_records.hpp"

#include <array>
#include <bit>

#include "slo/sp/store_error.hpp"
#include "store_rules.hpp"

namespace slo::sp::redis {
namespace {

constexpr char version = 1;                // of what is sealed: the first octet
constexpr char version_by_index = 2;       // of a session that is named by its SessionIndex
constexpr char version_with_instants = 2;  // of a kept request whose order names AuthnInstants

/// A big-endian double: what the scripts' struct.unpack('>d') reads. Exact for milliseconds of the next 285,000 years.
std::string number(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    std::string octets;
    for (int shift = 56; shift >= 0; shift -= 8) octets += static_cast<char>(bits >> shift & 0xFF);
    return octets;
}
std::string number(Instant instant) {
    return number(static_cast<double>(instant.time_since_epoch().count()));
}

double read_number(std::string_view octets) noexcept {
    std::uint64_t bits = 0;
    for (const char octet : octets.substr(0, number_octets)) bits = bits << 8 | static_cast<unsigned char>(octet);
    return std::bit_cast<double>(bits);
}
/// A record holds what number() wrote; anything else is out of range, and clamped before it could overflow.
Instant read_instant(std::string_view octets) noexcept {
    constexpr double limit = 9e15;
    const double value = read_number(octets);
    const double clamped = value > -limit && value < limit ? value : 0;
    return Instant(std::chrono::milliseconds(static_cast<std::int64_t>(clamped)));
}

std::string small_number(std::size_t value) {
    return {static_cast<char>(value >> 8 & 0xFF), static_cast<char>(value & 0xFF)};
}

std::size_t read_small_number(std::string_view octets) noexcept {
    return std::size_t{static_cast<unsigned char>(octets[0])} << 8 | static_cast<unsigned char>(octets[1]);
}

std::string numbers(const std::vector<Instant>& instants) {
    std::string octets;
    for (const Instant instant : instants) octets += number(instant);
    return octets;
}

/// The octets that replace an index's name for an AuthnInstant; the scripts make the same of a session's.
std::string instant_name(Instant authn_instant) {
    return std::string(zeros_before_instant, '\0') + number(authn_instant);
}

std::string large_number(std::uint32_t value) {
    return small_number(value >> 16) + small_number(value & 0xFFFF);
}
std::uint32_t read_large_number(std::string_view octets) noexcept {
    std::uint32_t value = 0;
    for (const char octet : octets.substr(0, tally_octets)) value = value << 8 | static_cast<unsigned char>(octet);
    return value;
}

// Numbers are written in so many octets: number(), small_number() and large_number().
static_assert(number_octets == 8 && count_octets == 2 && tally_octets == 4 && rule_octets == 1);

void put(std::string& record, const Field& field, std::string_view octets) {
    record.replace(field.at, field.octets, octets);
}
std::string_view field_in(std::string_view record, const Field& field) noexcept {
    return record.substr(field.at, field.octets);
}

char rule_of(saml::NameIDMatching matching) noexcept {
    switch (matching) {
        case saml::NameIDMatching::exact:
            return 0;
        case saml::NameIDMatching::default_qualifiers:
            return 1;
        case saml::NameIDMatching::value_only:
            return 2;
        case saml::NameIDMatching::session_index:
            return 3;
    }
    return 0;
}

/// The rule of the session's forms, which the scripts compare. A session named by its SessionIndex has equal forms.
char form_rule_of(saml::NameIDMatching matching) noexcept {
    return matching == saml::NameIDMatching::session_index ? '\0' : rule_of(matching);
}

std::optional<saml::NameIDMatching> matching_of(char rule) noexcept {
    for (const auto matching : {saml::NameIDMatching::exact, saml::NameIDMatching::default_qualifiers,
                                saml::NameIDMatching::value_only, saml::NameIDMatching::session_index}) {
        if (rule_of(matching) == rule) return matching;
    }
    return std::nullopt;
}

std::string packed(const Naming& naming) {
    std::string octets(PackedNaming::size(naming, nullptr), '\0');
    PackedNaming::write(naming, nullptr, octets.data());
    return octets;
}

std::string context(std::string_view kind, std::string_view principal, std::string_view name) {
    return std::string(kind) + std::string(principal) + std::string(name);
}

Failure unreadable() {
    return fail(StoreErrc::store_failed, "a record of the store is sealed under another key, or was changed");
}

}  // namespace

std::string hex(std::string_view octets) {
    std::string text;
    for (const char octet : octets) {
        text += "0123456789abcdef"[static_cast<unsigned char>(octet) >> 4];
        text += "0123456789abcdef"[static_cast<unsigned char>(octet) & 15];
    }
    return text;
}

std::string RecordWriter::principal(const saml::EntityID& idp, const Principal& principal) const {
    return hex(cipher_.name({principal.kind(), idp.str(), principal.text}));
}

std::string RecordWriter::principal(const Session& session) const {
    return principal(session.idp, Principal::of(session));
}

std::string RecordWriter::principal(const NamingView& naming) const {
    return principal(naming.idp, Principal::of(naming));
}

std::string RecordWriter::session_name(const LocalSessionID& id) const {
    return cipher_.name({"session", id.str()});
}

std::string RecordWriter::request_name(const LogoutKey& key) const {
    return cipher_.name({"request", key.idp.str(), key.request_id.str()});
}

std::string RecordWriter::order_name(const LogoutOrder& order) const {
    return cipher_.name({"order", packed(Naming::of(order)), number(order.as_of) + numbers(order.authn_instants)});
}

std::string RecordWriter::index_name(std::string_view principal, const saml::SessionIndex& index) const {
    return cipher_.name({"index", principal, index.str()});
}

std::vector<std::string> RecordWriter::index_names(std::string_view principal, const LogoutOrder& order) const {
    std::vector<std::string> names;
    if (order.session_indexes.empty()) return names;
    for (const saml::SessionIndex& index : order.session_indexes) names.push_back(index_name(principal, index));
    for (const Instant instant : order.authn_instants) names.push_back(instant_name(instant));
    return names;
}

std::string RecordWriter::form_name(const saml::NameID& name_id, saml::NameIDMatching matching,
                                    const saml::EntityID& idp, const saml::EntityID& sp) const {
    return cipher_.name({"form", std::string_view("0123").substr(static_cast<std::size_t>(rule_of(matching)), 1),
                         idp.str(), sp.str(), saml::matching_form(name_id, matching, idp, sp)});
}

std::string RecordWriter::tagged(std::string_view principal, std::string_view rest) const {
    return prefix_ + ":{" + std::string(principal) + "}:" + std::string(rest);
}

std::string RecordWriter::sessions_key(std::string_view principal) const {
    return tagged(principal, "sessions");
}

std::string RecordWriter::full_key(std::string_view principal) const {
    return tagged(principal, "full");
}

std::string RecordWriter::counter_key(std::string_view principal) const {
    return tagged(principal, "count");
}

std::string RecordWriter::logout_key(std::string_view principal, std::string_view request_name) const {
    return tagged(principal, "logout:" + hex(request_name));
}

std::string RecordWriter::rounds_key(std::string_view principal) const {
    return tagged(principal, "rounds");
}

std::vector<std::string> RecordWriter::barrier_keys(std::string_view principal, const Session& session) const {
    std::vector<std::string> keys{tagged(principal, "barrier"),
                                  tagged(principal, "barrier:" + hex(instant_name(session.authn_instant)))};
    for (const saml::SessionIndex& index : session.session_indexes) {
        keys.push_back(tagged(principal, "barrier:" + hex(index_name(principal, index))));
    }
    return keys;
}

std::vector<std::string> RecordWriter::barrier_keys(std::string_view principal, const LogoutOrder& order) const {
    if (order.session_indexes.empty()) return {tagged(principal, "barrier")};
    std::vector<std::string> keys;
    for (const std::string& name : index_names(principal, order)) {
        keys.push_back(tagged(principal, "barrier:" + hex(name)));
    }
    return keys;
}

std::string RecordWriter::session_place_key(std::string_view session_name) const {
    return prefix_ + ":session:" + hex(session_name);
}

std::string RecordWriter::request_place_key(std::string_view request_name) const {
    return prefix_ + ":request:" + hex(request_name);
}

std::string RecordWriter::barred_form(const LogoutOrder& order) const {
    const bool by_index = order.matching == saml::NameIDMatching::session_index;
    const auto widest = by_index ? order.matching : saml::NameIDMatching::value_only;
    return form_rule_of(widest) + form_name(order.name_id, widest, order.key.idp, order.sp);
}

std::vector<std::string> RecordWriter::hint_keys(const Naming& naming, ByName by_name) const {
    const auto key = [&](std::string_view kind, std::string_view text) {
        return prefix_ + ":hint:" + hex(cipher_.name({"hint", kind, naming.idp.str(), naming.sp.str(), text}));
    };
    std::vector<std::string> keys;
    for (const saml::SessionIndex& index : naming.session_indexes) {
        if (is_identifying(index.str())) keys.push_back(key("index", index.str()));
    }
    const std::string& value = naming.name_id.value;
    if (is_like_an_address(value)) keys.push_back(key("address", in_lower_case(value)));
    if (by_name == ByName::yes) keys.push_back(key("name", value));
    return keys;
}

std::vector<std::string> RecordWriter::hint_keys(const Session& session) const {
    return hint_keys(Naming::of(session), session.named_by == NamedBy::session_index ? ByName::yes : ByName::no);
}

std::vector<std::string> RecordWriter::hint_keys(const LogoutOrder& order) const {
    return hint_keys(Naming::of(order), ByName::yes);
}

std::string RecordWriter::journal_key(unsigned number) const {
    return prefix_ + ":unfinished:" + std::to_string(number);
}

unsigned RecordWriter::journal_of(std::string_view principal) noexcept {
    const char digit = principal.empty() ? '0' : principal.front();
    return static_cast<unsigned>(digit >= 'a' ? digit - 'a' + 10 : digit - '0') % journals;
}

std::string RecordWriter::kept_requests_key(unsigned part) const {
    return prefix_ + ":{kept:" + std::to_string(part) + "}:requests";
}

std::string RecordWriter::due_requests_key(unsigned part) const {
    return prefix_ + ":{kept:" + std::to_string(part) + "}:due";
}

unsigned RecordWriter::part_of(std::string_view request_name) noexcept {
    return request_name.empty() ? 0 : static_cast<unsigned char>(request_name.front()) % kept_parts;
}

std::string RecordWriter::idps_key() const {
    return prefix_ + ":idps";
}

std::string RecordWriter::idp_name(const saml::EntityID& idp) const {
    return cipher_.name({"idp", idp.str()});
}

std::string RecordWriter::sessions_pattern() const {
    std::string pattern;
    for (const char c : prefix_) {
        if (std::string_view("*?[]^\\").find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern + ":{*}:sessions";
}

std::optional<std::string> RecordWriter::principal_in(std::string_view sessions_key) const {
    const std::size_t at = prefix_.size() + 2;
    if (sessions_key.size() < at + principal_octets) return std::nullopt;
    std::string principal(sessions_key.substr(at, principal_octets));
    return sessions_key == this->sessions_key(principal) ? std::optional(std::move(principal)) : std::nullopt;
}

std::string RecordWriter::name_of_servers(std::string_view servers) const {
    return hex(cipher_.name({"servers", servers}));
}

std::string RecordWriter::deployment_key() const {
    return prefix_ + ":deployment";
}

std::string RecordWriter::deployment() const {
    return hex(cipher_.name({"deployment"}));
}

Result<std::string> RecordWriter::session_record(const Session& session, std::string_view principal,
                                                 std::string_view nonce) const {
    const std::string naming = packed(Naming::of(session));
    const bool by_index = session.named_by == NamedBy::session_index;
    const std::string plain =
        (by_index ? version_by_index : version) + number(session.authn_instant) + number(session.expires) + naming;
    const auto sealed = cipher_.seal(plain, context("session", principal, session_name(session.id)));
    if (!sealed) return sealed.error();
    std::string forms;
    for (const auto matching :
         {saml::NameIDMatching::exact, saml::NameIDMatching::default_qualifiers, saml::NameIDMatching::value_only}) {
        const auto its_own = by_index ? saml::NameIDMatching::session_index : matching;
        forms += form_name(session.name_id, its_own, session.idp, session.sp);
    }
    using Layout = SessionLayout;
    std::string record(Layout::tail.at, '\0');  // and so it is active
    put(record, Layout::expires, number(session.expires));
    put(record, Layout::authn_instant, number(session.authn_instant));
    put(record, Layout::nonce, nonce);
    put(record, Layout::content, cipher_.name({"content", plain}));
    put(record, Layout::forms, forms);
    put(record, Layout::index_count, small_number(session.session_indexes.size()));
    for (const saml::SessionIndex& index : session.session_indexes) record += index_name(principal, index);
    return record + *sealed;
}

Result<std::string> RecordWriter::logout_record(const LogoutOrder& order, std::string_view principal) const {
    const std::string plain =
        version + small_number(order.key.idp.str().size()) + order.key.idp.str() + order.key.request_id.str();
    const auto sealed = cipher_.seal(plain, context("logout", principal, request_name(order.key)));
    if (!sealed) return sealed.error();
    const std::vector<std::string> indexes = index_names(principal, order);
    using Layout = LogoutLayout;
    std::string record(Layout::tail.at, '\0');  // the script gives it a number, and later an outcome
    put(record, Layout::keep_until, number(order.keep_until));
    put(record, Layout::as_of, number(order.as_of));
    put(record, Layout::rule, std::string(1, form_rule_of(order.matching)));
    put(record, Layout::form, form_name(order.name_id, order.matching, order.key.idp, order.sp));
    put(record, Layout::order, order_name(order));
    put(record, Layout::index_count, small_number(indexes.size()));
    for (const std::string& name : indexes) record += name;
    return record + *sealed;
}

Result<std::string> RecordWriter::kept_record(const KeptRequest& request) const {
    const LogoutOrder& order = request.order;
    const std::string instants = numbers(order.authn_instants);
    const std::string head = instants.empty()
                                 ? std::string(1, version)
                                 : version_with_instants + small_number(order.authn_instants.size()) + instants;
    const std::string plain = head + rule_of(order.matching) + number(order.as_of) + number(order.keep_until) +
                              number(request.not_on_or_after) + large_number(request.attempts) +
                              large_number(static_cast<std::uint32_t>(request.reason.size())) + request.reason +
                              packed(Naming::of(order));
    return cipher_.seal(plain, context("kept", "", request_name(order.key)));
}

Result<KeptRequest> RecordWriter::open_kept(std::string_view sealed, std::string_view request_name,
                                            Instant next_attempt) const {
    constexpr std::size_t reason_at = 33;
    const auto plain = cipher_.open(sealed, context("kept", "", request_name));
    // A text that the store's key opens was sealed by kept_record().
    std::string_view fields = plain ? std::string_view(*plain) : std::string_view();
    std::vector<Instant> instants;
    if (fields.size() >= 3 && fields.front() == version_with_instants) {
        const std::size_t count = read_small_number(fields.substr(1));
        if (fields.size() <= 3 + 8 * count) return unreadable();
        for (std::size_t i = 0; i < count; ++i) instants.push_back(read_instant(fields.substr(3 + 8 * i)));
        fields.remove_prefix(3 + 8 * count);
    } else if (!fields.empty() && fields.front() == version) {
        fields.remove_prefix(1);
    } else {
        return unreadable();
    }
    if (fields.size() <= reason_at) return unreadable();
    const auto matching = matching_of(fields[0]);
    const std::size_t reason_octets = read_large_number(fields.substr(29));
    if (!matching || fields.size() <= reason_at + reason_octets) return unreadable();
    const PackedNaming naming(nullptr, fields.data() + reason_at + reason_octets);
    return KeptRequest{.order = {.key = {naming.idp_entity(), saml::MessageID::parse(naming.id()).value()},
                                 .sp = naming.sp_entity(),
                                 .name_id = naming.name_id(),
                                 .session_indexes = naming.session_indexes(),
                                 .matching = *matching,
                                 .as_of = read_instant(fields.substr(1)),
                                 .keep_until = read_instant(fields.substr(9)),
                                 .authn_instants = std::move(instants)},
                       .reason = std::string(fields.substr(reason_at, reason_octets)),
                       .not_on_or_after = read_instant(fields.substr(17)),
                       .next_attempt = next_attempt,
                       .attempts = read_large_number(fields.substr(25))};
}

Result<std::string> RecordWriter::seal_idp(const saml::EntityID& idp) const {
    return cipher_.seal(version + idp.str(), context("idp", "", idp_name(idp)));
}

Result<saml::EntityID> RecordWriter::open_idp(std::string_view sealed, std::string_view name) const {
    const auto plain = cipher_.open(sealed, context("idp", "", name));
    if (!plain || plain->empty() || plain->front() != version) return unreadable();
    auto idp = saml::EntityID::opaque(std::string_view(*plain).substr(1));
    if (!idp) return unreadable();
    return idp;
}

std::string RecordWriter::round_name(const RoundID& round) {
    std::string octets;
    for (const std::uint64_t half : {round.node, round.number}) {
        octets += large_number(static_cast<std::uint32_t>(half >> 32));
        octets += large_number(static_cast<std::uint32_t>(half & 0xFFFF'FFFF));
    }
    return octets;
}

std::optional<LogoutOutcome> RecordWriter::read_outcome(std::string_view record) noexcept {
    using Layout = OutcomeLayout;
    if (record.size() != Layout::octets || record[Layout::flag.at] != Layout::is_there) return std::nullopt;
    return LogoutOutcome{.ended = read_large_number(field_in(record, Layout::ended)),
                         .already_gone = read_large_number(field_in(record, Layout::already_gone)),
                         .failed = read_large_number(field_in(record, Layout::failed))};
}

Result<Session> RecordWriter::open_session(std::string_view sealed, std::string_view principal,
                                           std::string_view session_name) const {
    const auto plain = cipher_.open(sealed, context("session", principal, session_name));
    if (!plain || plain->size() <= 17) return unreadable();
    const bool by_index = plain->front() == version_by_index;
    if (!by_index && plain->front() != version) return unreadable();
    // A text that the store's key opens was sealed by session_record().
    const PackedNaming naming(nullptr, plain->data() + 17);
    return Session{.id = LocalSessionID::parse(naming.id()).value(),
                   .idp = naming.idp_entity(),
                   .sp = naming.sp_entity(),
                   .name_id = naming.name_id(),
                   .session_indexes = naming.session_indexes(),
                   .authn_instant = read_instant(std::string_view(*plain).substr(1)),
                   .expires = read_instant(std::string_view(*plain).substr(9)),
                   .named_by = by_index ? NamedBy::session_index : NamedBy::name_id};
}

Result<LocalSessionID> RecordWriter::read_ended(std::string_view message) const {
    if (message.size() < principal_octets + name_octets) return unreadable();
    auto session = open_session(message.substr(principal_octets + name_octets), message.substr(0, principal_octets),
                                message.substr(principal_octets, name_octets));
    if (!session) return std::move(session).error();
    return std::move(session->id);
}

Result<LogoutKey> RecordWriter::open_logout_key(std::string_view sealed, std::string_view principal,
                                                std::string_view request_name) const {
    const auto plain = cipher_.open(sealed, context("logout", principal, request_name));
    if (!plain || plain->size() <= 3 || plain->front() != version) return unreadable();
    const std::string_view fields = std::string_view(*plain).substr(1);
    const std::size_t length = read_small_number(fields);
    if (fields.size() < 2 + length) return unreadable();
    auto idp = saml::EntityID::opaque(fields.substr(2, length));
    auto id = saml::MessageID::parse(fields.substr(2 + length));
    if (!idp || !id) return unreadable();
    return LogoutKey{*std::move(idp), *std::move(id)};
}

std::optional<StoredSession> StoredSession::read(std::string_view record) noexcept {
    using Layout = SessionLayout;
    if (record.size() < Layout::tail.at) return std::nullopt;
    const std::size_t indexes = read_small_number(field_in(record, Layout::index_count));
    const std::size_t sealed_at = Layout::tail.at + indexes * name_octets;
    if (record.size() < sealed_at) return std::nullopt;
    StoredSession session;
    session.is_ending_ = read_number(field_in(record, Layout::ending_by)) != 0;
    session.expires_ = read_instant(field_in(record, Layout::expires));
    session.content_ = field_in(record, Layout::content);
    session.sealed_ = record.substr(sealed_at);
    return session;
}

}  // namespace slo::sp::redis
