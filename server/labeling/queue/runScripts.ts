import { COUNTS } from '../rolloutCounts.js';

/** Atomic operations in Redis, as Lua scripts: each runs as a whole, with nothing in between. */

/** Result of an append: the line is in the log, or the problem's lock now belongs to another worker. */
export const appended = { done: 1, lost: 0 } as const;

interface Script {
  readonly numberOfKeys: number;
  readonly lua: string;
}

export const runScripts = {
  /**
   * Records that a worker is alive. KEYS: workers, run id. ARGV: worker, an id for the run if it has none. Returns the
   * run's id.
   */
  steplensBeat: {
    numberOfKeys: 2,
    lua: `
      local time = redis.call('TIME')
      redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
      redis.call('SET', KEYS[2], ARGV[2], 'NX')
      return redis.call('GET', KEYS[2])`,
  },

  /**
   * Writes a line of a problem's log, only for the holder of its lock. A line that is already there was sent again
   * after the connection broke. KEYS: lock, log, totals. ARGV: token, lines before this one, line, then the counts in
   * the order of COUNTS.
   */
  steplensAppend: {
    numberOfKeys: 3,
    lua: `
      if redis.call('GET', KEYS[1]) ~= ARGV[1] then return ${appended.lost} end
      local count, before = redis.call('LLEN', KEYS[2]), tonumber(ARGV[2])
      if count == before + 1 and redis.call('LINDEX', KEYS[2], -1) == ARGV[3] then return ${appended.done} end
      if count ~= before then return ${appended.lost} end
      redis.call('RPUSH', KEYS[2], ARGV[3])
      for i, name in ipairs({ ${COUNTS.map((name) => `'${name}'`).join(', ')} }) do
        if ARGV[3 + i] ~= '0' then redis.call('HINCRBY', KEYS[3], name, ARGV[3 + i]) end
      end
      return ${appended.done}`,
  },

  /** Takes a free key for a time. KEYS: key. ARGV: holder, ms. Returns 1 when the holder got it. */
  steplensTake: {
    numberOfKeys: 1,
    lua: `return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0`,
  },

  /** Releases a key. KEYS: key. ARGV: holder. */
  steplensGive: {
    numberOfKeys: 1,
    lua: `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`,
  },

  /** Removes a worker that leaves an unfinished run: the others need not wait for it. KEYS: workers. ARGV: worker. */
  steplensQuit: { numberOfKeys: 1, lua: `redis.call('ZREM', KEYS[1], ARGV[1])` },

  /**
   * Removes a worker from a finished run; the last one deletes the run. Workers without a recent sign of life do not
   * count. KEYS: workers, run id. ARGV: worker, run's id, ms without a sign of life, then every key of the run. Returns
   * how many remain.
   */
  steplensLeave: {
    numberOfKeys: 2,
    lua: `
      if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
      local time = redis.call('TIME')
      redis.call('ZREM', KEYS[1], ARGV[1])
      redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[3])
      local remaining = redis.call('ZCARD', KEYS[1])
      if remaining == 0 then
        for i = 4, #ARGV do redis.call('DEL', ARGV[i]) end
      end
      return remaining`,
  },
} as const satisfies Record<string, Script>;
