#include "packed_naming.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace slo::sp {
namespace {

// The packed form is a count of SessionIndexes, then fields. A field is a number (its length plus one, or 0 if it is
// absent) and its bytes. Numbers have seven bits per byte, least significant first; the high bit says that more follow.
// The fields: id, NameID text, SPProvidedID, each SessionIndex, and without a shared scope the five in Scope's order.
constexpr std::size_t fields_before_indexes = 3;

using Field = std::optional<std::string_view>;

Field view(const std::optional<std::string>& text) noexcept {
    return text ? Field(*text) : std::nullopt;
}

template <class Visit>
void for_each_field(const Naming& naming, const Scope* shared, Visit visit) {
    visit(Field(naming.id));
    visit(Field(naming.name_id.value));
    visit(view(naming.name_id.sp_provided_id));
    for (const saml::SessionIndex& index : naming.session_indexes) visit(Field(index.str()));
    if (shared != nullptr) return;
    visit(Field(naming.idp.str()));
    visit(Field(naming.sp.str()));
    visit(view(naming.name_id.format));
    visit(view(naming.name_id.name_qualifier));
    visit(view(naming.name_id.sp_name_qualifier));
}

constexpr std::size_t number_size(std::size_t number) noexcept {
    std::size_t bytes = 1;
    while (number >>= 7) ++bytes;
    return bytes;
}

char* write_number(std::size_t number, char* out) noexcept {
    for (; number > 0x7F; number >>= 7) *out++ = static_cast<char>((number & 0x7F) | 0x80);
    *out++ = static_cast<char>(number);
    return out;
}

std::size_t read_number(const char*& in) noexcept {
    std::size_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(*in++);
        number |= static_cast<std::size_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return number;
    }
}

char* write_field(Field field, char* out) noexcept {
    if (!field) return write_number(0, out);
    out = write_number(field->size() + 1, out);
    return std::copy(field->begin(), field->end(), out);
}

Field read_field(const char*& in) noexcept {
    const std::size_t number = read_number(in);
    if (number == 0) return std::nullopt;
    const std::string_view text(in, number - 1);
    in += text.size();
    return text;
}

std::optional<std::string> owned(Field field) {
    return field ? std::optional<std::string>(*field) : std::nullopt;
}

}  // namespace

Naming Naming::of(const Session& session) noexcept {
    return {session.id.str(), session.idp, session.sp, session.name_id, session.session_indexes};
}

Naming Naming::of(const LogoutOrder& order) noexcept {
    return {order.key.request_id.str(), order.key.idp, order.sp, order.name_id, order.session_indexes};
}

std::size_t PackedNaming::size(const Naming& naming, const Scope* shared) noexcept {
    std::size_t bytes = number_size(naming.session_indexes.size());
    for_each_field(naming, shared, [&bytes](Field field) {
        bytes += field ? number_size(field->size() + 1) + field->size() : number_size(0);
    });
    return bytes;
}

void PackedNaming::write(const Naming& naming, const Scope* shared, char* text) noexcept {
    text = write_number(naming.session_indexes.size(), text);
    for_each_field(naming, shared, [&text](Field field) { text = write_field(field, text); });
}

std::optional<std::string_view> PackedNaming::field(std::size_t number) const noexcept {
    const char* in = text_;
    read_number(in);
    for (; number > 0; --number) read_field(in);
    return read_field(in);
}

std::optional<std::string_view> PackedNaming::scope_field(std::size_t number) const noexcept {
    return field(fields_before_indexes + index_count() + number);
}

std::string_view PackedNaming::id() const noexcept {
    return *field(0);
}

std::string_view PackedNaming::name_value() const noexcept {
    return *field(1);
}

Principal PackedNaming::principal(NamedBy named_by) const noexcept {
    if (named_by == NamedBy::name_id) return {named_by, name_value()};
    return {named_by, index_count() == 0 ? std::string_view() : session_index(0)};
}

std::string_view PackedNaming::idp() const noexcept {
    return shared_ != nullptr ? std::string_view(shared_->idp.str()) : *scope_field(0);
}

std::string_view PackedNaming::sp() const noexcept {
    return shared_ != nullptr ? std::string_view(shared_->sp.str()) : *scope_field(1);
}

std::size_t PackedNaming::index_count() const noexcept {
    const char* in = text_;
    return read_number(in);
}

std::string_view PackedNaming::session_index(std::size_t number) const noexcept {
    return *field(fields_before_indexes + number);
}

std::optional<std::string_view> PackedNaming::format() const noexcept {
    return shared_ != nullptr ? view(shared_->format) : scope_field(2);
}

std::optional<std::string_view> PackedNaming::name_qualifier() const noexcept {
    return shared_ != nullptr ? view(shared_->name_qualifier) : scope_field(3);
}

std::optional<std::string_view> PackedNaming::sp_name_qualifier() const noexcept {
    return shared_ != nullptr ? view(shared_->sp_name_qualifier) : scope_field(4);
}

std::optional<std::string_view> PackedNaming::sp_provided_id() const noexcept {
    return field(2);
}

bool PackedNaming::has_any_of(const std::vector<saml::SessionIndex>& indexes) const noexcept {
    for (std::size_t i = 0; i < index_count(); ++i) {
        const auto is_it = [mine = session_index(i)](const saml::SessionIndex& index) { return index.str() == mine; };
        if (std::ranges::any_of(indexes, is_it)) return true;
    }
    return false;
}

saml::EntityID PackedNaming::idp_entity() const {
    return shared_ != nullptr ? shared_->idp : saml::EntityID::opaque(*scope_field(0)).value();
}

saml::EntityID PackedNaming::sp_entity() const {
    return shared_ != nullptr ? shared_->sp : saml::EntityID::opaque(*scope_field(1)).value();
}

saml::NameID PackedNaming::name_id() const {
    return {
        .value = std::string(name_value()),
        .format = owned(format()),
        .name_qualifier = owned(name_qualifier()),
        .sp_name_qualifier = owned(sp_name_qualifier()),
        .sp_provided_id = owned(sp_provided_id()),
    };
}

std::vector<saml::SessionIndex> PackedNaming::session_indexes() const {
    std::vector<saml::SessionIndex> indexes;
    indexes.reserve(index_count());
    for (std::size_t i = 0; i < index_count(); ++i) {
        indexes.push_back(saml::SessionIndex::parse(session_index(i)).value());
    }
    return indexes;
}

}  // namespace slo::sp
