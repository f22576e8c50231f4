/**
 * What passes of a graph in Hugging Face's layout cost without StepLens around them: `node raw.js MODEL_FOLDER DEVICE` prints a JSON line.
 * Part of the bundle for a GPU machine; see check.py.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';

const [folder, device] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'raw-'));
const open = (options) =>
  ort.InferenceSession.create(join(folder, 'model.onnx'), { executionProviders: [device], logSeverityLevel: 3, ...options });

const started = performance.now();
let session = await open({});
const result = { loadMs: performance.now() - started };
const caches = session.inputMetadata.filter(({ name }) => name.startsWith('past_key_values'));

function feeds(rows, past, fresh) {
  const integers = (values, dims) => new ort.Tensor('int64', BigInt64Array.from(values), dims);
  const each = (length, value) => Array.from({ length: rows * length }, (_, i) => BigInt(value(i % length)));
  const made = {
    input_ids: integers(
      each(fresh, (i) => (i * 37 + 11) % 500),
      [rows, fresh],
    ),
    attention_mask: integers(
      each(past + fresh, () => 1),
      [rows, past + fresh],
    ),
    position_ids: integers(
      each(fresh, (i) => past + i),
      [rows, fresh],
    ),
  };
  for (const { name, type, shape } of caches) {
    const [, heads, , size] = shape;
    const length = rows * heads * past * size;
    const data = type === 'float16' ? new Uint16Array(length) : new Float32Array(length);
    made[name] = new ort.Tensor(type, data, [rows, heads, past, size]);
  }
  return made;
}

async function time(given, fetches, times = 4) {
  const spent = [];
  for (let i = 0; i <= times; i++) {
    const from = performance.now();
    await session.run(given, fetches);
    spent.push(performance.now() - from);
  }
  return spent.slice(1).sort((a, b) => a - b)[times >> 1];
}

const all = session.outputNames;
result.ms = {};
for (const [name, rows, past, fresh, fetches] of [
  ['512 tokens', 1, 0, 512, ['logits']],
  ['512 tokens, with keys and values', 1, 0, 512, all],
  ['64 tokens', 1, 0, 64, ['logits']],
  ['64 tokens after 1024', 1, 1024, 64, ['logits']],
  ['64 tokens after 1024, with keys and values', 1, 1024, 64, all],
  ['512 tokens of 8 rows', 8, 0, 512, ['logits']],
]) {
  if (device === 'cpu' && rows > 1) continue;
  try {
    result.ms[name] = await time(feeds(rows, past, fresh), fetches);
  } catch (error) {
    result.ms[name] = error.message.slice(0, 300);
  }
}
await session.release();

session = await open({ enableProfiling: true, profileFilePrefix: join(scratch, 'profile') });
for (let i = 0; i < 3; i++) await session.run(feeds(1, 0, 512), ['logits']);
session.endProfiling();
await session.release();
const kinds = new Map();
for (const file of readdirSync(scratch))
  for (const { cat, name, dur, args } of JSON.parse(readFileSync(join(scratch, file), 'utf8'))) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const key = `${args.op_name} ${args.provider?.replace('ExecutionProvider', '')}`;
    const kind = kinds.get(key) ?? { ms: 0, count: 0 };
    kinds.set(key, { ms: kind.ms + dur / 3000, count: kind.count + 1 / 3 });
  }
result.kinds = Object.fromEntries([...kinds].sort(([, a], [, b]) => b.ms - a.ms).slice(0, 15));
process.stdout.write(`${JSON.stringify(result)}\n`);
