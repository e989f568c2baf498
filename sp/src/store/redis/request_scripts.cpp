// The scripts of our own requests that an IdP must still get.
#include "script_texts.hpp"

namespace slo::sp::redis::lua {

// The weights of a part's requests are beside them: one for each KiB that a record begins.
constexpr std::string_view weighing = R"lua(
local sum = 'weight'
local function all(requests) return tonumber(redis.call('HGET', requests, sum) or 0) end
local function weight_of(octets) return 1 + math.floor(octets / octets_of_a_weight) end
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

}  // namespace slo::sp::redis::lua
