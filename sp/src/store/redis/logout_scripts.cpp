// A logout's scripts.
#include "record_layout.hpp"
#include "script_texts.hpp"

namespace slo::sp::redis::lua {

// A round's record is composed of its id, and of until when it has a session.
static_assert(RoundLayout::id.at == 0 && RoundLayout::until.at == RoundLayout::id.end());

constexpr std::string_view granting = R"lua(
-- Gives a round those of some ending sessions, pairs of a name and a sealed session, that no other round has. Answers
-- how many these are, and all pairs, these first.
local function grant(rounds, sessions, round, ends, now)
  local granted, others = {}, {}
  for i = 1, #sessions, 2 do
    local held, list = redis.call('HGET', rounds, sessions[i]), others
    local is_own = held and held:sub(round_id, round_id_end) == round
    if not held or is_own or num(held, round_until) <= now then
      -- A claim that was sent earlier and comes later doesn't shorten what the round has.
      local stays = is_own and math.max(ends, num(held, round_until)) or ends
      redis.call('HSET', rounds, sessions[i], round .. struct.pack(number_format, stays))
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

// It composes a barrier of a logout's fields, and of the principal that it bars.
static_assert(BarrierLayout::as_of.at == 0 && BarrierLayout::keep_until.at == BarrierLayout::as_of.end() &&
              BarrierLayout::rule.at == BarrierLayout::keep_until.end());
static_assert(LogoutLayout::number.at == 0 && SessionLayout::ending_by.at == 0, "what it writes its number over");

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

-- A newer logout makes an older one's barrier redundant; no IdP may line up any number of them.
local barrier = record:sub(logout_as_of, logout_as_of_end) .. record:sub(logout_keep_until, logout_keep_until_end) ..
                ARGV[8]
local as_of, keep_until = num(barrier, barrier_as_of), num(barrier, barrier_keep_until)
local function barred(barrier) return barrier:sub(barrier_rule, barrier_form_end) end
local standing = {}
for k = first, #KEYS do
  local barriers, kept, redundant = redis.call('GET', KEYS[k]) or '', {}, false
  for at = 1, #barriers, barrier_octets do
    local one = barriers:sub(at, at + barrier_octets - 1)
    local same = barred(one) == barred(barrier)
    local its_as_of, its_keep_until = num(one, barrier_as_of), num(one, barrier_keep_until)
    if same and its_as_of >= as_of and its_keep_until >= keep_until then redundant = true end
    local older = same and its_as_of <= as_of and its_keep_until <= keep_until
    if its_keep_until + margin > now and (redundant or not older) then kept[#kept + 1] = one end
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
for i = 1, #sessions, 2 do number = math.max(number, num(sessions[i + 1], session_ending_by) + 1) end
redis.call('SET', counter_key, string.format('%.0f', number), 'KEEPTTL')
-- It outlives the records and the barriers of the logouts that it numbers by a margin, as the node that completes one
-- may have another clock. Who is still unfinished then, and whose sessions are still ending, needs it no more: a number
-- is ahead of its time by no more than clocks are apart, so that the time is a greater one by now.
keep(counter_key, time + margin)
redis.call('SET', logout_key, struct.pack(number_format, number) .. record:sub(logout_number_end + 1))
for k = first, #KEYS do
  local left = redis.call('PTTL', KEYS[k])
  redis.call('SET', KEYS[k], standing[k], 'PX', math.max(left, time + margin))
end

-- Those that have expired, too: another node's clock may say that they haven't.
local names, ending = naming(record), {}
for i = 1, #sessions, 2 do
  local session = sessions[i + 1]
  if names(session) then
    ending[#ending + 1] = sessions[i]
    ending[#ending + 1] = sealed(session)
    if num(session, session_ending_by) == 0 then
      redis.call('HSET', sessions_key, sessions[i],
                 struct.pack(number_format, number) .. session:sub(session_ending_by_end + 1))
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
  return held and held:sub(round_id, round_id_end) == round
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
      answer(dropped, {ARGV[i], session:sub(session_nonce, session_nonce_end), sealed(session)})
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

// Beside the sessions' rounds are, under '+' and a logout's number, digests of the reports that its outcome includes:
// a report that comes again, because its answer was lost, counts once. It composes an outcome of its fields.
static_assert(OutcomeLayout::flag.at == 0 && OutcomeLayout::ended.at == OutcomeLayout::flag.end() &&
              OutcomeLayout::already_gone.at == OutcomeLayout::ended.end() &&
              OutcomeLayout::failed.at == OutcomeLayout::already_gone.end());
constexpr std::string_view complete_body = R"lua(
local report_octets, most_reports = 16, 16
local now, round, near_misses, at_work_until = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6])
local sessions_key, logout_key, rounds = KEYS[1], KEYS[2], KEYS[3]
pass_when_full(rounds)
local logout = redis.call('GET', logout_key)
if not logout then return {'unknown'} end
local is_named, number = named(logout), num(logout, logout_number)
local dropped = drop(logout, sessions_key, rounds, round, 7)

local finished, any_ending, latest, failed = true, false, 0, near_misses
local sessions = redis.call('HGETALL', sessions_key)
for i = 1, #sessions, 2 do
  local name, session = sessions[i], sessions[i + 1]
  local by = num(session, session_ending_by)
  if by == number then finished = false end
  if by ~= 0 then any_ending = true end
  latest = math.max(latest, num(session, session_expires))
  if is_named(session) then
    failed = failed + 1
    if has(rounds, round, name) then
      if at_work_until then
        local stays = math.max(at_work_until, num(redis.call('HGET', rounds, name), round_until))
        redis.call('HSET', rounds, name, round .. struct.pack(number_format, stays))
        keep(rounds, math.max(at_work_until - now, 0))
      else
        redis.call('HDEL', rounds, name)
      end
    end
  end
end

if not is_final(logout) then
  local field = '+' .. logout:sub(logout_number, logout_number_end)
  local report = redis.sha1hex(table.concat(ARGV, ' ', 2)):sub(1, report_octets)
  local reports = redis.call('HGET', rounds, field) or ''
  local is_new = true
  for at = 1, #reports, report_octets do
    if reports:sub(at, at + report_octets - 1) == report then is_new = false end
  end
  local told = outcome(logout)
  local function sum(at, more)
    return math.min((struct.unpack(tally_format, told, at)) + (is_new and tonumber(more) or 0), largest_tally)
  end
  local function tally(value) return struct.pack(tally_format, value) end
  local came_to = string.char(outcome_is_there) .. tally(sum(outcome_ended, ARGV[3])) ..
                  tally(sum(outcome_already_gone, ARGV[4])) .. tally(math.min(failed, largest_tally))
  logout = logout:sub(1, logout_outcome - 1) .. came_to .. logout:sub(logout_outcome_end + 1)
  if failed == 0 then
    redis.call('HDEL', rounds, field)
  elseif is_new and tonumber(ARGV[3]) + tonumber(ARGV[4]) > 0 then
    redis.call('HSET', rounds, field, (reports .. report):sub(-most_reports * report_octets))
    keep(rounds, 0)
  end
end
redis.call('SET', logout_key, logout)

local left = math.max(num(logout, logout_keep_until) - now, 0)
if finished then redis.call('PEXPIRE', logout_key, left + margin) end
if not any_ending then redis.call('PEXPIRE', sessions_key, math.max(latest - now, 0) + margin) end
local word = finished and 'finished' or 'unfinished'
return answer({word, string.format('%.0f', left), order_name(logout), outcome(logout)}, dropped)
)lua";

constexpr std::string_view look_body = R"lua(
local logout = redis.call('GET', KEYS[2])
if not logout then return {'absent'} end
local is_named, number, ending = named(logout), num(logout, logout_number), {}
local sessions = redis.call('HGETALL', KEYS[1])
for i = 1, #sessions, 2 do
  local session = sessions[i + 1]
  -- What an earlier logout left ending is that one's, once this one has been completed.
  if is_named(session) and (num(session, session_ending_by) == number or not has_outcome(logout)) then
    ending[#ending + 1] = sessions[i]
    ending[#ending + 1] = sealed(session)
  end
end
if has_outcome(logout) and #ending == 0 then
  local left = math.max(num(logout, logout_keep_until) - tonumber(ARGV[1]), 0)
  redis.call('PEXPIRE', KEYS[2], left + margin)
  return {'finished', string.format('%.0f', left), order_name(logout)}
end
local sealed_key = logout:sub(logout_tail + name_octets * count(logout, logout_index_count))
return answer({'unfinished', order_name(logout), sealed_key}, ending)
)lua";

}  // namespace slo::sp::redis::lua
