#include "store_scripts.hpp"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>

#include "record_layout.hpp"
#include "script_texts.hpp"
#include "store_rules.hpp"

namespace slo::sp::redis {
namespace {

constexpr std::string_view common = R"lua(
local function num(text, at) return (struct.unpack(number_format, text, at)) end
local function count(text, at) return (struct.unpack(count_format, text, at)) end
local function name_at(text, at) return text:sub(at, at + name_octets - 1) end
local function form(session, rule) return name_at(session, session_forms + name_octets * rule) end
local function index_at(record, tail, i) return name_at(record, tail + name_octets * i) end
local function sealed(session) return session:sub(session_tail + name_octets * count(session, session_index_count)) end
local function order_name(logout) return logout:sub(logout_order, logout_order_end) end
local function outcome(logout) return logout:sub(logout_outcome, logout_outcome_end) end
local function has_outcome(logout) return outcome(logout):byte(outcome_flag) == outcome_is_there end
local none = string.rep('\0', tally_octets)
local function is_final(logout)
  return has_outcome(logout) and outcome(logout):sub(outcome_failed, outcome_failed_end) == none
end

local no_index = string.rep('\0', zeros_before_instant)

-- Whether a logout names a session.
local function naming(logout)
  local rule, wanted = logout:byte(logout_rule), logout:sub(logout_form, logout_form_end)
  local number_of_indexes = count(logout, logout_index_count)
  local indexes = {}
  for i = 0, number_of_indexes - 1 do indexes[index_at(logout, logout_tail, i)] = true end
  return function(session)
    if form(session, rule) ~= wanted then return false end
    local authn_instant = session:sub(session_authn_instant, session_authn_instant_end)
    if number_of_indexes == 0 or indexes[no_index .. authn_instant] then return true end
    for i = 0, count(session, session_index_count) - 1 do
      if indexes[index_at(session, session_tail, i)] then return true end
    end
    return false
  end
end

-- Whether a session is ending, and a logout named it.
local function named(logout)
  local names, number = naming(logout), num(logout, logout_number)
  return function(session)
    local by = num(session, session_ending_by)
    return by ~= 0 and by <= number and names(session)
  end
end

local function answer(words, list)
  for i = 1, #list do words[#words + 1] = list[i] end
  return words
end

-- By a margin longer than asked for: the node's clock decides what has expired, the server only tidies up.
local function keep(key, time)
  local left = redis.call('PTTL', key)
  if left == -1 or left < time + margin then redis.call('PEXPIRE', key, time + margin) end
end

-- A write that takes no memory: when it comes first, the server lets the others pass even when it is full.
local function pass_when_full(hash) redis.call('HDEL', hash, '') end
)lua";

constexpr std::string_view claim_body = R"lua(
local there = redis.call('GET', KEYS[1])
if there then
  if there == ARGV[1] and tonumber(ARGV[2]) == 0 then redis.call('PERSIST', KEYS[1]) end
  return there
end
-- A write that takes no memory, as nothing is there.
if ARGV[3] == 'here' then redis.call('PERSIST', KEYS[1]) end
if tonumber(ARGV[2]) == 0 then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return ARGV[1]
)lua";

constexpr std::string_view enter_body = R"lua(
redis.call('ZREM', KEYS[1], '')  -- takes no memory
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
return 'entered'
)lua";

constexpr std::string_view settle_body = R"lua(
local there = redis.call('GET', KEYS[1])
if there and there:sub(1, #ARGV[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 'settled'
)lua";

constexpr std::string_view forget_body = R"lua(
local since = redis.call('ZSCORE', KEYS[1], ARGV[1])
if since and (ARGV[2] == '' or tonumber(since) == tonumber(ARGV[2])) then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 'forgotten'
)lua";

constexpr std::string_view replace_body = R"lua(
local there = redis.call('GET', KEYS[1]) or ''
if there ~= ARGV[1] then return there end
if tonumber(ARGV[3]) == 0 then
  redis.call('DEL', KEYS[1])
  return ''
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ARGV[2]
)lua";

constexpr std::string_view hint_body = R"lua(
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - margin)
keep(KEYS[1], tonumber(ARGV[4]))
return 'noted'
)lua";

constexpr std::string_view list_idp_body = R"lua(
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
keep(KEYS[1], tonumber(ARGV[3]))
return 'listed'
)lua";

