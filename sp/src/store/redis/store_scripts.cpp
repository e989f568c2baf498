#include "store_scripts.hpp"

#include <string>

#include "store_rules.hpp"

namespace slo::sp::redis {
namespace {

// The records' layout, which stored_records.cpp writes; numbers are big-endian doubles, which Lua computes with:
//   session  1 ending by, 9 expires, 17 AuthnInstant, 25 nonce, 33 content, 49 + 16 * rule: matching form,
//            97 how many indexes, 99 their names, then the sealed session
//   logout   1 number, 9 keep_until, 17 as_of, 25 rule, 26 matching form, 42 order, 58 outcome, 71 how many indexes,
//            73 their names, then the sealed key. An AuthnInstant among the indexes has 8 zero octets before it.
//   outcome  1 flag, 2 ended, 6 already gone, 10 failed: in each four octets, big-endian
//   barrier  1 as_of, 9 keep_until, 17 rule, 18 matching form: 33 octets, one behind the other
//   round    1 its id, 17 until: under the name of a session that is ending
// `ending by` is 0 for an active session, else the number of the logout that named it first. An outcome's flag is 1
// once there is one. A number only has to be greater than those of the principal's earlier logouts.
//
// Beside the sessions' rounds stand, under '+' and a logout's number, digests of the reports that its outcome has taken
// in, 16 octets each: a report that comes again, because its answer was lost, counts once.
constexpr std::string_view common = R"lua(
local function num(text, at) return (struct.unpack('>d', text, at)) end
local function count(text, at) return (struct.unpack('>I2', text, at)) end
local function form(session, rule) return session:sub(49 + 16 * rule, 64 + 16 * rule) end
local function sealed(session) return session:sub(99 + 16 * count(session, 97)) end
local function order_name(logout) return logout:sub(42, 57) end
local function outcome(logout) return logout:sub(58, 70) end
local function has_outcome(logout) return logout:byte(58) == 1 end
local function is_final(logout) return has_outcome(logout) and logout:sub(67, 70) == '\0\0\0\0' end

local no_index = string.rep('\0', 8)

-- Whether a logout names a session.
local function naming(logout)
  local rule, wanted, number_of_indexes = logout:byte(25), logout:sub(26, 41), count(logout, 71)
  local indexes = {}
  for i = 0, number_of_indexes - 1 do indexes[logout:sub(73 + 16 * i, 88 + 16 * i)] = true end
  return function(session)
    if form(session, rule) ~= wanted then return false end
    if number_of_indexes == 0 or indexes[no_index .. session:sub(17, 24)] then return true end
    for i = 0, count(session, 97) - 1 do
      if indexes[session:sub(99 + 16 * i, 114 + 16 * i)] then return true end
    end
    return false
  end
end

-- Whether a session is ending, and a logout named it.
local function named(logout)
  local names, number = naming(logout), num(logout, 1)
  return function(session)
    local by = num(session, 1)
    return by ~= 0 and by <= number and names(session)
  end
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

-- A write that takes no memory: when it comes first, the server lets the others pass even when it is full.
local function pass_when_full(hash) redis.call('HDEL', hash, '') end
)lua";

constexpr std::string_view barring = R"lua(
-- Whether a logout forbids a login: KEYS from `first` on are the barriers in its way.
local function is_forbidden(record, first, now, rule)
  for k = first, #KEYS do
    local barriers = redis.call('GET', KEYS[k]) or ''
    for at = 1, #barriers, 33 do
      -- Both are the IdP's clock, so no skew stands between them.
      local later = rule ~= 'strict' and num(record, 17) > num(barriers, at)
      if num(barriers, at + 8) > now and not later and
         form(record, barriers:byte(at + 16)) == barriers:sub(at + 17, at + 32) then
        return true
      end
    end
  end
  return false
end
)lua";

