import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { FakeScorer } from '../editor/fakeScorer.js';
import { run } from './runner.js';

const model = 'test/fixtures/models/token-pair-hf';
let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quantise-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Unfinished files that the tests left beside their models. */
const leftovers = async () => (await readdir(folder)).filter((name) => name.includes('unfinished'));

describe('steplens quantise', () => {
  it('writes the int8 model folder, compares both models on its examples and reports the changes', async () => {
    const jobs: ScoreJob[] = [];
    class Slower extends FakeScorer {
      override score(...given: Parameters<FakeScorer['score']>) {
        jobs.push(given[0]);
        return super.score(...given);
      }
    }
    const { code, out, created } = await run(['quantise', model, '--out', at('new/int8')], {}, new Slower());
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+ products with [\d,]+ weights in int8: 0\.2 MB -> 0\.\d MB\n/);
    expect(out).toContain('28 step scores compared: mean change 0.0000, largest 0.0000, 0 across the threshold of 0.50\n');
    expect(created.map(([{ modelPath, device }, cache]) => [modelPath, device, cache])).toEqual([
      [model, 'cpu', undefined],
      [expect.stringContaining('int8.unfinished-'), 'cpu', undefined],
    ]);
    expect(jobs).toHaveLength(8);
    expect(jobs[0]!.steps.map(({ parent }) => parent)).toEqual([undefined, 0, 1, undefined, 3, 4]);
    expect((await readdir(at('new/int8'))).sort()).toEqual([
      'model.onnx',
      'model.onnx_data',
      'prm.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(JSON.parse(await readFile(at('new/int8/prm.json'), 'utf8'))).toEqual({
      ...(JSON.parse(await readFile(join(model, 'prm.json'), 'utf8')) as object),
      name: 'Token pair fixture int8',
    });
    expect(await leftovers()).toEqual([]);
  });

  it('refuses an output path that exists, and requires one model and one output', async () => {
    await writeFile(at('there'), '');
    expect(await run(['quantise', model, '--out', at('there')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('exists; name another folder with --out, or remove it') as string,
    });
    expect((await run(['quantise', '--out', at('a')])).err).toContain('quantise needs one model folder');
    expect((await run(['quantise', model])).err).toContain('quantise needs --out FOLDER');
  });

  it('leaves no files when it is interrupted, at the start or in the comparison', async () => {
    expect(await run(['quantise', model, '--out', at('b')], { signal: AbortSignal.abort() })).toMatchObject({ code: 130, err: '' });
    const interrupt = new AbortController();
    class Interrupted extends FakeScorer {
      override score(): never {
        interrupt.abort();
        throw interrupt.signal.reason as Error;
      }
    }
    expect(await run(['quantise', model, '--out', at('b')], { signal: interrupt.signal }, new Interrupted())).toMatchObject({
      code: 130,
      err: '',
    });
    expect((await readdir(folder)).includes('b')).toBe(false);
    expect(await leftovers()).toEqual([]);
  });

  it('names the file that cannot be used, and what to do', async () => {
    const damaged = at('damaged');
    await cp(model, damaged, { recursive: true });
    await truncate(join(damaged, 'model.onnx'), 9000);
    const cases: [args: string[], message: string][] = [
      [[damaged], 'damaged/model.onnx is no ONNX model: its structure is broken. Download or copy it again.'],
      [[at('none')], "none/prm.json cannot be read (ENOENT). Set the model's folder to one that holds a prm.json"],
      [[model, '--check', at('none.json')], 'none.json: '],
      [[model, '--check', 'package.json'], 'package.json: no format is recognized in it'],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await run(['quantise', ...args, '--out', at('c')]);
      expect(err).toContain(message);
      expect(code).toBe(2);
    }
    await cp(join('test/fixtures/models/precision/int8.onnx'), join(damaged, 'model.onnx'));
    expect((await run(['quantise', damaged, '--out', at('c')])).err).toContain(
      'model.onnx has no products with float weights (MatMul, Gemm) beside its head; it may be quantized already. Quantise the model it was made of.',
    );
    expect(await leftovers()).toEqual([]);
  });
});