static_assert(server_margin >= kept_request_margin, "keep() keeps a request's record by the server's margin");
constexpr std::size_t octets_of_a_weight = 1024;
static_assert(weight_of_octets(octets_of_a_weight - 1) + 1 == weight_of_octets(octets_of_a_weight));

void declare(std::string& lua, std::string_view name, std::string_view value) {
    lua.append("local ").append(name).append(" = ").append(value).append("\n");
}
void declare(std::string& lua, std::string_view name, std::size_t value) {
    declare(lua, name, std::to_string(value));
}
/// Lua counts octets from 1, and a text's last one belongs to it.
void declare(std::string& lua, std::span<const Field> fields) {
    for (const Field& field : fields) {
        declare(lua, field.name, field.at + 1);
        declare(lua, std::string(field.name) + "_end", field.end());
    }
}

/// What the scripts and the nodes agree on, as locals of each script.
std::string agreed() {
    std::string lua;
    for (const std::span<const Field> fields :
         {std::span<const Field>(SessionLayout::fields), std::span<const Field>(LogoutLayout::fields),
          std::span<const Field>(OutcomeLayout::fields), std::span<const Field>(BarrierLayout::fields),
          std::span<const Field>(RoundLayout::fields)}) {
        declare(lua, fields);
    }
    static_assert(number_octets == sizeof(double));
    declare(lua, "number_format", "'>d'");
    declare(lua, "count_format", "'>I" + std::to_string(count_octets) + "'");
    declare(lua, "tally_format", "'>I" + std::to_string(tally_octets) + "'");
    declare(lua, "name_octets", name_octets);
    declare(lua, "number_octets", number_octets);
    declare(lua, "tally_octets", tally_octets);
    declare(lua, "barrier_octets", BarrierLayout::octets);
    declare(lua, "zeros_before_instant", zeros_before_instant);
    declare(lua, "outcome_is_there", static_cast<std::size_t>(OutcomeLayout::is_there));
    declare(lua, "largest_tally", std::numeric_limits<std::uint32_t>::max());
    declare(lua, "max_barriers", max_barriers_of_a_key);
    declare(lua, "margin", static_cast<std::size_t>(server_margin.count()));
    declare(lua, "octets_of_a_weight", octets_of_a_weight);
    return lua;
}

/// A script of these texts.
std::string composed(std::initializer_list<std::string_view> texts) {
    std::string source = agreed();
    for (const std::string_view text : texts) source += text;
    return source;
}

}  // namespace

const StoreScripts& StoreScripts::get() {
    static const std::string admit = composed({common, lua::barring, lua::capping, lua::admit_body});
    static const std::string would_admit = composed({common, lua::barring, lua::would_admit_body});
    static const std::string begin = composed({common, lua::granting, lua::begin_body});
    static const std::string resume = composed({common, lua::granting, lua::resume_body});
    static const std::string complete = composed({common, lua::dropping, lua::complete_body});
    static const std::string drop = composed({common, lua::dropping, lua::drop_body});
    static const std::string look = composed({common, lua::look_body});
    static const std::string withdraw = composed({common, lua::withdraw_body});
    static const std::string hint = composed({common, hint_body});
    static const std::string list_idp = composed({common, list_idp_body});
    static const std::string keep_request = composed({common, lua::weighing, lua::keep_request_body});
    static const std::string drop_request = composed({lua::weighing, lua::drop_request_body});
    static const StoreScripts scripts{.admit = make_script(admit),
                                      .would_admit = make_script(would_admit),
                                      .begin = make_script(begin),
                                      .resume = make_script(resume),
                                      .drop = make_script(drop),
                                      .complete = make_script(complete),
                                      .look = make_script(look),
                                      .claim = make_script(claim_body),
                                      .enter = make_script(enter_body),
                                      .settle = make_script(settle_body),
                                      .forget = make_script(forget_body),
                                      .replace = make_script(replace_body),
                                      .withdraw = make_script(withdraw),
                                      .hint = make_script(hint),
                                      .list_idp = make_script(list_idp),
                                      .keep_request = make_script(keep_request),
                                      .take_requests = make_script(lua::take_requests_body),
                                      .drop_request = make_script(drop_request)};
    return scripts;
}

}  // namespace slo::sp::redis