constexpr std::string_view granting = R"lua(
-- Gives a round those of some ending sessions, pairs of a name and a sealed session, that no other round has. Answers
-- how many these are, and all pairs, these first.
local function grant(rounds, sessions, round, ends, now)
  local granted, others = {}, {}
  for i = 1, #sessions, 2 do
    local held, list = redis.call('HGET', rounds, sessions[i]), others
    local is_own = held and held:sub(1, 16) == round
    if not held or is_own or num(held, 17) <= now then
      -- A claim that was sent earlier and comes later doesn't shorten what the round has.
      local stays = is_own and math.max(ends, num(held, 17)) or ends
      redis.call('HSET', rounds, sessions[i], round .. struct.pack('>d', stays))
      list = granted
    end
    list[#list + 1] = sessions[i]
    list[#list + 1] = sessions[i + 1]
  end
  if #granted > 0 then keep(rounds, math.max(ends - now, 0)) end
  return answer(answer({string.format('%d', #granted / 2)}, granted), others)
end

-- What a logout that has begun still waits for, given to a round.
local function resume(logout_key, logout, sessions_key, rounds, round, ends, now)
  pass_when_full(rounds)
  -- Another write, so that they who wait for replicas wait for what an earlier answer said.
  redis.call('SET', logout_key, logout, 'KEEPTTL')
  if is_final(logout) then return {'recorded', outcome(logout)} end
  local is_named, ending = named(logout), {}
  local sessions = redis.call('HGETALL', sessions_key)
  for i = 1, #sessions, 2 do
    if is_named(sessions[i + 1]) then
      ending[#ending + 1] = sessions[i]
      ending[#ending + 1] = sealed(sessions[i + 1])
    end
  end
  return answer({'repeated'}, grant(rounds, ending, round, ends, now))
end
)lua";

constexpr std::string_view capping = R"lua(
-- Whether a principal has as many sessions as it may: what lives, and what is ending. What expired a minute ago goes,
-- and what did so since isn't counted: by the clock of another node it may still live. A look at all of them is made
-- once, until the next one expires, and its result stands under KEYS[2] with how many lay there. A session that comes
-- in removes it.
local minute = 60000
local function is_full(now, most)
  local sessions_key, full_key = KEYS[1], KEYS[2]
  local count = redis.call('HLEN', sessions_key)
  if count + 1 < most then return false end
  local known = redis.call('GET', full_key)
  if known and now < num(known, 1) and count == num(known, 9) then return true end
  local live, earliest = count, now + minute
  if count >= most then
    live = 0
    local sessions = redis.call('HGETALL', sessions_key)
    for i = 1, #sessions, 2 do
      local is_ending, expires = num(sessions[i + 1], 1) ~= 0, num(sessions[i + 1], 9)
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
  redis.call('SET', full_key, struct.pack('>dd', earliest, count), 'PX', minute)
  return true
end
)lua";

constexpr std::string_view admit_body = R"lua(
local now, id, record = tonumber(ARGV[1]), ARGV[3], ARGV[4]
if is_forbidden(record, 3, now, ARGV[2]) then return 'refused' end
local held = redis.call('HGET', KEYS[1], id)
local is_same = held and held:sub(33, 48) == record:sub(33, 48)
if held then
  local ending = num(held, 1) ~= 0
  if ending then return is_same and 'refused' or 'taken' end
  -- The same one gets this login's nonce, as its place has it.
  if not is_same and num(held, 9) > now then return 'taken' end
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
    if num(some[i + 1], 1) == 0 and num(some[i + 1], 9) + hour <= now then redis.call('HDEL', KEYS[1], some[i]) end
  end
end
return 'admitted'
)lua";

constexpr std::string_view would_admit_body = R"lua(
return is_forbidden(ARGV[3], 1, tonumber(ARGV[1]), ARGV[2]) and 'refused' or 'admitted'
)lua";

constexpr std::string_view begin_body = R"lua(
local now, record, time, round, ends = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[6], tonumber(ARGV[7])
local sessions_key, counter_key, logout_key, rounds, first = KEYS[1], KEYS[2], KEYS[3], KEYS[4], 5
local starts_here = ARGV[9] == 'here'
if starts_here then pass_when_full(rounds) end
local known = redis.call('GET', logout_key)
if known then
  if order_name(known) ~= order_name(record) then return {'reused'} end
  return resume(logout_key, known, sessions_key, rounds, round, ends, now)
end

-- A newer logout makes an older one's barrier redundant; nobody may line up any number of them.
local barrier = record:sub(17, 24) .. record:sub(9, 16) .. ARGV[8]
local standing = {}
for k = first, #KEYS do
  local barriers, kept, redundant = redis.call('GET', KEYS[k]) or '', {}, false
  for at = 1, #barriers, 33 do
    local one = barriers:sub(at, at + 32)
    local same = one:sub(17, 33) == barrier:sub(17, 33)
    if same and num(one, 1) >= num(barrier, 1) and num(one, 9) >= num(barrier, 9) then redundant = true end
    local older = same and num(one, 1) <= num(barrier, 1) and num(one, 9) <= num(barrier, 9)
    if num(one, 9) + hour > now and (redundant or not older) then kept[#kept + 1] = one end
  end
  if not redundant then
    if #kept >= max_barriers and not starts_here then return {'full'} end
    kept[#kept + 1] = barrier
  end
  standing[k] = table.concat(kept)
end

-- Greater than that of each logout which still has a session here, also where a node's clock was ahead.
local sessions = redis.call('HGETALL', sessions_key)
local number = math.max((tonumber(redis.call('GET', counter_key)) or 0) + 1, now)
for i = 1, #sessions, 2 do number = math.max(number, num(sessions[i + 1], 1) + 1) end
redis.call('SET', counter_key, string.format('%.0f', number), 'KEEPTTL')
-- It outlives the records and the barriers of the logouts that it numbers by an hour, as the node that completes one may
-- have another clock. Who is still unfinished then, and whose sessions are still ending, needs it no more: a number is
-- ahead of its time by no more than clocks are apart, so that the time is a greater one by now.
keep(counter_key, time + hour)
redis.call('SET', logout_key, struct.pack('>d', number) .. record:sub(9))
for k = first, #KEYS do
  local left = redis.call('PTTL', KEYS[k])
  redis.call('SET', KEYS[k], standing[k], 'PX', math.max(left, time + hour))
end

-- Those that have expired, too: another node's clock may say that they haven't.
local names, ending = naming(record), {}
for i = 1, #sessions, 2 do
  local session = sessions[i + 1]
  if names(session) then
    ending[#ending + 1] = sessions[i]
    ending[#ending + 1] = sealed(session)
    if num(session, 1) == 0 then
      redis.call('HSET', sessions_key, sessions[i], struct.pack('>d', number) .. session:sub(9))
      redis.call('HDEL', rounds, sessions[i])  -- of an earlier session with that name, which is gone
      redis.call('PUBLISH', ARGV[4], ARGV[5] .. sessions[i] .. sealed(session))
    end
  end
end
if #ending > 0 then redis.call('PERSIST', sessions_key) end
return answer({'fresh'}, grant(rounds, ending, round, ends, now))
)lua";

constexpr std::string_view resume_body = R"lua(
local logout = redis.call('GET', KEYS[2])
if not logout then return {'unknown'} end
return resume(KEYS[2], logout, KEYS[1], KEYS[3], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[1]))
)lua";

constexpr std::string_view dropping = R"lua(
-- Whether a round has a session.
local function has(rounds, round, name)
  local held = redis.call('HGET', rounds, name)
  return held and held:sub(1, 16) == round
end

-- Drops those sessions whose names are the arguments from `first` on, that a logout named and that a round has. Answers
-- name, nonce and sealed session of each.
local function drop(logout, sessions_key, rounds, round, first)
  local is_named, dropped = named(logout), {}
  for i = first, #ARGV do
    local session = redis.call('HGET', sessions_key, ARGV[i])
    if session and is_named(session) and has(rounds, round, ARGV[i]) then
      redis.call('HDEL', sessions_key, ARGV[i])
      redis.call('HDEL', rounds, ARGV[i])
      answer(dropped, {ARGV[i], session:sub(25, 32), sealed(session)})
    end
  end
  return dropped
end
)lua";

constexpr std::string_view drop_body = R"lua(
pass_when_full(KEYS[3])
local logout = redis.call('GET', KEYS[2])
if not logout then return {'unknown'} end
return answer({'dropped'}, drop(logout, KEYS[1], KEYS[3], ARGV[1], 2))
)lua";

constexpr std::string_view complete_body = R"lua(
local now, round, near_misses, at_work_until = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6])
local sessions_key, logout_key, rounds = KEYS[1], KEYS[2], KEYS[3]
pass_when_full(rounds)
local logout = redis.call('GET', logout_key)
if not logout then return {'unknown'} end
local is_named, number = named(logout), num(logout, 1)
local dropped = drop(logout, sessions_key, rounds, round, 7)

local finished, any_ending, latest, failed = true, false, 0, near_misses
local sessions = redis.call('HGETALL', sessions_key)
for i = 1, #sessions, 2 do
  local name, session = sessions[i], sessions[i + 1]
  local by = num(session, 1)
  if by == number then finished = false end
  if by ~= 0 then any_ending = true end
  latest = math.max(latest, num(session, 9))
  if is_named(session) then
    failed = failed + 1
    if has(rounds, round, name) then
      if at_work_until then
        local stays = math.max(at_work_until, num(redis.call('HGET', rounds, name), 17))
        redis.call('HSET', rounds, name, round .. struct.pack('>d', stays))
        keep(rounds, math.max(at_work_until - now, 0))
      else
        redis.call('HDEL', rounds, name)
      end
    end
  end
end

if not is_final(logout) then
  local field, report = '+' .. logout:sub(1, 8), redis.sha1hex(table.concat(ARGV, ' ', 2)):sub(1, 16)
  local reports = redis.call('HGET', rounds, field) or ''
  local is_new = true
  for at = 1, #reports, 16 do
    if reports:sub(at, at + 15) == report then is_new = false end
  end
  local largest = 4294967295
  local function sum(at, more)
    return math.min((struct.unpack('>I4', logout, at)) + (is_new and tonumber(more) or 0), largest)
  end
  local ended, already_gone = sum(59, ARGV[3]), sum(63, ARGV[4])
  local came_to = '\1' .. struct.pack('>I4I4I4', ended, already_gone, math.min(failed, largest))
  logout = logout:sub(1, 57) .. came_to .. logout:sub(71)
  if failed == 0 then
    redis.call('HDEL', rounds, field)
  elseif is_new and tonumber(ARGV[3]) + tonumber(ARGV[4]) > 0 then
    redis.call('HSET', rounds, field, (reports .. report):sub(-16 * 16))
    keep(rounds, 0)
  end
end
redis.call('SET', logout_key, logout)

local left = math.max(num(logout, 9) - now, 0)
if finished then redis.call('PEXPIRE', logout_key, left + hour) end
if not any_ending then redis.call('PEXPIRE', sessions_key, math.max(latest - now, 0) + hour) end
local word = finished and 'finished' or 'unfinished'
return answer({word, string.format('%.0f', left), order_name(logout), outcome(logout)}, dropped)
)lua";

