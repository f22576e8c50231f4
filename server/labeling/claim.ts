import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { lstat, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { notOwn } from '../disk/openOwn.js';
import { english } from '../l10n.js';
import { FolderError, LabelError } from './labelError.js';

/**
 * The right to write a problem's log or a whole run: a file that only one process can create. It works between
 * processes of one machine and between machines that share a file system. The file names its holder. A dead holder on
 * this machine is recognized by its process id, one on another machine by its missing heartbeat (the file's time,
 * compared in the file system's clock).
 */
export interface FolderClaim {
  /** Rejects with ClaimLost when another process has taken over the claim, for example after a long suspension. */
  verify(): Promise<void>;
  release(): Promise<void>;
}

/** Another process holds the claim. */
export class ClaimHeld extends LabelError {
  override readonly name = 'ClaimHeld';
}

/** Another process has taken over the claim: whatever this one would write no longer has any effect. */
export class ClaimLost extends LabelError {
  override readonly name = 'ClaimLost';
}

interface Holder {
  readonly owner: string;
  readonly host: string;
  readonly pid: number;
  /** When the process began, in the kernel's ticks: distinguishes it from a later one with the same id. */
  readonly born?: string;
  readonly token: string;
}

/** ms without a heartbeat after which a holder on another machine is considered dead. */
const STALE_AFTER = 60_000;
/** ms after which a claim without a holder is considered left by a process that died while writing it. */
const EMPTY_AFTER = 5000;
const LOOK_MS = 20;

/**
 * Takes a claim. The message of ClaimHeld begins with `what`. `verifyAfter`: ms between two checks that the claim still
 * belongs to this process. Rejects with ClaimHeld, and with FolderError when the file cannot be written.
 */
export async function takeClaim(path: string, what: string, verifyAfter = STALE_AFTER / 4): Promise<FolderClaim> {
  const mine: Holder = { owner: userName(), host: machine(), pid: process.pid, ...bornOf('self'), token: randomUUID() };
  for (;;) {
    if (await create(path, JSON.stringify(mine))) return held(path, what, mine.token, verifyAfter);
    const there = await lookWritten(path);
    if (there === undefined) continue;
    const holder = await livingHolder(there, path);
    if (holder !== undefined) throw new ClaimHeld(sentence(what, holder));
    await removeStale(path, there);
  }
}

/** Returns a sentence that names the holder of a claim; undefined without a live holder. Changes nothing. */
export async function holderOf(path: string, what: string): Promise<string | undefined> {
  const there = await lookWritten(path);
  const holder = there && (await livingHolder(there, path));
  return holder && sentence(what, holder);
}

interface FoundClaim {
  readonly holder: Holder | undefined;
  readonly text: string;
  /** Time of the last heartbeat, ms. */
  readonly beat: number;
}

function held(path: string, what: string, token: string, verifyAfter: number): FolderClaim {
  let verified = performance.now();
  const verify = async (): Promise<void> => {
    // A process that was suspended checks its claim before it writes.
    if (performance.now() - verified < verifyAfter) return;
    const there = await look(path);
    if (there?.holder?.token !== token)
      throw new ClaimLost(english('{0} was taken over by another process while this one was suspended.', what));
    verified = performance.now();
  };
  const beat = setInterval(() => {
    const now = new Date();
    void verify()
      .then(() => utimes(path, now, now))
      .catch(() => undefined);
  }, STALE_AFTER / 4);
  beat.unref();
  return {
    verify,
    async release() {
      clearInterval(beat);
      const there = await look(path).catch(() => undefined);
      if (there?.holder?.token === token) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** Creates the file. Returns false when it already exists. */
async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    await rm(path, { force: true }).catch(() => undefined);
    throw new FolderError(path, error);
  }
}

async function look(path: string): Promise<FoundClaim | undefined> {
  try {
    const found = await lstat(path);
    // A broken link can be neither read nor created.
    if (!found.isFile()) throw notOwn(path);
    const text = await readFile(path, 'utf8');
    return { text, holder: read(text), beat: found.mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FolderError(path, error);
  }
}

/**
 * Reads a claim with its holder. One without a holder is being written at this moment, or its writer was killed halfway:
 * waits until it is clear which, at most `EMPTY_AFTER`.
 */
async function lookWritten(path: string): Promise<FoundClaim | undefined> {
  const until = performance.now() + EMPTY_AFTER;
  for (;;) {
    const there = await look(path);
    if (there === undefined || there.holder !== undefined || performance.now() >= until) return there;
    const limit = there.beat + EMPTY_AFTER;
    if ((await fileSystemNow(path, limit)) >= limit) return there;
    await pause(LOOK_MS);
  }
}

function read(text: string): Holder | undefined {
  try {
    const { owner, host, pid, born, token } = JSON.parse(text) as Partial<Holder>;
    if (typeof owner !== 'string' || typeof host !== 'string' || typeof pid !== 'number' || typeof token !== 'string') return undefined;
    return { owner, host, pid, token, ...(typeof born === 'string' && { born }) };
  } catch {
    return undefined;
  }
}

/** Returns the holder of a claim if it is alive. */
async function livingHolder({ holder, beat }: FoundClaim, path: string): Promise<Holder | undefined> {
  if (holder === undefined) return undefined;
  if (holder.host !== machine()) return (await fileSystemNow(path, beat + STALE_AFTER)) < beat + STALE_AFTER ? holder : undefined;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: the process exists but belongs to another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  const born = bornOf(holder.pid).born;
  return holder.born === undefined || born === undefined || born === holder.born ? holder : undefined;
}

/** Returns the file system's own time. Queries it only when `limit` has passed on this machine's clock. */
async function fileSystemNow(path: string, limit: number): Promise<number> {
  if (Date.now() < limit) return Date.now();
  const probe = `${path}.${randomBytes(8).toString('hex')}.unfinished`;
  try {
    await writeFile(probe, '', { flag: 'wx' });
    return (await stat(probe)).mtimeMs;
  } catch (error) {
    throw new FolderError(path, error);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/**
 * Removes a stale claim. Only one of the processes that found it does so, so that none removes the new claim of a
 * faster one.
 */
async function removeStale(path: string, { text }: FoundClaim): Promise<void> {
  const takeover = `${path}.takeover`;
  if (!(await create(takeover, ''))) {
    const other = await lstat(takeover).catch(() => undefined);
    if (other !== undefined && (await fileSystemNow(path, other.mtimeMs + EMPTY_AFTER)) > other.mtimeMs + EMPTY_AFTER)
      await rm(takeover, { force: true });
    return await pause(LOOK_MS);
  }
  try {
    if ((await look(path))?.text === text) await rm(path, { force: true });
  } finally {
    await rm(takeover, { force: true });
  }
}

function sentence(what: string, { owner, host, pid }: Holder): string {
  const [machine = host] = host.split(' ');
  return english('{0} is being labeled by {1} on {2} (process {3}).', what, owner, machine, pid);
}

/** This machine, with the container's own process id namespace if it has one: there, the same id is another process. */
export function machine(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}

/** Reads when a process began. Linux only. */
function bornOf(pid: number | 'self'): { readonly born?: string } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 22, counted from the end of field 2, because the name in field 2 may contain blanks.
    const born = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
    return born === undefined ? {} : { born };
  } catch {
    return {};
  }
}
