import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** How much slower Chromium's pages are made, see CONTRIBUTING.md. */
const slowness = Math.max(1, Number(process.env['STEPLENS_CPU_THROTTLE'] ?? 1));

/** One project a kind of test; the in-host and packaging suites need a real VS Code and have runners of their own. */
const projects: TestProjectInlineConfiguration[] = [
  {
    test: {
      name: 'unit',
      include: ['test/**/*.test.ts'],
      // What needs a session, a server, a browser or much time has a project of its own.
      exclude: ['**/*.{slow,io}.test.ts', 'test/{cli,inference,queue,lsp,browser,host,hostile}/**'],
      environment: 'node',
      setupFiles: ['test/properties.ts'],
      // A slow or busy machine must not fail a test: the limit only ends what hangs.
      testTimeout: 60_000,
      // Pure code shares nothing a test could spoil: one context a thread starts far faster than one a file.
      pool: 'threads',
      isolate: false,
      // Vitest leaves one core free, which of two is half.
      maxWorkers: '100%',
    },
  },
  // Whole commands, runs in a folder and servers on loopback, all in this process.
  {
    test: {
      name: 'io',
      include: ['test/**/*.io.test.ts', 'test/cli/**/*.test.ts'],
      exclude: ['**/*.slow.test.ts'],
      setupFiles: ['test/properties.ts'],
      testTimeout: 60_000,
      pool: 'threads',
      isolate: false,
      maxWorkers: '100%',
    },
  },
  // Pure code too, on inputs so large or so many that they would keep those who run the unit suite waiting.
  {
    test: {
      name: 'slow',
      include: ['test/**/*.slow.test.ts'],
      setupFiles: ['test/properties.ts'],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      maxWorkers: '100%',
    },
  },
  {
    test: {
      name: 'inference',
      include: ['test/inference/**/*.test.ts'],
      globalSetup: ['test/inference/prepared.ts'],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      maxWorkers: 2,
    },
  },
  // Workers of one policy server: their requests are counted, so one file at a time.
  { test: { name: 'queue', include: ['test/queue/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
  { test: { name: 'lsp', include: ['test/lsp/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000, maxWorkers: 2 } },
  // Data files, servers, workspaces and models of somebody who means harm; kills and full disks. Prints what it did.
  {
    test: {
      name: 'hostile',
      include: ['test/hostile/**/*.test.ts'],
      globalSetup: ['test/inference/prepared.ts', 'test/hostile/report.ts'],
      setupFiles: ['test/properties.ts'],
      testTimeout: 180_000 * slowness,
      hookTimeout: 180_000,
      maxWorkers: '100%',
    },
  },
  {
    test: {
      name: 'browser',
      include: ['test/browser/**/*.test.ts'],
      testTimeout: 180_000 * slowness,
      hookTimeout: 180_000 * slowness,
      maxWorkers: 2,
    },
  },
];

/** A condition is waited for as long as a slow and busy machine needs: the limit only ends what hangs. Vitest's own is one second. */
const expect = { poll: { timeout: 30_000 * slowness } };

/** The same library in one file: its thousand modules take over a second in each thread or process. */
const alias = { mathjs: 'mathjs/lib/browser/math.js' };

export default defineConfig({
  test: {
    // One kind after the other: those that count requests or need every core must not run beside others.
    projects: projects.map(({ test }, groupOrder) => ({ test: { ...test, expect, alias, sequence: { groupOrder } } })),
  },
});
