// A login's scripts.
#include "script_texts.hpp"

namespace slo::sp::redis::lua {

constexpr std::string_view barring = R"lua(
-- Whether a logout forbids a login: KEYS from `first` on are the barriers in its way.
local function is_forbidden(record, first, now, rule)
  for k = first, #KEYS do
    local barriers = redis.call('GET', KEYS[k]) or ''
    for before = 0, #barriers - 1, barrier_octets do
      -- Both are the IdP's clock, so no skew stands between them.
      local later = rule ~= 'strict' and num(record, session_authn_instant) > num(barriers, before + barrier_as_of)
      if num(barriers, before + barrier_keep_until) > now and not later and
         form(record, barriers:byte(before + barrier_rule)) == name_at(barriers, before + barrier_form) then
        return true
      end
    end
  end
  return false
end
)lua";

constexpr std::string_view capping = R"lua(
-- Whether a principal has as many sessions as it may: what lives, and what is ending. What expired a minute ago goes,
-- and what did so since isn't counted: by the clock of another node it may still live. A look at all of them is made
-- once, until the next one expires, and its result stands under KEYS[2] with how many lay there. A session that comes
-- in removes it.
local minute = 60000
local full_earliest, full_count = 1, 1 + number_octets
local function is_full(now, most)
  local sessions_key, full_key = KEYS[1], KEYS[2]
  local count = redis.call('HLEN', sessions_key)
  if count + 1 < most then return false end
  local known = redis.call('GET', full_key)
  if known and now < num(known, full_earliest) and count == num(known, full_count) then return true end
  local live, earliest = count, now + minute
  if count >= most then
    live = 0
    local sessions = redis.call('HGETALL', sessions_key)
    for i = 1, #sessions, 2 do
      local is_ending, expires = num(sessions[i + 1], session_ending_by) ~= 0, num(sessions[i + 1], session_expires)
      if is_ending or expires > now then live = live + 1 end
      if not is_ending and expires > now then earliest = math.min(earliest, expires) end
      if not is_ending and expires + minute <= now then
        redis.call('HDEL', sessions_key, sessions[i])
        count = count - 1
      end
    end
  end
  if live < most then
    redis.call('DEL', full_key)
    return false
  end
  redis.call('SET', full_key, struct.pack(number_format, earliest) .. struct.pack(number_format, count), 'PX', minute)
  return true
end
)lua";

constexpr std::string_view admit_body = R"lua(
local now, id, record = tonumber(ARGV[1]), ARGV[3], ARGV[4]
if is_forbidden(record, 3, now, ARGV[2]) then return 'refused' end
local held = redis.call('HGET', KEYS[1], id)
local function content(session) return session:sub(session_content, session_content_end) end
local is_same = held and content(held) == content(record)
if held then
  local ending = num(held, session_ending_by) ~= 0
  if ending then return is_same and 'refused' or 'taken' end
  -- The same one gets this login's nonce, as its place has it.
  if not is_same and num(held, session_expires) > now then return 'taken' end
end
if not is_same and is_full(now, tonumber(ARGV[6])) then return 'full' end
local was_kept = redis.call('PTTL', KEYS[1])
redis.call('HSET', KEYS[1], id, record)
-- No time to live: something is ending, which only its application's word may drop.
if was_kept ~= -1 then keep(KEYS[1], tonumber(ARGV[5])) end
if redis.call('HLEN', KEYS[1]) > 4 then
  -- Each login looks at two others, so a principal's expired sessions don't pile up.
  local some = redis.call('HRANDFIELD', KEYS[1], 2, 'WITHVALUES')
  for i = 1, #some, 2 do
    local is_ending, expires = num(some[i + 1], session_ending_by) ~= 0, num(some[i + 1], session_expires)
    if not is_ending and expires + margin <= now then redis.call('HDEL', KEYS[1], some[i]) end
  end
end
return 'admitted'
)lua";

constexpr std::string_view would_admit_body = R"lua(
return is_forbidden(ARGV[3], 1, tonumber(ARGV[1]), ARGV[2]) and 'refused' or 'admitted'
)lua";

constexpr std::string_view withdraw_body = R"lua(
local session = redis.call('HGET', KEYS[1], ARGV[1])
if session and num(session, session_ending_by) == 0 and session:sub(session_nonce, session_nonce_end) == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 'withdrawn'
)lua";

}  // namespace slo::sp::redis::lua
