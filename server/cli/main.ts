#!/usr/bin/env node
import { openVerifier } from '../answers/openVerifier.js';
import { bundledPolicy, inferenceEntry, version } from '../bundled.js';
import { openPolicy } from '../labeling/policies/openPolicy.js';
/** The `steplens` command. */
import { serve } from '../lsp/serve.js';
import { isLoopback } from '../remote/loopback.js';
import { keyFor } from '../remote/serverKeys.js';
import { defaultCacheFolder, openScorer } from '../scoring/openScorer.js';
import { runCli } from './cli.js';
import { exitCodes } from './command.js';
import { escapeControls } from './terminal.js';

const { stdout, stderr, env, platform } = process;
const interrupt = new AbortController();

// A second signal ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupt.abort());
// A reader that closes the stream early (`| head`) is not a failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.unusable));

try {
  const code = await runCli(process.argv.slice(2), {
    out: stdout,
    err: stderr,
    version,
    isColorful: stdout.isTTY && !env.NO_COLOR,
    signal: interrupt.signal,
    createScorer: (settings, cacheFolder, servers) =>
      openScorer(settings, {
        ...(cacheFolder !== undefined && { cacheFolder }),
        log: { info: () => undefined, warn: (message) => stderr.write(escapeControls(`steplens: ${message}\n`)) },
        apiKey: (url) => Promise.resolve(keyFor(url, env, servers)),
        // A model's folder may come from anywhere: a remote server in its profile is used only if the command line
        // names it too.
        allows: (origin) => isLoopback(origin) || servers.includes(origin),
      }),
    openVerifier: () => openVerifier(),
    openPolicy: (choice, host) => openPolicy(choice, { bundledPolicy, inferenceEntry, ...host }),
    program: process.argv.slice(0, 2),
    env,
    cacheFolder: defaultCacheFolder(env, platform),
    now: () => performance.now(),
    date: () => Date.now(),
    serve,
  });
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  stderr.write(escapeControls(`steplens: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`));
  process.exitCode = exitCodes.unusable;
}
