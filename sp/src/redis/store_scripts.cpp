#include "redis/store_scripts.hpp"

#include <string>

namespace slo::sp::redis {
namespace {

// The records' layout, which stored_records.cpp writes; numbers are big-endian doubles, which Lua computes with:
//   session  1 ending by, 9 expires, 17 AuthnInstant, 25 nonce, 33 content, 49 + 16 * rule: matching form,
//            97 how many indexes, 99 their names, then the sealed session
//   logout   1 number, 9 keep_until, 17 as_of, 25 rule, 26 matching form, 42 order, 58 outcome, 71 how many indexes,
//            73 their names, then the sealed key
//   barrier  1 as_of, 9 keep_until, 17 rule, 18 matching form: 33 octets, one behind the other
// `ending by` is 0 for an active session, else the number of the logout that named it first. An outcome's first octet
// is 1 once there is one. A number only has to be greater than those of the principal's earlier logouts.
constexpr std::string_view common = R"lua(
local function num(text, at) return (struct.unpack('>d', text, at)) end
local function count(text, at) return (struct.unpack('>I2', text, at)) end
local function form(session, rule) return session:sub(49 + 16 * rule, 64 + 16 * rule) end
local function sealed(session) return session:sub(99 + 16 * count(session, 97)) end
local function has_outcome(logout) return logout:byte(58) == 1 end

-- Whether a logout names a session.
local function naming(logout)
  local rule, wanted, number_of_indexes = logout:byte(25), logout:sub(26, 41), count(logout, 71)
  local indexes = {}
  for i = 0, number_of_indexes - 1 do indexes[logout:sub(73 + 16 * i, 88 + 16 * i)] = true end
  return function(session)
    if form(session, rule) ~= wanted then return false end
    if number_of_indexes == 0 then return true end
    for i = 0, count(session, 97) - 1 do
      if indexes[session:sub(99 + 16 * i, 114 + 16 * i)] then return true end
    end
    return false
  end
end

-- What a logout waits for: what it named, and until it is completed also what an earlier one left ending.
local function awaited(logout, sessions)
  local names, number, out = naming(logout), num(logout, 1), {}
  for i = 1, #sessions, 2 do
    local by = num(sessions[i + 1], 1)
    if by == number or (not has_outcome(logout) and by ~= 0 and by < number) then
      if names(sessions[i + 1]) then
        out[#out + 1] = sessions[i]
        out[#out + 1] = sealed(sessions[i + 1])
      end
    end
  end
  return out
end

local function answer(words, list)
  for i = 1, #list do words[#words + 1] = list[i] end
  return words
end

-- An hour more than asked for: the node's clock decides what has expired, the server only tidies up.
local hour = 3600000
local function keep(key, time)
  local left = redis.call('PTTL', key)
  if left == -1 or left < time + hour then redis.call('PEXPIRE', key, time + hour) end
end
)lua";

constexpr std::string_view admit_body = R"lua(
local now, id, record = tonumber(ARGV[1]), ARGV[3], ARGV[4]
for k = 2, #KEYS do
  local barriers = redis.call('GET', KEYS[k]) or ''
  for at = 1, #barriers, 33 do
    -- Both are the IdP's clock, so no skew stands between them.
    local later = ARGV[2] ~= 'strict' and num(record, 17) > num(barriers, at)
    if num(barriers, at + 8) > now and not later and
       form(record, barriers:byte(at + 16)) == barriers:sub(at + 17, at + 32) then
      return 'refused'
    end
  end
end
local held = redis.call('HGET', KEYS[1], id)
if held then
  local ending = num(held, 1) ~= 0
  if held:sub(33, 48) == record:sub(33, 48) then return ending and 'refused' or 'admitted' end
  if ending or num(held, 9) > now then return 'taken' end
end
local was_kept = redis.call('PTTL', KEYS[1])
redis.call('HSET', KEYS[1], id, record)
-- No time to live: something is ending, which only its application's word may drop.
if was_kept ~= -1 then keep(KEYS[1], tonumber(ARGV[5])) end
if redis.call('HLEN', KEYS[1]) > 4 then
  -- Each login looks at two others, so a principal's expired sessions don't pile up.
  local some = redis.call('HRANDFIELD', KEYS[1], 2, 'WITHVALUES')
  for i = 1, #some, 2 do
    if num(some[i + 1], 1) == 0 and num(some[i + 1], 9) + hour <= now then redis.call('HDEL', KEYS[1], some[i]) end
  end
end
return 'admitted'
)lua";

constexpr std::string_view begin_body = R"lua(
local now, record, time = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local sessions_key, counter_key, logout_key = KEYS[1], KEYS[2], KEYS[3]
local known = redis.call('GET', logout_key)
if known then
  if known:sub(42, 57) ~= record:sub(42, 57) then return {'reused'} end
  -- A write, so that whoever waits for replicas waits for what the first answer said.
  redis.call('SET', logout_key, known, 'KEEPTTL')
  if has_outcome(known) then return {'recorded', known:sub(58, 70)} end
  return answer({'repeated'}, awaited(known, redis.call('HGETALL', sessions_key)))
end

-- A newer logout makes an older one's barrier redundant; nobody may line up any number of them.
local barrier = record:sub(17, 24) .. record:sub(9, 16) .. record:sub(25, 41)
local standing = {}
for k = 4, #KEYS do
  local barriers, kept, redundant = redis.call('GET', KEYS[k]) or '', {}, false
  for at = 1, #barriers, 33 do
    local one = barriers:sub(at, at + 32)
    local same = one:sub(17, 33) == barrier:sub(17, 33)
    if same and num(one, 1) >= num(barrier, 1) and num(one, 9) >= num(barrier, 9) then redundant = true end
    local older = same and num(one, 1) <= num(barrier, 1) and num(one, 9) <= num(barrier, 9)
    if num(one, 9) + hour > now and (redundant or not older) then kept[#kept + 1] = one end
  end
  if not redundant then
    if #kept >= 64 then return {'full'} end
    kept[#kept + 1] = barrier
  end
  standing[k] = table.concat(kept)
end

local number = math.max((tonumber(redis.call('GET', counter_key)) or 0) + 1, now)
redis.call('SET', counter_key, string.format('%.0f', number))
keep(counter_key, time + 24 * hour)
redis.call('SET', logout_key, struct.pack('>d', number) .. record:sub(9))
for k = 4, #KEYS do
  local left = redis.call('PTTL', KEYS[k])
  redis.call('SET', KEYS[k], standing[k], 'PX', math.max(left, time + hour))
end

local names, ending = naming(record), {}
local sessions = redis.call('HGETALL', sessions_key)
for i = 1, #sessions, 2 do
  local session = sessions[i + 1]
  local active = num(session, 1) == 0
  if not (active and num(session, 9) <= now) and names(session) then
    ending[#ending + 1] = sessions[i]
    ending[#ending + 1] = sealed(session)
    if active then
      redis.call('HSET', sessions_key, sessions[i], struct.pack('>d', number) .. session:sub(9))
      redis.call('PUBLISH', ARGV[4], ARGV[5] .. sessions[i] .. sealed(session))
    end
  end
end
if #ending > 0 then redis.call('PERSIST', sessions_key) end
return answer({'fresh'}, ending)
)lua";

constexpr std::string_view complete_body = R"lua(
local now, outcome = tonumber(ARGV[1]), ARGV[2]
-- A write that takes no memory comes first: the server then lets the others pass even when it is full.
redis.call('PERSIST', KEYS[2])
local logout = redis.call('GET', KEYS[2])
if not logout then return {'unknown'} end
local names, number, dropped = naming(logout), num(logout, 1), {}
for i = 3, #ARGV do
  local session = redis.call('HGET', KEYS[1], ARGV[i])
  if session and num(session, 1) ~= 0 and num(session, 1) <= number and names(session) then
    redis.call('HDEL', KEYS[1], ARGV[i])
    dropped[#dropped + 1] = ARGV[i]
    dropped[#dropped + 1] = session:sub(25, 32)
  end
end
if not has_outcome(logout) then logout = logout:sub(1, 57) .. outcome .. logout:sub(71) end
redis.call('SET', KEYS[2], logout)

local left = math.max(num(logout, 9) - now, 0)
local finished, any_ending, latest = true, false, 0
for _, session in ipairs(redis.call('HVALS', KEYS[1])) do
  local by = num(session, 1)
  if by == number then finished = false end
  if by ~= 0 then any_ending = true end
  latest = math.max(latest, num(session, 9))
end
if finished then redis.call('PEXPIRE', KEYS[2], left + hour) end
if not any_ending then redis.call('PEXPIRE', KEYS[1], math.max(latest - now, 0) + hour) end
return answer({finished and 'finished' or 'unfinished', string.format('%.0f', left), logout:sub(58, 70)}, dropped)
)lua";

constexpr std::string_view look_body = R"lua(
local logout = redis.call('GET', KEYS[2])
if not logout then return {'absent'} end
local ending = awaited(logout, redis.call('HGETALL', KEYS[1]))
if has_outcome(logout) and #ending == 0 then
  local left = math.max(num(logout, 9) - tonumber(ARGV[1]), 0)
  redis.call('PEXPIRE', KEYS[2], left + hour)
  return {'finished', string.format('%.0f', left)}
end
return answer({'unfinished', logout:sub(73 + 16 * count(logout, 71))}, ending)
)lua";

constexpr std::string_view claim_body = R"lua(
local there = redis.call('GET', KEYS[1])
if there then return there end
if tonumber(ARGV[2]) == 0 then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return ARGV[1]
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

constexpr std::string_view withdraw_body = R"lua(
local session = redis.call('HGET', KEYS[1], ARGV[1])
if session and num(session, 1) == 0 and session:sub(25, 32) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 'withdrawn'
)lua";

constexpr std::string_view keep_request_body = R"lua(
local name, limit = ARGV[1], tonumber(ARGV[5])
if redis.call('HEXISTS', KEYS[1], name) == 0 and redis.call('HLEN', KEYS[1]) >= limit then return 'full' end
redis.call('HSET', KEYS[1], name, ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], name)
for k = 1, 2 do keep(KEYS[k], tonumber(ARGV[4])) end
return 'kept'
)lua";

constexpr std::string_view take_requests_body = R"lua(
local now, taken = tonumber(ARGV[1]), {}
-- A write that takes no memory comes first: the server then lets the others pass even when it is full.
local left = redis.call('PTTL', KEYS[2])
if left > 0 then redis.call('PEXPIRE', KEYS[2], left) end
for i = 3, #ARGV do
  local score = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if score and tonumber(score) <= now then
    redis.call('ZADD', KEYS[2], ARGV[2], ARGV[i])
    taken[#taken + 1] = ARGV[i]
    taken[#taken + 1] = redis.call('HGET', KEYS[1], ARGV[i])
  end
end
return taken
)lua";

constexpr std::string_view drop_request_body = R"lua(
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 'dropped'
)lua";

std::string with_common(std::string_view body) {
    return std::string(common) + std::string(body);
}

}  // namespace

const StoreScripts& StoreScripts::get() {
    static const std::string admit_source = with_common(admit_body);
    static const std::string begin_source = with_common(begin_body);
    static const std::string complete_source = with_common(complete_body);
    static const std::string look_source = with_common(look_body);
    static const std::string withdraw_source = with_common(withdraw_body);
    static const std::string keep_request_source = with_common(keep_request_body);
    static const StoreScripts scripts{.admit = make_script(admit_source),
                                      .begin = make_script(begin_source),
                                      .complete = make_script(complete_source),
                                      .look = make_script(look_source),
                                      .claim = make_script(claim_body),
                                      .replace = make_script(replace_body),
                                      .withdraw = make_script(withdraw_source),
                                      .keep_request = make_script(keep_request_source),
                                      .take_requests = make_script(take_requests_body),
                                      .drop_request = make_script(drop_request_body)};
    return scripts;
}

}  // namespace slo::sp::redis
