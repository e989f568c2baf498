// The layout of the records in the shared store, as stored_records.cpp writes and reads them, and as the scripts read,
// compare and mark them. The scripts learn each number of this file, and of store_rules.hpp, by name
// (store_scripts.cpp), so a number is in one place. Nodes of other versions have written records, and read ours:
// tests/sp/redis_format_test.cpp keeps each octet where it is.
//
// Numbers are big-endian: counts of sessions or indexes are unsigned, the others doubles, as Lua computes with these.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace slo::sp::redis {

/// A principal's name in hex digits, and any other name as it is.
inline constexpr std::size_t principal_octets = 32;
inline constexpr std::size_t name_octets = 16;
/// nonce_octets is the length of the nonce that tells two logins of one session apart.
inline constexpr std::size_t nonce_octets = 8;
/// A double: milliseconds, or a logout's number.
inline constexpr std::size_t number_octets = 8;
/// How many indexes follow.
inline constexpr std::size_t count_octets = 2;
/// How many sessions a logout ended.
inline constexpr std::size_t tally_octets = 4;
inline constexpr std::size_t rule_octets = 1;
/// A session's matching forms, one under each of the rules that compare a NameID.
inline constexpr std::size_t forms_octets = 3 * name_octets;
/// An AuthnInstant has a name's place among the indexes: zeros, and the number.
inline constexpr std::size_t zeros_before_instant = name_octets - number_octets;

/// Field is a place in a record. Its name is the one in the scripts.
struct Field {
    std::string_view name;
    std::size_t at = 0;  ///< octets before it
    std::size_t octets = 0;

    [[nodiscard]] constexpr std::size_t end() const noexcept { return at + octets; }
};

/// A session: these fields are followed by its indexes' names, then the sealed session.
struct SessionLayout {
    /// 0 for an active session, else the number of the logout that named it first.
    static constexpr Field ending_by{"session_ending_by", 0, number_octets};
    static constexpr Field expires{"session_expires", ending_by.end(), number_octets};
    static constexpr Field authn_instant{"session_authn_instant", expires.end(), number_octets};
    static constexpr Field nonce{"session_nonce", authn_instant.end(), nonce_octets};
    static constexpr Field content{"session_content", nonce.end(), name_octets};
    static constexpr Field forms{"session_forms", content.end(), forms_octets};
    static constexpr Field index_count{"session_index_count", forms.end(), count_octets};
    static constexpr Field tail{"session_tail", index_count.end(), 0};
    static constexpr std::array fields{ending_by, expires, authn_instant, nonce, content, forms, index_count, tail};
};

/// A logout: these fields are followed by the names of the indexes that it names, then the sealed key.
struct LogoutLayout {
    /// It only has to be greater than those of the principal's earlier logouts.
    static constexpr Field number{"logout_number", 0, number_octets};
    static constexpr Field keep_until{"logout_keep_until", number.end(), number_octets};
    static constexpr Field as_of{"logout_as_of", keep_until.end(), number_octets};
    /// Which of a session's forms must be the logout's.
    static constexpr Field rule{"logout_rule", as_of.end(), rule_octets};
    static constexpr Field form{"logout_form", rule.end(), name_octets};
    static constexpr Field order{"logout_order", form.end(), name_octets};
    static constexpr Field outcome{"logout_outcome", order.end(), 1 + 3 * tally_octets};
    static constexpr Field index_count{"logout_index_count", outcome.end(), count_octets};
    static constexpr Field tail{"logout_tail", index_count.end(), 0};
    static constexpr std::array fields{number, keep_until, as_of, rule, form, order, outcome, index_count, tail};
};

/// OutcomeLayout is a logout's outcome: zeros until there is one.
struct OutcomeLayout {
    static constexpr Field flag{"outcome_flag", 0, 1};
    static constexpr Field ended{"outcome_ended", flag.end(), tally_octets};
    static constexpr Field already_gone{"outcome_already_gone", ended.end(), tally_octets};
    static constexpr Field failed{"outcome_failed", already_gone.end(), tally_octets};
    static constexpr std::array fields{flag, ended, already_gone, failed};
    static constexpr std::size_t octets = failed.end();
    static constexpr char is_there = 1;  ///< the flag's value
};
static_assert(LogoutLayout::outcome.octets == OutcomeLayout::octets);

/// BarrierLayout is a barrier, which a login has to pass: one behind the other under a key.
struct BarrierLayout {
    static constexpr Field as_of{"barrier_as_of", 0, number_octets};
    static constexpr Field keep_until{"barrier_keep_until", as_of.end(), number_octets};
    /// Rule and form, which a node writes together.
    static constexpr Field rule{"barrier_rule", keep_until.end(), rule_octets};
    static constexpr Field form{"barrier_form", rule.end(), name_octets};
    static constexpr std::array fields{as_of, keep_until, rule, form};
    static constexpr std::size_t octets = form.end();
};

/// RoundLayout says which round holds an ending session, and until when.
struct RoundLayout {
    static constexpr Field id{"round_id", 0, name_octets};
    static constexpr Field until{"round_until", id.end(), number_octets};
    static constexpr std::array fields{id, until};
};

}  // namespace slo::sp::redis