constexpr std::string_view look_body = R"lua(
local logout = redis.call('GET', KEYS[2])
if not logout then return {'absent'} end
local is_named, number, ending = named(logout), num(logout, 1), {}
local sessions = redis.call('HGETALL', KEYS[1])
for i = 1, #sessions, 2 do
  local session = sessions[i + 1]
  -- What an earlier logout left ending is that one's, once this one has been completed.
  if is_named(session) and (num(session, 1) == number or not has_outcome(logout)) then
    ending[#ending + 1] = sessions[i]
    ending[#ending + 1] = sealed(session)
  end
end
if has_outcome(logout) and #ending == 0 then
  local left = math.max(num(logout, 9) - tonumber(ARGV[1]), 0)
  redis.call('PEXPIRE', KEYS[2], left + hour)
  return {'finished', string.format('%.0f', left), order_name(logout)}
end
return answer({'unfinished', order_name(logout), logout:sub(73 + 16 * count(logout, 71))}, ending)
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

constexpr std::string_view withdraw_body = R"lua(
local session = redis.call('HGET', KEYS[1], ARGV[1])
if session and num(session, 1) == 0 and session:sub(25, 32) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 'withdrawn'
)lua";

constexpr std::string_view hint_body = R"lua(
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - hour)
keep(KEYS[1], tonumber(ARGV[4]))
return 'noted'
)lua";

