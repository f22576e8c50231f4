#!/usr/bin/env node
import { openVerifier } from '../answers/openVerifier.js';
import { bundledPolicy, inferenceEntry, version } from '../bundled.js';
import { openPolicy } from '../labeling/policies/openPolicy.js';
/** The `steplens` command. */
import { serve } from '../lsp/serve.js';
import { defaultCacheFolder, openScorer, scoringKey } from '../scoring/openScorer.js';
import { runCli } from './cli.js';
import { exitCodes } from './command.js';

const { stdout, stderr, env, platform } = process;
const interrupt = new AbortController();

// A second one ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupt.abort());
// A reader that has seen enough (`| head`) is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.unusable));

try {
  const code = await runCli(process.argv.slice(2), {
    out: stdout,
    err: stderr,
    version,
    isColourful: stdout.isTTY && !env.NO_COLOR,
    signal: interrupt.signal,
    createScorer: (settings, cacheFolder) =>
      openScorer(settings, {
        ...(cacheFolder !== undefined && { cacheFolder }),
        log: { info: () => undefined, warn: (message) => stderr.write(`steplens: ${message}\n`) },
        apiKey: () => Promise.resolve(scoringKey(env)),
        // Whoever names a model on the command line has chosen where it is.
        allows: () => true,
      }),
    openVerifier: () => openVerifier(),
    openPolicy: (choice, log) => openPolicy(choice, { bundledPolicy, inferenceEntry, env, log }),
    program: process.argv.slice(0, 2),
    env,
    cacheFolder: defaultCacheFolder(env, platform),
    now: () => performance.now(),
    serve,
  });
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  stderr.write(`steplens: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = exitCodes.unusable;
}
