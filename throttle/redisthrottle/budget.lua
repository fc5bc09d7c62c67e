-- Keeps a budget of calls in one sorted set. One script does all, so that each operation is one atomic round trip.
--
-- Times are microseconds of the server's clock since 2020. What a member is, its score tells:
--
--   0 to 9              the head: the format, the limit, the book, the run of the server, the books it replaces
--   10 to ZONE          a slot that is held or rests, and when it is free
--   from ZONE           a call that waits, and when it will have looked again
--   from 2 * ZONE       the pause, and when it ends
--   below 0             a call that waits, and since when, less 2 * ZONE: the queue, first come first

local ZONE = 2251799813685248 -- 2^51: doubles hold 2 * ZONE + time exactly until 2091
local FORMAT = 'bitbucket call budget '
local VERSION = '1'

local key = KEYS[1]
local op = ARGV[1]
local calls, per = tonumber(ARGV[2]), tonumber(ARGV[3])
local grace, promise, late = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local known = ARGV[7]            -- the book that the client has seen lately, or ''
local fresh = ARGV[8]            -- the name of a book, should there be none
local loaded = ARGV[9] == '1'    -- the server did not know this script: it may have been restarted
local pause = tonumber(ARGV[10]) -- how long the client wants a pause from now
local settled = tonumber(ARGV[11]) -- how many calls are over: pairs of their name and how long they have been
local arg = 12 + 2 * settled     -- where the arguments of the operation begin

local function num(n) return string.format('%.0f', n) end
local function add(score, member) redis.call('ZADD', key, num(score), member) end
local function score(member) return tonumber(redis.call('ZSCORE', key, member)) end
local function range(from, to) return redis.call('ZRANGEBYSCORE', key, from, to) end

-- The clock.

local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1577836800) * 1000000 + tonumber(time[2])
if now < 1000000 then return {'clock'} end
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

-- What the server may have forgotten: then nobody calls for as long as a slot can be held or rest.

local paused = score('pause') or 0
local function hold(to)
	if 2 * ZONE + to > paused then
		paused = 2 * ZONE + to
		add(paused, 'pause')
	end
end
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

-- What is over. Nothing lies further ahead than it may, unless the clock was set back.

redis.call('ZREMRANGEBYSCORE', key, 10, num(now))
for _, slot in ipairs(range('(' .. num(lease), '(' .. num(ZONE))) do add(lease, slot) end
local function dismiss(id) redis.call('ZREM', key, 's:' .. id, 't:' .. id, 'w:' .. id) end
local function bury(from, to)
	for _, member in ipairs(range(from, to)) do dismiss(string.sub(member, 3)) end
end
bury(num(ZONE), '(' .. num(ZONE + now - late))
bury('(' .. num(ZONE + now + promise), '(' .. num(2 * ZONE))

-- What the client has to say besides.

if pause > 0 then hold(now + pause) end
for i = 12, arg - 2, 2 do
	add(now - tonumber(ARGV[i + 1]) + per + 1, 's:' .. ARGV[i]) -- 1 more, since times are cut to microseconds
end
redis.call('ZREMRANGEBYSCORE', key, 10, num(now))

-- The books.

local held = redis.call('ZCOUNT', key, num(now), '(' .. num(ZONE))
local free = calls - held
local function free_at(ahead)
	local i, first = ahead % calls, now
	if i >= free then
		local slot = redis.call('ZRANGEBYSCORE', key, num(now), '(' .. num(ZONE), 'WITHSCORES', 'LIMIT', i - free, 1)
		first = math.min(tonumber(slot[2]), now + per)
	end
	return math.max(first, paused - 2 * ZONE) + math.floor(ahead / calls) * per
end
local function waiting(before) return redis.call('ZCOUNT', key, '-inf', '(' .. num(before)) end

-- The operation.

local reply = {'ok', book}
if op == 'acquire' then
	local id, since, deadline = ARGV[arg], tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
	if since == 0 then since = now end
	local place = waiting(since - 2 * ZONE)
	if score('s:' .. id) then -- its answer was lost, or came too late
		add(lease, 's:' .. id)
		reply[3], reply[4] = since, 0
	elseif free > place and paused - 2 * ZONE <= now then
		dismiss(id)
		add(lease, 's:' .. id)
		reply[3], reply[4] = since, 0
	else
		local wait = free_at(place) - now
		if deadline >= 0 and wait > deadline then
			dismiss(id)
		else
			add(since - 2 * ZONE, 't:' .. id)
			add(ZONE + now + math.min(wait, promise), 'w:' .. id)
		end
		reply[3], reply[4] = since, math.max(wait, 1)
	end
elseif op == 'remove' then
	dismiss(ARGV[arg])
elseif op == 'renew' then
	for i = arg, #ARGV do
		if lease - (score('s:' .. ARGV[i]) or 0) > per / 4 then add(lease, 's:' .. ARGV[i]) end
	end
elseif op == 'status' then
	local queue = waiting(0)
	reply[3] = paused - 2 * ZONE > now and 0 or math.max(0, free - queue)
	reply[4] = free_at(0) - now
	reply[5] = free_at(queue + math.max(1, tonumber(ARGV[arg])) - 1) - now
end
redis.call('PEXPIRE', key, num(math.ceil((math.max(lease, paused - 2 * ZONE) - now) / 1000) + 1000))
return reply
