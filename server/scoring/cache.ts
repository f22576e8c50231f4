import { stat } from 'node:fs/promises';

/** Loaded before the first disk access: it is a tenth of the server's code, and an empty cache does not need it. */
const library = async () => (await import('cacache')).default;

/** Maximum number of scores in memory, over all problems. */
const heldScores = 200_000;
/** Maximum number of scores on disk per problem; the oldest are dropped first. */
const keptPerProblem = 4000;
const keptDays = 90;
/** Maximum size on disk; the problems scored longest ago are dropped first. Bytes. */
const keptBytes = 256 * 2 ** 20;
/** The folder is tidied each time this much was written. Bytes. */
const tidyAfterBytes = 32 * 2 ** 20;
const dayMs = 86_400_000;

/**
 * Scores by content: a problem's key (model and question) and the keys of its prefixes, see `buildTrie`. Each problem
 * is one `cacache` entry on disk, and the most recently used problems are also in memory. Unreadable entries count as
 * missing, because a cache must not be able to make scoring fail.
 */
export interface ScoreCache {
  /** Loads the library if there is something to read. This takes 30 ms, while another process opens the model. */
  prepare(): void;
  /** The known scores of a problem's prefixes. */
  read(problem: string): Promise<ReadonlyMap<string, number>>;
  /** Adds to, or replaces, the scores of a problem: in memory at once, on disk when the promise resolves. */
  write(problem: string, scores: ReadonlyMap<string, number>): Promise<void>;
  clear(): Promise<void>;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

/**
 * @param folder Without one, scores live in memory only.
 * @param limit Bytes kept on disk.
 */
export function createScoreCache(folder: string | undefined, warn: (message: string) => void, limit = keptBytes): ScoreCache {
  const problems = new Map<string, ReadonlyMap<string, number>>();
  let held = 0;
  let written = tidyAfterBytes;
  /** The queue of disk operations, which run one after the other. */
  let pending = Promise.resolve();

  function hold(problem: string, scores: ReadonlyMap<string, number>): void {
    if (scores.size === 0) return;
    held += scores.size - (problems.get(problem)?.size ?? 0);
    problems.delete(problem);
    problems.set(problem, scores);
    for (const [oldest, entry] of problems) {
      if (held <= heldScores || oldest === problem) break;
      problems.delete(oldest);
      held -= entry.size;
    }
  }

  function later(action: (folder: string) => Promise<unknown>): Promise<void> {
    if (folder === undefined) return Promise.resolve();
    return (pending = pending.then(async () => {
      try {
        await action(folder);
      } catch (error) {
        warn(`The score cache in ${folder} cannot be written: ${(error as Error).message}`);
      }
    }));
  }

  return {
    prepare() {
      if (folder === undefined) return;
      // Later reads and writes handle errors: reads ignore them, writes report them.
      stat(folder)
        .then(library)
        .catch(() => undefined);
    },
    async read(problem) {
      const scores = problems.get(problem) ?? (folder === undefined ? new Map<string, number>() : await readEntry(folder, problem));
      hold(problem, scores);
      return scores;
    },
    write(problem, added) {
      if (added.size === 0) return Promise.resolve();
      hold(problem, new Map([...(problems.get(problem) ?? []), ...added]));
      return later(async (folder) => {
        const scores = new Map([...(await readEntry(folder, problem)), ...added]);
        written += await writeEntry(folder, problem, [...scores].slice(-keptPerProblem));
        if (written < tidyAfterBytes) return;
        await tidy(folder, limit);
        written = 0;
      });
    },
    clear() {
      problems.clear();
      held = 0;
      return later(async (folder) => (await library()).rm.all(folder));
    },
    close: () => pending,
  };
}

async function readEntry(folder: string, problem: string): Promise<Map<string, number>> {
  try {
    if (!(await stat(folder).catch(() => undefined))) return new Map();
    const { data } = await (await library()).get(folder, problem);
    const entries: unknown = JSON.parse(data.toString('utf8'));
    if (!Array.isArray(entries)) return new Map();
    return new Map(entries.filter(isEntry));
  } catch {
    return new Map();
  }
}

function isEntry(entry: unknown): entry is [string, number] {
  return Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number' && entry[1] >= 0 && entry[1] <= 1;
}

/** Writes the new content before it removes the old one, so that a crash in between loses nothing. */
async function writeEntry(folder: string, problem: string, entries: readonly (readonly [string, number])[]): Promise<number> {
  const cacache = await library();
  const old = await cacache.get.info(folder, problem).catch(() => null);
  const text = JSON.stringify(entries);
  const integrity = await cacache.put(folder, problem, text);
  if (old && old.integrity !== String(integrity)) await cacache.rm.content(folder, old.integrity);
  return text.length;
}

/** Drops entries older than `keptDays`, entries above the limit and, once a day, the leftovers of crashes. */
async function tidy(folder: string, limit: number): Promise<void> {
  const cacache = await library();
  const entries = Object.values(await cacache.ls(folder)).sort((a, b) => b.time - a.time);
  const oldest = Date.now() - keptDays * dayMs;
  let bytes = 0;
  const dropped = new Set(entries.filter(({ size, time }) => (bytes += size) > limit || time < oldest));
  const kept = new Set(entries.filter((entry) => !dropped.has(entry)).map(({ integrity }) => integrity));
  for (const { key, integrity } of dropped) {
    await cacache.rm.entry(folder, key);
    if (!kept.has(integrity)) await cacache.rm.content(folder, integrity);
  }
  const last = await cacache.verify.lastRun(folder).catch(() => undefined);
  if (last === undefined || Date.now() - last.getTime() > dayMs) await cacache.verify(folder);
}
