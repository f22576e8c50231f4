import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../server/cli/cli.js';
import type { CliWorld } from '../../server/cli/command.js';
import { type ProgressRecord } from '../../server/cli/labelProgress.js';
import { connect, startServer } from '../labeling/openAiSetup.js';
import { walkPolicy } from '../labeling/scripted.js';
import { type Ran, run } from './runner.js';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-progress-'));
  const problems = Array.from({ length: 4 }, (_, i) => ({ id: `p${i}`, question: `How many ${i}?`, correct_answer: '0' }));
  await writeFile(at('problems.json'), JSON.stringify(problems));
});
afterAll(() => rm(folder, { recursive: true }));

/** A run against a server that answers once the run has reported its state. */
async function label(out: string, more: readonly string[], world: Partial<CliWorld> = {}): Promise<Ran & { requests: number }> {
  const server = await startServer({ delay: 5 }, walkPolicy({ mistakeRate: 0.3, failureRate: 0 }));
  const policy = connect(server, { continuation: 'prefix' });
  const args = ['label', at('problems.json'), '--policy', server.url, '--out', at(out), '--rollouts', '4', '--searches', '4', ...more];
  const ran = await run(args, { openPolicy: () => policy, now: () => performance.now(), date: () => Date.now(), ...world });
  return { ...ran, requests: server.requests.length };
}

describe('a run without a terminal', () => {
  it('prints progress lines with the time left, and none with --progress 0', async () => {
    const { code, err } = await label('lines', ['--progress', '0.01', '--jobs', '1']);
    expect(code).toBe(0);
    const lines = err.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines)
      expect(line).toMatch(/^steplens: \d of 4 problems, \d+ rollouts?(?: \(.*\))?, \d+\.\d rollouts\/s(?:, about .* left)?$/);
    expect(lines.at(-1)).toMatch(/left$/);
    expect((await label('silent', ['--progress', '0'])).err).toBe('');
  });

  it('writes its state to --progress-json as JSON lines and to --metrics for Prometheus', async () => {
    const files = ['--progress-json', at('state.jsonl'), '--metrics', at('state.prom')];
    const { requests } = await label('files', ['--progress', '0.01', '--jobs', '1', ...files]);
    const records = (await readFile(at('state.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ProgressRecord);
    expect(records.length).toBeGreaterThan(2);
    expect(records.slice(0, -1).every(({ state }) => state === 'running')).toBe(true);
    const last = records.at(-1)!;
    expect(last).toMatchObject({ state: 'ended', problems: 4, done: 4, failed: 0, open: 0, requests, secondsLeft: 0 });
    for (const [i, { rollouts, seconds }] of records.entries()) {
      expect(rollouts).toBeGreaterThanOrEqual(records[i - 1]?.rollouts ?? 0);
      expect(seconds).toBeGreaterThanOrEqual(records[i - 1]?.seconds ?? 0);
    }
    const metrics = await readFile(at('state.prom'), 'utf8');
    const samples = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const sample of samples) expect(sample).toMatch(/^steplens_label_[a-z_]+(?:\{state="[a-z]+"\})? \d+(?:\.\d+)?$/);
    expect(samples).toContain('steplens_label_problems{state="done"} 4');
    expect(samples).toContain('steplens_label_problems{state="waiting"} 0');
    expect(samples).toContain(`steplens_label_rollouts_total ${last.rollouts}`);
    expect(samples).toContain('steplens_label_running 0');
    // Every metric family is declared once.
    const families = metrics.match(/^# TYPE (\S+)/gm)!;
    expect(new Set(families).size).toBe(families.length);
  });

  it('reports before the first request that --progress-json or --metrics cannot be written', async () => {
    for (const option of ['--progress-json', '--metrics']) {
      const { code, err, requests } = await label('refused', [option, at('no/such/folder/file')]);
      expect([code, requests]).toEqual([2, 0]);
      expect(err).toMatch(/^steplens: .*no\/such\/folder\/file cannot be written: .*ENOENT.*\n$/);
    }
  });
});

describe('a run on a terminal', () => {
  it('rewrites one line with the rollouts, the failures and the time left', async () => {
    const server = await startServer({ faults: ['badRequest400'] }, walkPolicy({ mistakeRate: 0.3 }));
    const policy = connect(server, { continuation: 'prefix' });
    let shown = '';
    let clock = 0;
    const err = { write: (text: string) => (shown += text), isTTY: true, columns: 200 };
    const quiet = await run(['label', '--help']);
    expect(quiet.out).toContain('--progress');
    const world = { version: '1', isColorful: false, signal: new AbortController().signal, program: [], env: {}, cacheFolder: '/c' };
    await runCli(
      ['label', at('problems.json'), '--policy', server.url, '--out', at('tty'), '--rollouts', '4', '--jobs', '1', '--max-failed', '1'],
      {
        ...world,
        out: { write: () => undefined },
        err,
        createScorer: () => {
          throw new Error('this test scores nothing');
        },
        openVerifier: (await import('../../server/answers/localVerifier.js')).localVerifier,
        openPolicy: () => policy,
        // Each reading of the clock advances it by two seconds.
        now: () => (clock += 2000),
        date: () => clock,
        serve: () => undefined,
      },
    );
    const lines = shown.split('\r');
    expect(lines.some((line) => /of 4 problems(?: \(.*\))?, \d+ rollouts \(4 failed/.test(line))).toBe(true);
    expect(lines.some((line) => /about .* left$/.test(line))).toBe(true);
    // No separate progress line, which only output without a terminal has.
    expect(shown).not.toMatch(/steplens: \d of 4/);
  });
});
