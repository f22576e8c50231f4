import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { imagePlace, problemImages } from '../../server/files/images.js';
import { readInput } from '../../server/files/inputFiles.js';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import { loadRuntime, type TensorValue } from '../../server/inference/runtime.js';
import { dataTypes, makeNode, makeTensor, makeValueInfo, type Node, type Tensor, writeModel } from '../../server/onnx/model.js';
import { quantiseFile } from '../../server/onnx/quantiseFile.js';
import { readModel } from '../../server/onnx/readModel.js';
import { bytesField, varintField, writeMessage } from '../../server/onnx/wire.js';
import { createRandom } from '../../server/reasoning/random.js';
import { type ScoreJob, scoreJob } from '../../server/scoring/scorer.js';
import { run } from '../cli/runner.js';
import { imagesAt } from '../images.js';
import { mini, openScorer, temporaryFolder } from './models.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const families = join(root, 'test/fixtures/models/families');
const precision = join(root, 'test/fixtures/models/precision');
const samples = join(root, 'media/samples/candidates.json');
const options = { signal: new AbortController().signal, onProgress: () => undefined };

/** Runs the command on a real model. Returns its output and the folder that it created. */
async function quantise(folder: string, ...args: string[]): Promise<{ out: string; made: string }> {
  const made = join(await temporaryFolder(), 'int8');
  const { code, out, err } = await run(['quantise', folder, '--out', made, ...args], {
    createScorer: ({ modelPath }) => openScorer(modelPath),
    now: () => performance.now(),
  });
  expect(err).toBe('');
  expect(code).toBe(0);
  return { out, made };
}

async function changes(before: string, after: string, jobs: readonly ScoreJob[]): Promise<number[]> {
  const [old, own] = [openScorer(before), openScorer(after)];
  const found: number[] = [];
  for (const job of jobs) {
    const [a, b] = [await old.score(job), await own.score(job)];
    // Both models skip the same steps: those outside the model's scope.
    expect([...b.skipped.keys()]).toEqual([...a.skipped.keys()]);
    a.scores.forEach((score, i) => {
      if (!a.skipped.has(i)) found.push(Math.abs(score - b.scores[i]!));
    });
  }
  return found;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('steplens quantise', () => {
  it('makes a smaller copy of the bundled float16 model, with a mean change of its scores below 0.02', {
    timeout: 300_000,
  }, async () => {
    const { out, made } = await quantise(mini, '--check', samples);
    expect((await readdir(made)).sort()).toEqual([
      'model.onnx',
      'model.onnx_data',
      'prm.json',
      'scope.txt',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const size = (await stat(join(made, 'model.onnx'))).size + (await stat(join(made, 'model.onnx_data'))).size;
    expect(size).toBeLessThan((await stat(join(mini, 'model.onnx'))).size * 0.75);
    expect(JSON.parse(await readFile(join(made, 'prm.json'), 'utf8'))).toMatchObject({
      name: expect.stringMatching(/ int8$/) as string,
      graph: 'model.onnx',
    });

    const { reasoning } = await readInput(samples);
    const place = imagePlace(`file://${samples}`, []);
    const jobs = reasoning.problems.map((problem) => scoreJob(problem, problemImages(place, problem.images)));
    const found = await changes(mini, made, jobs);
    expect(found.length).toBeGreaterThan(50);
    expect(mean(found)).toBeLessThan(0.02);
    expect(out).toContain(
      `${found.length} step scores compared: mean change ${mean(found).toFixed(4)}, largest ${Math.max(...found).toFixed(4)}`,
    );
    expect(out).toMatch(/Time of the comparison: \d+\.\d\d s -> \d+\.\d\d s, \d+\.\d\d times as fast/);
  });

  it.each(['qwen2.5-math-prm', 'visualprm'])('changes the scores of %s by less than 0.02 on average', async (family) => {
    const { made } = await quantise(join(families, family));
    const { cases } = JSON.parse(await readFile(join(families, family, 'expected.json'), 'utf8')) as {
      cases: { question: string; steps: string[]; images?: string[] }[];
    };
    const jobs = cases.map(({ question, steps, images = [] }) => ({
      question,
      images: imagesAt(...images.map((file) => join(families, family, file))),
      steps: steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })),
    }));
    const found = await changes(join(families, family), made, jobs);
    expect(mean(found)).toBeLessThan(0.02);
    expect(mean(found)).toBeGreaterThan(0);
  });
});

const sequence = (count: number, value: (i: number) => number) => Float32Array.from({ length: count }, (_, i) => value(i));

/** A graph of one float input `x` [tokens, 32] and one output `y` [tokens, 64]. */
async function writeGraph(nodes: readonly Node[], initializers: readonly Tensor[], type: number, opset: number): Promise<string> {
  const path = join(await temporaryFolder(), 'model.onnx');
  const fields = [varintField(1, 8), bytesField(8, writeMessage([bytesField(1, ''), varintField(2, opset)]))];
  const graph = {
    nodes,
    initializers,
    inputs: [makeValueInfo('x', type, [undefined, 32])],
    outputs: [makeValueInfo('y', type, [undefined, 64])],
    values: [],
    fields: [bytesField(2, 'g')],
  };
  await writeFile(
    path,
    writeModel({ fields, graph }, () => ''),
  );
  return path;
}

async function runGraph(path: string, x: TensorValue): Promise<number[]> {
  const session = await (await loadRuntime()).createSession(path, 'cpu', 1);
  const { y } = await session.run({ x }, ['y']);
  await session.release();
  return [...(y!.data as Float32Array)];
}

