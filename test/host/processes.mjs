import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * The language servers of the VS Code that this process started, by process id.
 * @returns {Promise<number[]>}
 */
export async function languageServers() {
  const all = await processes();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (pid) => {
    for (let at = pid; at !== undefined && at > 0; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  return all.filter(({ pid, command }) => /dist[\\/]server\.js/.test(command) && isOurs(pid)).map(({ pid }) => pid);
}

/** Reads processes from /proc on Linux, because a bare container has no `ps`. */
async function processes() {
  if (process.platform === 'linux')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(read);
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,command=']);
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, parent, command]) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }));
}

function read(name) {
  try {
    const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8'));
    return [{ pid: Number(name), parent: Number(parent), command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
  } catch {
    // The process has ended meanwhile.
    return [];
  }
}
