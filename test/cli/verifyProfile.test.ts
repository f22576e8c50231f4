import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFamily } from '../../server/scoring/families/families.js';
import type { ScoreJob, Scorer } from '../../server/scoring/scorer.js';
import { FakeScorer } from '../editor/fakeScorer.js';
import { run } from './runner.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A scorer whose scores differ from the authors' published ones by `error`. */
function copyOf(id: string, error: number): Scorer {
  const golden = findFamily(id)!.golden!;
  const fake = new FakeScorer();
  return Object.assign(Object.create(fake) as Scorer, {
    describe: () => fake.describe(),
    dispose: () => fake.dispose(),
    score({ steps }: ScoreJob) {
      const example = golden.find((one) => one.steps.at(-1) === steps.at(-1)!.text)!;
      return Promise.resolve({
        scores: Float64Array.from(example.values, (value) => value! - error),
        skipped: new Map(),
        cached: 0,
        tokens: 1,
      });
    },
  });
}

async function verify(id: string, error = 0) {
  await writeFile(join(folder, 'prm.json'), JSON.stringify({ family: id, graph: 'model.onnx' }));
  return run(['score', '--verify-profile', '--model', folder], { createScorer: () => copyOf(id, error) });
}

describe('steplens score --verify-profile', () => {
  it('passes a copy of a model that agrees with the published values', async () => {
    const { code, out } = await verify('math-shepherd', 0.01);
    expect(code).toBe(0);
    expect(out.match(/^pass: model card/gm)).toHaveLength(2);
    expect(out).toMatch(/0\.01 {2}published 0\.0240 {2}-0\.0100 {2}Step 4/);
    expect(out).toMatch(/: pass\n$/);
  });

  it('fails a copy that differs from the published values', async () => {
    const { code, out } = await verify('qwen2.5-math-prm', 0.1);
    expect(code).toBe(1);
    expect(out).toContain('FAIL: model card of Qwen/Qwen2.5-Math-PRM-7B');
    expect(out).toContain(': fail, 1 example of 1\n');
  });

  it('reports a family without published values, and refuses a missing model or extra files', async () => {
    await writeFile(join(folder, 'prm.json'), '{"family": "mm-prm", "graph": "model.onnx"}');
    expect((await run(['score', '--verify-profile', '--model', folder])).err).toContain(
      'no values are published for the family "mm-prm" with which a copy could be verified; they are for qwen2.5-math-prm, math-shepherd, reasoneval-7b',
    );
    expect(await run(['score', '--verify-profile'])).toMatchObject({ code: 2 });
    await writeFile(join(folder, 'prm.json'), '{"family": "math-shepherd", "graph": "model.onnx"}');
    const agreeing = { createScorer: () => copyOf('math-shepherd', 0) };
    expect(await run(['score', '--verify-profile', '--model', folder], agreeing)).toMatchObject({ code: 0 });
    expect(await run(['score', '--verify-profile', 'a.md', '--model', folder], agreeing)).toMatchObject({ code: 2 });
    expect(await run(['score', '--verify-profile', '--model', join(folder, 'none')])).toMatchObject({ code: 2 });
  });
});