async function quantized(path: string): Promise<string> {
  const to = join(await temporaryFolder(), 'int8.onnx');
  expect(await quantiseFile(path, to, options)).toMatchObject({ products: 1, weights: 2048 });
  const { graph } = await readModel(to);
  expect(graph.nodes.map(({ opType }) => opType)).toContain('MatMulInteger');
  return to;
}

/** Whole numbers up to 127, with a 127 in each row and column. int8 and half precision represent them exactly. */
const whole = (random: () => number, rows: number, columns: number) =>
  sequence(rows * columns, (i) => (Math.floor(i / columns) % 32 === (i % columns) % 32 ? 127 : Math.floor(random() * 255) - 127));
const bytes = (values: Float32Array) => Buffer.from(values.buffer);
const half = (values: Float32Array) => Buffer.from(Uint16Array.from(values, toHalf).buffer);

/** The bits of a whole number up to 2048 in half precision. */
function toHalf(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
}

describe('an int8 matrix product', () => {
  const random = createRandom(1, 'weights');
  const weights = whole(random, 32, 64);
  const turned = sequence(2048, (i) => weights[(i % 32) * 64 + Math.floor(i / 32)]!);
  const bias = sequence(64, (i) => i - 7);
  const tokens = whole(random, 5, 32);
  const x: TensorValue = { type: 'float32', data: tokens, dims: [5, 32] };
  const product = sequence(320, (i) =>
    tokens
      .subarray(Math.floor(i / 64) * 32, Math.floor(i / 64) * 32 + 32)
      .reduce((sum, value, k) => sum + value * weights[k * 64 + (i % 64)]!, 0),
  );

  it.each([11, 17, 18, 21])('is exact if int8 can hold the numbers: opset %i', async (opset) => {
    const path = await writeGraph(
      [makeNode('MatMul', ['x', 'w'], ['y'])],
      [makeTensor('w', [32, 64], dataTypes.float32, bytes(weights))],
      1,
      opset,
    );
    const found = await runGraph(await quantized(path), x);
    found.forEach((value, i) => expect(Math.abs(value - product[i]!)).toBeLessThan(1e-5 * 127 * 127 * 32));
    expect(await runGraph(path, x)).toEqual([...product]);
  });

  it('is exact for half-precision weights that are cast and transposed, with a bias (Gemm)', async () => {
    const nodes = [makeNode('Cast', ['w'], ['w.float'], { to: 1 }), makeNode('Gemm', ['x', 'w.float', 'b'], ['y'], { transB: 1 })];
    const path = await writeGraph(
      nodes,
      [makeTensor('w', [64, 32], dataTypes.float16, half(turned)), makeTensor('b', [64], 1, bytes(bias))],
      1,
      17,
    );
    const found = await runGraph(await quantized(path), x);
    found.forEach((value, i) => expect(Math.abs(value - product[i]! - bias[i % 64]!)).toBeLessThan(1e-5 * 127 * 127 * 32));
  });

  it('gives a token the same result whatever the other tokens and their number', async () => {
    const path = await quantized(
      await writeGraph([makeNode('MatMul', ['x', 'w'], ['y'])], [makeTensor('w', [32, 64], dataTypes.float32, bytes(weights))], 1, 17),
    );
    const values = sequence(160, (i) => (random() - 0.5) * (i < 32 ? 1000 : 1));
    const all = await runGraph(path, { type: 'float32', data: values, dims: [5, 32] });
    for (let token = 0; token < 5; token++) {
      expect(await runGraph(path, { type: 'float32', data: values.slice(token * 32, token * 32 + 32), dims: [1, 32] })).toEqual(
        all.slice(token * 64, token * 64 + 64),
      );
    }
    expect(await runGraph(path, { type: 'float32', data: new Float32Array(32), dims: [1, 32] })).toEqual(Array<number>(64).fill(0));
  });

  it('is not made from weights with NaN, or from a graph that is already in int8', async () => {
    const broken = await writeGraph(
      [makeNode('MatMul', ['x', 'w'], ['y'])],
      [makeTensor('w', [32, 64], dataTypes.float32, bytes(weights.map((value, i) => (i === 77 ? NaN : value))))],
      1,
      17,
    );
    await expect(quantiseFile(broken, `${broken}.int8`, options)).rejects.toThrow(
      "cannot be quantized: its weights 'w' hold values that are not numbers.",
    );
    expect(await quantiseFile(join(precision, 'int8.onnx'), join(await temporaryFolder(), 'again.onnx'), options)).toMatchObject({
      products: 0,
    });
  });

  it('accepts inputs in half precision, with an RMS error below a tenth of the RMS of the logits', async () => {
    const to = join(await temporaryFolder(), 'half.onnx');
    await quantiseFile(join(precision, 'half.onnx'), to, options);
    const { ids, reads, logits } = JSON.parse(await readFile(join(precision, 'expected.json'), 'utf8')) as {
      ids: number[][];
      reads: number[][];
      logits: Record<string, number[][]>;
    };
    const graph = openGraph(await (await loadRuntime()).createSession(to, 'cpu', 1));
    const { values, width } = await graph.run(graph.createCache(), Int32Array.from(ids[0]!), undefined, Int32Array.from(reads[0]!));
    const wanted = logits['half']!.slice(0, reads[0]!.length).flat();
    expect(values).toHaveLength(wanted.length);
    expect(wanted).toHaveLength(reads[0]!.length * width);
    const size = Math.sqrt(mean(wanted.map((value) => value ** 2)));
    // Rows of 32 random numbers are coarse in int8.
    expect(Math.sqrt(mean(wanted.map((value, i) => (values[i]! - value) ** 2)))).toBeLessThan(0.1 * size);
  });
});
