import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute, makeNode, makeTensor, makeValueInfo, type OnnxModel, readNode, writeModel } from '../../server/onnx/model.js';
import { positionRows } from '../../server/onnx/positionRows.js';
import { OnnxFileError, readModel } from '../../server/onnx/readModel.js';
import { sliceHead } from '../../server/onnx/sliceHead.js';
import { bytesField, integers, readFields, varintField, writeMessage } from '../../server/onnx/wire.js';
import { createRandom } from '../../server/reasoning/random.js';
import { byteMutations, modelMutations } from '../inference/mutate.js';

const models = 'test/fixtures/models';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the number of positions of a graph', () => {
  it.each([
    ['media/models/mini/model.onnx', 512],
    ['media/models/mini/policy/policy.onnx', 512],
    [`${models}/token-pair-hf/model.onnx`, 512],
    [`${models}/precision/plain.onnx`, undefined],
    [`${models}/families/mm-prm/model.onnx`, undefined],
  ])('is read from %s: %s', async (path, expected) => {
    expect(positionRows(await readModel(path))).toBe(expected);
  });

  const weight = (name: string, dims: readonly number[]) => makeTensor(name, dims, 1, Buffer.alloc(4 * dims.reduce((a, b) => a * b)));
  it.each([
    ['a table of cosines behind a Squeeze', [makeNode('Squeeze', ['table'], ['t']), makeNode('Gather', ['t', 'position_ids'], ['x'])], 6],
    ['positions in another form', [makeNode('Cast', ['position_ids'], ['p']), makeNode('Gather', ['table', 'p'], ['x'])], 6],
    [
      'a rotary embedding of Microsoft',
      [makeNode('RotaryEmbedding', ['q', 'position_ids', 'table', 'table'], ['x'], {}, 'com.microsoft')],
      6,
    ],
    ["the standard's rotary embedding", [makeNode('RotaryEmbedding', ['q', 'table', 'table', 'position_ids'], ['x'])], 6],
    [
      'grouped attention',
      [makeNode('GroupQueryAttention', ['q', 'k', 'v', '', '', 's', 't', 'table', 'table'], ['x'], {}, 'com.microsoft')],
      6,
    ],
    [
      'the smallest of two',
      [makeNode('Gather', ['table', 'position_ids'], ['x']), makeNode('Gather', ['small', 'position_ids'], ['y'])],
      3,
    ],
    ['positions that are moved', [makeNode('Add', ['position_ids', 'two'], ['p']), makeNode('Gather', ['table', 'p'], ['x'])], undefined],
    ['columns', [makeNode('Gather', ['table', 'position_ids'], ['x'], { axis: 1 })], undefined],
  ] as const)('is found, or undefined if it cannot be known, for %s', (_, nodes, expected) => {
    const graph = {
      nodes,
      initializers: [weight('table', [1, 6, 4]), weight('small', [3, 4])],
      inputs: [],
      outputs: [],
      values: [],
      fields: [],
    };
    expect(positionRows({ graph, fields: [] })).toBe(expected);
  });
});