constexpr std::string_view list_idp_body = R"lua(
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
keep(KEYS[1], tonumber(ARGV[3]))
return 'listed'
)lua";

// What a part's requests weigh stands beside them: one for each KiB that a record begins.
constexpr std::string_view weighing = R"lua(
local sum = 'weight'
local function all(requests) return tonumber(redis.call('HGET', requests, sum) or 0) end
local function weight_of(octets) return 1 + math.floor(octets / 1024) end
local function weight(requests, name)
  local octets = redis.call('HSTRLEN', requests, name)
  return octets > 0 and weight_of(octets) or 0
end
)lua";

constexpr std::string_view keep_request_body = R"lua(
local name, limit = ARGV[1], tonumber(ARGV[5])
local before, more = weight(KEYS[1], name), weight_of(#ARGV[2])
if before == 0 and all(KEYS[1]) + more > limit then return 'full' end
redis.call('HSET', KEYS[1], name, ARGV[2])
redis.call('HSET', KEYS[1], sum, all(KEYS[1]) + more - before)
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
local gone = weight(KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if gone > 0 then redis.call('HSET', KEYS[1], sum, math.max(all(KEYS[1]) - gone, 0)) end
-- Nodes of an earlier version change requests and no sum: with the last request it goes.
if redis.call('HLEN', KEYS[1]) == 1 then redis.call('HDEL', KEYS[1], sum) end
return 'dropped'
)lua";

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string source;
    for (const std::string_view part : parts) source += part;
    return source;
}

}  // namespace

const StoreScripts& StoreScripts::get() {
    static const std::string limits = "local max_barriers = " + std::to_string(max_barriers_of_a_key);
    static const std::string admit = joined({common, barring, capping, admit_body});
    static const std::string would_admit = joined({common, barring, would_admit_body});
    static const std::string begin = joined({limits, common, granting, begin_body});
    static const std::string resume = joined({common, granting, resume_body});
    static const std::string complete = joined({common, dropping, complete_body});
    static const std::string drop = joined({common, dropping, drop_body});
    static const std::string look = joined({common, look_body});
    static const std::string withdraw = joined({common, withdraw_body});
    static const std::string hint = joined({common, hint_body});
    static const std::string list_idp = joined({common, list_idp_body});
    static const std::string keep_request = joined({common, weighing, keep_request_body});
    static const std::string drop_request = joined({weighing, drop_request_body});
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
                                      .take_requests = make_script(take_requests_body),
                                      .drop_request = make_script(drop_request)};
    return scripts;
}

}  // namespace slo::sp::redis
