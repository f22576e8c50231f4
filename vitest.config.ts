import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** Factor by which Chromium's pages are slowed down, see CONTRIBUTING.md. */
const slowness = Math.max(1, Number(process.env['STEPLENS_CPU_THROTTLE'] ?? 1));

/** One project per kind of test. The in-host and packaging suites need a real VS Code and have their own runners. */
const projects: TestProjectInlineConfiguration[] = [
  {
    test: {
      name: 'unit',
      include: ['test/**/*.test.ts'],
      // Tests that need a session, a server, a browser or much time have projects of their own.
      exclude: ['**/*.{slow,io}.test.ts', 'test/{cli,inference,queue,lsp,browser,host,hostile}/**'],
      environment: 'node',
      setupFiles: ['test/properties.ts'],
      // A slow or busy machine must not fail a test: the limit only ends tests that hang.
      testTimeout: 60_000,
      // Pure code has no shared state to spoil, and one context per thread starts far faster than one per file.
      pool: 'threads',
      isolate: false,
      // By default Vitest leaves one core free, which is half of a machine with two cores.
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
  // Tests of pure code, too, with inputs so large or so many that they would slow down the unit suite.
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
  // Workers of one policy server. The tests count its requests, so files run one at a time.
  { test: { name: 'queue', include: ['test/queue/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
  { test: { name: 'lsp', include: ['test/lsp/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000, maxWorkers: 2 } },
  // Malicious data files, servers, workspaces and models; killed processes and full disks. Prints a report.
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

/** On a slow, busy machine a condition may take long. The limit only ends tests that hang; Vitest's default is 1 s. */
const expect = { poll: { timeout: 30_000 * slowness } };

/** The same library in one file: loading its thousand modules takes over a second in each thread or process. */
const alias = { mathjs: 'mathjs/lib/browser/math.js' };

export default defineConfig({
  test: {
    // One kind after the other: tests that count requests or need every core must not run beside others.
    projects: projects.map(({ test }, groupOrder) => ({ test: { ...test, expect, alias, sequence: { groupOrder } } })),
  },
});