describe('an ONNX file', () => {
  it('is written byte for byte as it was read: every fixture', async () => {
    const files = (await readdir(models, { recursive: true })).filter((name) => name.endsWith('.onnx'));
    expect(files.length).toBeGreaterThan(12);
    for (const file of files) {
      const path = join(models, file);
      const written = writeModel(await readModel(path, Infinity), basename);
      expect(written.equals(await readFile(path)), file).toBe(true);
    }
  });

  it('keeps its large weights in place, and refers to them by offset and length', async () => {
    const path = join(models, 'token-pair-hf/model.onnx');
    const [whole, light] = [await readModel(path, Infinity), await readModel(path, 1024)];
    const bytes = await readFile(path);
    let outside = 0;
    light.graph.initializers.forEach(({ data }, i) => {
      if (data === undefined || Buffer.isBuffer(data)) return;
      outside++;
      expect(bytes.subarray(data.offset, data.offset + data.length).equals(whole.graph.initializers[i]!.data as Buffer)).toBe(true);
    });
    expect(outside).toBeGreaterThan(5);
    // Read again from the file that refers to them, the weights have the same offset.
    const named = join(folder, 'named.onnx');
    await writeFile(
      named,
      writeModel(light, () => 'weights'),
    );
    const again = await readModel(named);
    const places = (model: OnnxModel) =>
      model.graph.initializers.flatMap(({ data }) => (data && !Buffer.isBuffer(data) ? [[data.offset, data.length]] : []));
    expect(places(again)).toEqual(places(light));
    expect(again.graph.initializers.flatMap(({ data }) => (data && !Buffer.isBuffer(data) ? [data.path] : []))).toEqual(
      Array<string>(outside).fill(join(folder, 'weights')),
    );
  });

  it('is read with the values it was built from', async () => {
    const node = makeNode('Gather', ['a', 'b'], ['c'], { axis: -1, axes: [-2, 3] });
    const tensor = makeTensor('w', [2, 3], 1, Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
    const model: OnnxModel = {
      fields: [varintField(1, 8), bytesField(14, 'of a later version')],
      graph: {
        nodes: [node],
        initializers: [tensor],
        inputs: [makeValueInfo('a', 1, [1, undefined])],
        outputs: [makeValueInfo('c', 7, [])],
        values: [],
        fields: [bytesField(2, 'g')],
      },
    };
    await writeFile(join(folder, 'made.onnx'), writeModel(model, basename));
    const { graph, fields } = await readModel(join(folder, 'made.onnx'));
    expect(fields.map(({ raw }) => raw)).toEqual(model.fields.map(({ raw }) => raw));
    expect(graph.nodes[0]).toMatchObject({ opType: 'Gather', inputs: ['a', 'b'], outputs: ['c'] });
    expect([attribute(graph.nodes[0]!, 'axis')?.int, attribute(graph.nodes[0]!, 'axes')?.ints, attribute(graph.nodes[0]!, 'none')]).toEqual(
      [-1, [-2, 3], undefined],
    );
    expect(graph.initializers[0]).toMatchObject({ name: 'w', dims: [2, 3], type: 1, data: tensor.data });
    expect([graph.inputs[0]!.shape, graph.inputs[0]!.type, graph.outputs[0]!.shape]).toEqual([[1, undefined], 1, []]);
  });

  it('can hold integers of all sizes, packed or not', () => {
    const values = [0, 1, 127, 128, 2 ** 31, 2 ** 52, -1, -(2 ** 40)];
    const apart = readFields(writeMessage(values.map((value) => varintField(1, value))));
    expect(integers(apart, 1)).toEqual(values);
    const packed = bytesField(2, Buffer.concat(values.map((value) => varintField(1, value).raw.subarray(1))));
    expect(integers(readFields(packed.raw), 2)).toEqual(values);
    expect(() => readNode(Buffer.from([0x0a]))).toThrow('structure is broken');
    expect(() => readFields(Buffer.alloc(12, 0xff))).toThrow('structure is broken');
  });

  it('is read, or refused with a message, when it is damaged: 200 files', async () => {
    const sources = await Promise.all(
      ['images/model.onnx', 'precision/plain.onnx', 'precision/int8.onnx'].map((name) => readFile(join(models, name))),
    );
    const mutations = [...byteMutations, ...modelMutations];
    const counts = { read: 0, sliced: 0, refused: 0 };
    const path = join(folder, 'damaged.onnx');
    for (let i = 0; i < 200; i++) {
      await writeFile(path, mutations[i % mutations.length]!.apply(sources[i % sources.length]!, createRandom(i, 'onnx')));
      try {
        const model = await readModel(path, i % 2 === 0 ? 512 : Infinity);
        writeModel(model, () => 'weights');
        counts.read++;
        if (typeof (await sliceHead(model, Int32Array.of(1, 0))) !== 'string') counts.sliced++;
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        if (!(error instanceof OnnxFileError))
          expect((error as Error).message).toMatch(
            /structure is broken|its weights in .*weights\.bin cannot be read \(ENOENT\); put that file beside it/,
          );
        else expect(error.message).toMatch(/damaged\.onnx is no ONNX model: .*(Download or (copy|export) it again)\.$/);
        counts.refused++;
      }
    }
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
  });

  it('is refused with a message when it is missing, empty, or not an ONNX model', async () => {
    await expect(readModel(join(folder, 'none.onnx'))).rejects.toThrow('none.onnx cannot be read (ENOENT)');
    await writeFile(join(folder, 'empty.onnx'), '');
    await expect(readModel(join(folder, 'empty.onnx'))).rejects.toThrow(
      'empty.onnx is no ONNX model: it declares no output. Download or export it again.',
    );
    await writeFile(join(folder, 'text.onnx'), 'version https://git-lfs.github.com/spec/v1\n');
    await expect(readModel(join(folder, 'text.onnx'))).rejects.toThrow(OnnxFileError);
  });
});
