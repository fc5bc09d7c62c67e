-- Keeps a budget of calls in one sorted set. One script does all, so that each exchange is one atomic
-- round trip, and a Cluster has it all on one node.
--
-- Times are microseconds of the server's clock since 2020. What a member is, its score tells:
--
--   0 to 9              the head: the format, the limit, the book, the run of the server, lost books
--   10 to ZONE          a slot that is held or rests, and when it is free
--   from ZONE           a call that waits, and when it will have asked again
--   from 2 * ZONE       the pause, and when it ends
--   from 3 * ZONE       the clock, as it was last seen
--   below 0             a call that waits, and since when, less 2 * ZONE: the queue, first come first

local ZONE = 2251799813685248 -- 2^51: doubles hold 4 * ZONE exactly
local FORMAT = 'bitbucket call budget '
local VERSION = '1'
local SET_BACK = 1000000 -- by how much a clock has to go back to have been set back

local key = KEYS[1]
local next_arg = 0
local function arg()
	next_arg = next_arg + 1
	return ARGV[next_arg]
end
local function number() return tonumber(arg()) end

local calls, per, grace, look, late = number(), number(), number(), number(), number()
local known = arg()         -- the book that the client has seen lately, or ''
local fresh = arg()         -- the name of a book, should there be none
local loaded = arg() == '1' -- the server did not know this script: it may have been restarted
local pause = number()      -- how long the client wants a pause from now

local function num(n) return string.format('%.0f', n) end
local function add(score, member) redis.call('ZADD', key, num(score), member) end
local function score(member) return tonumber(redis.call('ZSCORE', key, member)) end
local function range(from, to) return redis.call('ZRANGEBYSCORE', key, from, to) end

-- The clock.

local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1577836800) * 1000000 + tonumber(time[2])
if now < 1000000 or now > ZONE * 0.8 then return {'clock'} end
local lease = now + per + grace

-- The head.

local kind = redis.call('TYPE', key).ok
if kind ~= 'zset' and kind ~= 'none' then return {'type', kind} end
local limit = 'limit ' .. num(calls) .. ' ' .. num(per)
local book
if kind == 'none' then
	add(0, FORMAT .. VERSION)
	add(1, limit)
	add(2, 'book ' .. fresh)
	book = fresh
