import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { families } from '../../server/scoring/families/families.js';
import { readGraphTensors } from '../../server/scoring/graphTensors.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import { recognizeModel } from '../../server/scoring/recognizeModel.js';

const models = fileURLToPath(new URL('../fixtures/models', import.meta.url));
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'recognize-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe('readGraphTensors', () => {
  it('lists inputs and outputs with their sizes', async () => {
    const { inputs, outputs } = await readGraphTensors(join(models, 'families/trl-prm/model.onnx'));
    expect(inputs).toEqual([
      { name: 'input_ids', dims: [undefined, undefined] },
      { name: 'attention_mask', dims: [undefined, undefined] },
    ]);
    expect(outputs).toEqual([{ name: 'logits', dims: [undefined, undefined, 2] }]);
    const cached = await readGraphTensors(join(models, 'families/mm-prm/model.onnx'));
    expect(cached.inputs.find(({ name }) => name === 'pixel_values')!.dims).toEqual([undefined, 3, 448, 448]);
    expect(cached.inputs.find(({ name }) => name === 'past_key_values.1.value')!.dims).toEqual([undefined, 1, undefined, 10]);
  });

  it('refuses a file that is cut or not a model, and reads or refuses one with a changed byte', async () => {
    const whole = await readFile(join(models, 'families/trl-prm/model.onnx'));
    const path = join(scratch, 'broken.onnx');
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('version https://git-lfs'),
      whole.subarray(0, 1000),
      whole.subarray(0, whole.length - 1),
      Buffer.alloc(5000, 0xff),
    ]) {
      await writeFile(path, bytes);
      await expect(readGraphTensors(path)).rejects.toThrow(/broken\.onnx is no ONNX model: /);
    }
    for (let i = 0; i < 60; i++) {
      const changed = Buffer.from(whole);
      changed[(i * 7919) % whole.length] = (i * 37) % 256;
      await writeFile(path, changed);
      await readGraphTensors(path).catch((error: unknown) => expect(error).toBeInstanceOf(ModelError));
    }
    await expect(readGraphTensors(join(scratch, 'none.onnx'))).rejects.toThrow('cannot be read (ENOENT)');
  });
});

describe('recognizeModel', () => {
  it.each(families.map(({ id }) => id))('recognizes %s by its files', async (id) => {
    const model = await recognizeModel(join(models, 'families', id));
    // The files of these two families cannot be distinguished.
    const alike = ['qwen2.5-math-prm', 'reasonflux-prm'];
    expect(model!.families.map((family) => family.id)).toEqual(alike.includes(id) ? alike : [id]);
  });

  it('offers the shortest prm.json when there is none', async () => {
    const folder = join(scratch, 'copy');
    await cp(join(models, 'families/visualprm'), folder, { recursive: true });
    await rm(join(folder, 'prm.json'));
    const offer = loadProfile(folder);
    await expect(offer).rejects.toThrow(ModelError);
    await expect(offer).rejects.toThrow('has no prm.json, but its files look like this. Write the line after the colon into ');
    const written = /: VisualPRM: (\{.*\})\.$/.exec(await offer.then(String, (error: Error) => error.message))![1]!;
    await writeFile(join(folder, 'prm.json'), written);
    expect((await loadProfile(folder)).parts).toEqual({
      embeddingsPath: join(folder, 'embed_tokens.onnx'),
      visionPath: join(folder, 'vision_encoder.onnx'),
    });
  });

  it('also offers the reference model if the family compares with one', async () => {
    const folder = join(scratch, 'ratio');
    await cp(join(models, 'families/eurus-prm'), folder, { recursive: true });
    await rm(join(folder, 'prm.json'));
    await expect(loadProfile(folder)).rejects.toThrow('EurusPRM: {"family":"eurus-prm","graph":"model.onnx","reference":"reference"}.');
  });

  it('offers nothing for an unknown model, and reports that the profile is missing', async () => {
    const folder = join(scratch, 'other');
    await cp(join(models, 'token-pair-hf'), folder, { recursive: true });
    await rm(join(folder, 'prm.json'));
    await expect(loadProfile(folder)).rejects.toThrow(/prm\.json cannot be read \(ENOENT\)/);
    expect(await recognizeModel(scratch)).toBeUndefined();
  });
});
