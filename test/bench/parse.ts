import { readDocument } from '../../server/formats/registry.js';
import { generatedTree } from './generatedTree.js';
import { interleaved, type Row } from './row.js';

/** Compares reading a 10 MB tree, including every step's range, with `JSON.parse`, which keeps no ranges. */
export async function measure(): Promise<Row[]> {
  const text = generatedTree(10_000_000);
  const nodes = readDocument(text, 'json')?.problems[0]?.tree?.nodes.length ?? 0;
  if (nodes === 0) throw new Error('The generated tree was not read as a tree.');
  const [ours, plain] = await interleaved(5, [() => readDocument(text, 'json'), () => JSON.parse(text) as unknown]);
  return [
    {
      name: 'read a tree with the place of every step',
      value: ours!,
      unit: 'ms',
      ratio: { to: 'JSON.parse', value: ours! / plain! },
      note: `${(text.length / 1e6).toFixed(1)} MB, ${nodes} nodes`,
    },
  ];
}
