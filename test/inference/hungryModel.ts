import { dataTypes, makeNode, makeTensor, writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';

/** More bytes than any machine's memory or address space. */
const pebibyte = 2 ** 50;

/** Changes a model to request `bytes` from the runtime in runs of more than `most` new tokens, with the same scores. */
export async function hungryModel(path: string, most: number, bytes = pebibyte): Promise<Buffer> {
  const { graph, fields } = await readModel(path, Infinity);
  const integers = (name: string, ...values: number[]) =>
    makeTensor(name, [values.length], dataTypes.int64, Buffer.from(BigInt64Array.from(values, BigInt).buffer));
  const nodes = [
    ...graph.nodes.map((node) => ({ ...node, outputs: node.outputs.map((name) => (name === 'logits' ? 'fed.logits' : name)) })),
    makeNode('Shape', ['input_ids'], ['fed.shape']),
    makeNode('Gather', ['fed.shape', 'fed.axis'], ['fed.tokens']),
    makeNode('Greater', ['fed.tokens', 'fed.most'], ['fed.isLarge']),
    makeNode('Where', ['fed.isLarge', 'fed.huge', 'fed.small'], ['fed.size']),
    makeNode('Expand', ['fed.zero', 'fed.size'], ['fed.food']),
    makeNode('ReduceMax', ['fed.food'], ['fed.nothing'], { axes: [0], keepdims: 1 }),
    makeNode('Add', ['fed.logits', 'fed.nothing'], ['logits']),
  ];
  const initializers = [
    ...graph.initializers,
    integers('fed.axis', 1),
    integers('fed.most', most),
    integers('fed.huge', bytes / 4),
    integers('fed.small', 1),
    makeTensor('fed.zero', [1], dataTypes.float32, Buffer.alloc(4)),
  ];
  return writeModel({ graph: { ...graph, nodes, initializers }, fields }, (file) => file);
}
