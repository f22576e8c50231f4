import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeNode, writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { chain, copyModel, modelFolders, openScorer } from './models.js';

it.each(['hugging-face', 'none', 'token-major'] as const)(
  'a graph with a cycle is reported as damaged, with its file and what to do (%s)',
  async (layout) => {
    const folder = modelFolders[layout];
    const { graph, fields } = await readModel(join(folder, 'model.onnx'), Infinity);
    for (const kind of ['Gather', 'MatMul', 'Softmax']) {
      const changed = graph.nodes.find(({ opType }) => opType === kind)!;
      const [first, ...others] = changed.inputs;
      const circle = [makeNode('Identity', ['b', first!], ['a']), makeNode('Cast', ['a'], ['b'], { to: 1 })];
      const nodes = [...circle, ...graph.nodes.map((node) => (node === changed ? { ...node, inputs: ['b', ...others] } : node))];
      const bytes = writeModel({ fields, graph: { ...graph, nodes } }, () => '');
      const scorer = openScorer(await copyModel(folder, { files: { 'model.onnx': bytes } }));
      await expect(scorer.score(chain(2))).rejects.toThrow(/model\.onnx cannot be loaded: .*not acyclic.*download or copy it again/);
    }
  },
);
