import { SearchDebugSession } from '../debug/debugSession.js';
import { createDebugWorld } from '../debug/openTargets.js';
import { openJudge } from '../labeling/policies/openPolicy.js';
import { keyFor } from '../remote/serverKeys.js';
import { type CliCommand, UsageError } from './command.js';
import { parseOptions } from './commandOptions.js';

export const debug: CliCommand = {
  name: 'debug',
  summary: 'the debug adapter for searches, for any editor',
  help: `Usage: steplens debug --stdio

Serves the Debug Adapter Protocol on standard input and output. "launch" labels a problem:
  {"program": "problems.json", "problem": "ID", "policy": "mini", "out": "DIR", "rollouts": 16, ...}
"attach" follows the log of a run that another process is writing, or opens a finished one:
  {"run": "DIR or LOG.events.jsonl", "problem": "ID", "policy": "mini"}
The log keeps every request to a policy or judge with its reply, without keys.
docs/debugging.md describes every field, the breakpoints and the language of conditions.
`,
  run(args, world) {
    const { values } = parseOptions(args, { stdio: { type: 'boolean' } });
    if (!values.stdio) throw new UsageError('debug needs --stdio');
    // Standard output belongs to the protocol.
    const log = (message: string): void => void world.err.write(`steplens: ${message}\n`);
    const host = { key: (url: string) => keyFor(url, world.env, []), log: { info: () => undefined, warn: log } };
    const session = new SearchDebugSession(
      createDebugWorld({
        openPolicy: (policy) => Promise.resolve(world.openPolicy({ policy, device: 'auto', threads: 0, server: serverDefaults }, host)),
        openJudge: (judge) => Promise.resolve(openJudge(world.openVerifier(), judge && { ...judge, server: serverDefaults }, host)),
        keepsRequests: () => true,
      }),
    );
    session.start(process.stdin, process.stdout);
    return Promise.resolve(undefined);
  },
};

/** Settings for requests to a policy's server, as `steplens label` uses them by default. */
const serverDefaults = { mode: 'chat', temperature: 1, maxTokens: 2048, concurrency: 8, timeout: 280_000, retries: 3 } as const;