else
	local format = range(0, 0)[1] or ''
	if string.sub(format, 1, #FORMAT) ~= FORMAT then return {'foreign'} end
	if format ~= FORMAT .. VERSION then return {'version', string.sub(format, #FORMAT + 1), VERSION} end
	local kept = range(1, 1)[1] or ''
	if string.sub(kept, 1, 6) ~= 'limit ' then return {'damaged'} end
	if kept ~= limit then return {'limit', kept} end
	book = string.sub(range(2, 2)[1] or '', 6)
	if book == '' then return {'damaged'} end
end

local paused = (score('pause') or 2 * ZONE) - 2 * ZONE
local function hold(to)
	if to > paused then
		paused = to
		add(2 * ZONE + paused, 'pause')
	end
end
local function dismiss(id) redis.call('ZREM', key, 's:' .. id, 't:' .. id, 'w:' .. id) end
local function bury(from, to)
	for _, member in ipairs(range(from, to)) do dismiss(string.sub(member, 3)) end
end

-- After the clock was set back, slots and pauses last as long as they would have. Those who wait say
-- again that they do.

local clock = (score('clock') or 3 * ZONE) - 3 * ZONE
if clock - now > SET_BACK then
	local by = clock - now
	bury(num(ZONE), '(' .. num(2 * ZONE))
	for _, slot in ipairs(range(10, '(' .. num(ZONE))) do
		add(math.max(10, math.min(score(slot) - by, lease)), slot)
	end
	if paused > 0 then
		paused = math.max(0, paused - by)
		add(2 * ZONE + paused, 'pause')
	end
end
if clock - now > SET_BACK or now - clock > SET_BACK / 10 then add(3 * ZONE + now, 'clock') end

-- What the server may have forgotten: then nobody calls for as long as a slot can be held or rest.

if known ~= '' and known ~= book and not score('replaces ' .. known) then
	add(4, 'replaces ' .. known)
	hold(lease)
end
if loaded then
	local info = redis.pcall('INFO', 'server')
	local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)')
	if run then
		local before = range(3, 3)[1]
		if before ~= 'run ' .. run then
			if before then
				redis.call('ZREM', key, before)
				hold(lease) -- what was loaded from disk may be old
			end
			add(3, 'run ' .. run)
		end
	end
end

-- What is over.

redis.call('ZREMRANGEBYSCORE', key, 10, num(now))
for _, slot in ipairs(range('(' .. num(lease), '(' .. num(ZONE))) do add(lease, slot) end
bury(num(ZONE), '(' .. num(ZONE + now - late))
bury('(' .. num(ZONE + now + look + 2 * late), '(' .. num(2 * ZONE))

-- What the client has to say.

if pause > 0 then hold(now + pause) end
for _ = 1, number() do -- calls that are over
	local id, ago, sent = arg(), number(), arg() == '1'
	if not sent then
		redis.call('ZREM', key, 's:' .. id)
	elseif per - ago > 0 then
		add(now - ago + per + 1, 's:' .. id) -- 1 more, since times are cut to microseconds
	else
		redis.call('ZREM', key, 's:' .. id)
	end
end
for _ = 1, number() do add(lease, 's:' .. arg()) end -- calls under way
for _ = 1, number() do dismiss(arg()) end            -- who gave up

-- The books.

local head = redis.call('ZCOUNT', key, '-inf', '(10') -- what is before the slots
local held = redis.call('ZCOUNT', key, 10, '(' .. num(ZONE))
local function waiting(before) return redis.call('ZCOUNT', key, '-inf', '(' .. num(before)) end
local function free_at(ahead)
	local i, first = ahead % calls, now
	if i >= calls - held then
		local at = head + i - (calls - held)
		local slot = redis.call('ZRANGE', key, at, at, 'WITHSCORES')
		first = math.min(tonumber(slot[2]), now + per)
	end
	return math.min(math.max(first, paused) - now + math.floor(ahead / calls) * per, 4 * ZONE - 1)
end

-- Those who wait: who gets a slot, and when the others can have theirs.

local since, granted, at, left = {}, 0, {}, {}
local queued = waiting(0) > 0
for i = 1, number() do
	local id, came = arg(), number()
	if came == 0 then came = now + i - 1 end
	since[i] = came
	local place = queued and waiting(came - 2 * ZONE) or 0
	local had = #left == 0 and score('s:' .. id) -- its answer was lost
	if #left == 0 and (had or calls - held > place and paused <= now) then
		if queued then dismiss(id) end
		add(lease, 's:' .. id)
		if not had then held = held + 1 end
		granted = granted + 1
	else
		queued = true
		add(came - 2 * ZONE, 't:' .. id)
		left[#left + 1] = id
		at[#at + 1] = place
	end
end
head = redis.call('ZCOUNT', key, '-inf', '(10')
for i = 1, #at do at[i] = math.max(free_at(at[i]), 1) end

-- They ask again when their slot is due, or when those ahead have asked again or are dead.
local asks = look
if #left > 0 then
	local last = redis.call('ZREVRANGEBYSCORE', key, '(' .. num(2 * ZONE), num(ZONE), 'WITHSCORES', 'LIMIT', 0, 1)
	if last[2] then asks = math.min(tonumber(last[2]) - ZONE - now + late + 1000, look + late) end
	asks = math.max(math.min(at[1], asks), 1)
	for i = 1, #left do add(ZONE + now + asks, 'w:' .. left[i]) end
end

-- The answer.

local all = waiting(0)
local free = math.max(0, calls - held - all)
local reply = {'ok', book, granted, all >= calls and 1 or 0, paused > now and 0 or free, free_at(0), asks}
for i = 1, #since do reply[#reply + 1] = since[i] end
for i = 1, #at do reply[#reply + 1] = at[i] end
for _ = 1, number() do reply[#reply + 1] = free_at(all + number() - 1) end
redis.call('PEXPIRE', key, num(math.ceil((math.max(lease, paused) - now) / 1000) + 1000))
return reply
