import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { LoadRequest, RunRequest } from '../../server/inference/protocol.js';
import { openClient } from './models.js';

const root = fileURLToPath(new URL('../fixtures/models/precision', import.meta.url));

interface Expected {
  readonly ids: readonly [readonly number[], readonly number[]];
  readonly reads: readonly [readonly number[], readonly number[]];
  /** Rows of logits from PyTorch, for the reads of the first sequence, then of the second. */
  readonly logits: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Number of tokens with which both sequences begin. */
const shared = 9;
const expected = JSON.parse(await readFile(join(root, 'expected.json'), 'utf8')) as Expected;

const load = (graphPath: string): LoadRequest => ({
  graphPath,
  device: 'cpu',
  threads: 1,
  warmup: Int32Array.from(expected.ids[0]),
  columns: new Int32Array(0),
});

/** The shared prefix of both sequences, and the rest of each. */
function forest(): RunRequest {
  const [first, second] = expected.ids;
  const ids = [...first, ...second.slice(shared)];
  const reads = [...expected.reads[0], ...expected.reads[1].map((read) => read - shared + first.length)];
  return {
    parents: Int32Array.of(-1, 0, 0),
    ids: Int32Array.from(ids),
    offsets: Int32Array.of(0, shared, first.length, ids.length),
    reads: Int32Array.from(reads),
    columns: new Int32Array(0),
    priority: 0,
  };
}

async function run(graphPath: string, request = forest()): Promise<number[][]> {
  const client = openClient();
  const { session, result } = await client.load(load(graphPath));
  const rows: number[][] = [];
  await client.run(session, request, {
    onRead: ({ first, values }) => {
      for (let row = 0; row * result.width < values.length; row++)
        rows[first + row] = [...values.subarray(row * result.width, (row + 1) * result.width)];
    },
  });
  await client.dispose();
  return rows;
}

/** Largest allowed difference of a logit. `half` also computes in half precision; PyTorch only rounded the weights. */
const tolerances: Readonly<Record<string, number>> = { half: 0.01 };

describe.each(Object.keys(expected.logits))('a graph of kind %s', (kind) => {
  it("gives PyTorch's logits for two sequences that share their first tokens", async () => {
    const rows = await run(join(root, `${kind}.onnx`));
    expect(rows).toHaveLength(4);
    rows.forEach((row, i) =>
      row.forEach((value, column) =>
        expect(Math.abs(value - expected.logits[kind]![i]![column]!), `read ${i}, column ${column}`).toBeLessThan(tolerances[kind] ?? 1e-4),
      ),
    );
  });
});

describe('a graph that quantizes its inputs as it runs', () => {
  it('is used, with a note on how far its scores vary with the other tokens of a run', async () => {
    const client = openClient();
    const { session } = await client.load(load(join(root, 'int8.onnx')));
    expect(client.device(session).note).toMatch(
      /^scores vary by up to 0\.0\d with what is run along with them, because the graph quantizes whole runs/,
    );
    const plain = await client.load(load(join(root, 'plain.onnx')));
    expect(client.device(plain.session).note).toBeUndefined();
  });
});
