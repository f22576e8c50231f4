import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import schema from '../../media/schemas/prm.schema.json' with { type: 'json' };
import { ModelError } from '../../server/models/modelError.js';
import { families } from '../../server/scoring/families/families.js';
import { loadProfile, parseProfile } from '../../server/scoring/loadProfile.js';
import { parseLocalCritique } from '../../server/scoring/localCritiqueProfile.js';
import { testProfile, testTokenizer } from './byteTokenizer.js';

const testImages = { kind: 'resize', width: 12, height: 8, channels: 1, mean: [0], std: [1], token: '<image>', tokens: 6 };
const parse = (change: object) => parseProfile(JSON.stringify({ ...testProfile, ...change }), '/m/prm.json');

describe('parseProfile', () => {
  it('reads both kinds of readout, $schema and a byte order mark', () => {
    expect(parseProfile(`\uFEFF${JSON.stringify({ $schema: 'x', ...testProfile })}`, 'p')).toEqual(testProfile);
    const labelHead = { kind: 'label-head', positive: 1 };
    expect(parse({ readout: labelHead }).readout).toEqual({ ...labelHead, positive: [1] });
    expect(parse({ layout: { ...testProfile.layout, after: '' } }).layout).toEqual({ ...testProfile.layout, after: '' });
    expect(parse({ images: testImages }).images).toEqual(testImages);
    // Braces of LaTeX are text, not placeholders.
    const before = 'Write \\boxed{answer} and \\frac{a}{b}: {question}';
    expect(parse({ layout: { ...testProfile.layout, before } }).layout).toMatchObject({ before });
  });

  it.each([
    [{ name: '' }, '\'name\' is ""; it must be a text that is not empty'],
    [{ graph: undefined }, "'graph' is missing; it must be a text"],
    [{ layout: undefined }, '\'family\' is "own"; it must be one that StepLens knows (qwen2.5-math-prm, math-shepherd, '],
    [{ graph: { decoder: 'd.onnx', embeddings: 'e.onnx' } }, "'graph.vision' is missing"],
    [
      { layout: { kind: 'turns', first: '{question}', next: '{step}', reply: '+' } },
      '\'layout.first\' is "{question}"; it must be a text with {step} once',
    ],
    [
      { layout: { kind: 'chat', user: '{question}', step: '{step}<x>', marker: '<x>' } },
      "'layout.assistant' is missing; it must be a text with {steps} once, unless 'user' holds it",
    ],
    [
      { layout: { kind: 'pieces', before: '{question}', byLine: true } },
      "'layout.separator' is missing; it must be a text, because 'byLine' is true",
    ],
    [{ layout: [] }, "'layout' must be a JSON object"],
    [{ scope: { kind: 'likelihood' } }, '\'scope.kind\' is "likelihood"; it must be "word-pairs"'],
    [
      { scope: { kind: 'word-pairs', pairs: 'p', knows: 'sums', question: 0, step: 1 } },
      "'scope.question' is 0; it must be a number above 0 and at most 1",
    ],
    [{ scope: { kind: 'word-pairs', pairs: 'p', knows: 'sums', question: 1, step: 1, least: 1 } }, "'scope.least' is not known here"],
    [
      { layout: { ...testProfile.layout, kind: 'spoken' } },
      '\'layout.kind\' is "spoken"; it must be "marker" or "chat" or "turns" or "pieces"',
    ],
    [{ layout: { ...testProfile.layout, before: 'Q:' } }, '\'layout.before\' is "Q:"; it must be a text with {question} once'],
    [{ layout: { ...testProfile.layout, step: '{step}' } }, 'with the marker "<prm>" once, after {step}'],
    [{ layout: { ...testProfile.layout, step: '<prm>{step}' } }, 'with the marker "<prm>" once, after {step}'],
    [
      { readout: { kind: 'token-pair', positive: 'Yes', negative: 'Yes' } },
      "'readout.negative' is \"Yes\"; it must be another token than 'positive'",
    ],
    [{ readout: { kind: 'label-head', positive: 0.5 } }, "'readout.positive' is 0.5"],
    [
      { readout: { kind: 'sigmoid' } },
      '"token-pair" or "token-probability" or "label-head" or "label-difference" or "sigmoid-head" or "scalar-head"',
    ],
    [{ range: [1, 0] }, "'range' is [1,0]; it must be two numbers"],
    [{ threshold: 2 }, "'threshold' is 2; it must be a number in the range [0, 1]"],
    [{ aggregation: 'median' }, '"min" or "mean" or "last" or "product"'],
    [{ maxTokens: 1.5 }, "'maxTokens' is 1.5"],
    [
      { layout: { ...testProfile.layout, before: '{images}{question}' } },
      "'images' is missing; it must be a JSON object that says how images are prepared, because 'layout' holds {images}",
    ],
    [{ layout: { ...testProfile.layout, before: '{images}{question}{images}' }, images: testImages }, 'with {images} at most once'],
    [{ images: { ...testImages, kind: 'crop' } }, '\'images.kind\' is "crop"; it must be "resize" or "tiles" or "patches" or "pad"'],
    [{ images: { ...testImages, channels: 4 } }, "'images.channels' is 4; it must be 1 (gray) or 3"],
    [{ images: { ...testImages, width: 0 } }, "'images.width' is 0; it must be a whole number of pixels from 1 to 16,384"],
    [{ images: { ...testImages, mean: [0, 0] } }, "'images.mean' is [0,0]; it must be a list of 1 number"],
    [{ images: { ...testImages, std: [0] } }, "'images.std' is [0]; it must be numbers above 0"],
    [{ images: { ...testImages, tiles: 4 } }, "'images.tiles' is not known here"],
    [
      { layout: { ...testProfile.layout, before: '{start}{question}\n{qestion}' } },
      "'layout.before' has the place {qestion}, which is not known here; known are {question}, {images}, {bos}, {bos?}, {start}. Correct its name",
    ],
    [
      { layout: { ...testProfile.layout, step: '{step}{n}<prm>' } },
      "'layout.step' has the place {n}, which is not known here; known are {step}",
    ],
    [
      { layout: { kind: 'turns', first: '{question} {step}', next: '{Step} {step} {answer}', reply: '+' } },
      "'layout.next' has the place {answer}",
    ],
    [
      { layout: { kind: 'chat', user: '{question}', assistant: '{steps}{final}', step: '{step}<x>', marker: '<x>' } },
      "'layout.assistant' has the place {final}",
    ],
    [{ trim: 'ends' }, '\'trim\' is "ends"; it must be "none" or "steps" or "all"'],
    [{ treshold: 0.5 }, "'treshold' is not known here; known are family"],
  ])('refuses %j', (change, message) => {
    expect(() => parse(change)).toThrow(ModelError);
    expect(() => parse(change)).toThrow(`/m/prm.json: `);
    expect(() => parse(change)).toThrow(message);
  });

  it('fills in missing settings from the family, and lets the profile override them', () => {
    const short = parseProfile('{"family": "qwen2.5-math-prm", "graph": "model.onnx"}', '/m/prm.json');
    expect(short).toMatchObject({
      name: 'Qwen2.5-Math-PRM',
      tokenizer: 'tokenizer.json',
      threshold: 0.5,
      readout: { kind: 'label-head', positive: [1] },
    });
    const changed = parseProfile(
      '{"family": "visualprm", "graph": {"decoder": "d", "embeddings": "e", "vision": "v"}, "name": "Mine", "threshold": 0.5, "maxTokens": 4096}',
      '/m/prm.json',
    );
    expect(changed).toMatchObject({
      name: 'Mine',
      threshold: 0.5,
      maxTokens: 4096,
      aggregation: 'mean',
      images: { kind: 'tiles', mostTiles: 12 },
    });
    expect(() => parseProfile('{"family": "mm-prm"}', '/m/prm.json')).toThrow("'graph' is missing");
  });

  it('names the file when it is not JSON', () => {
    expect(() => parseProfile('{', '/m/prm.json')).toThrow(/^\/m\/prm\.json is not valid JSON: /);
    expect(() => parseProfile('[]', '/m/prm.json')).toThrow('/m/prm.json: the file must be a JSON object.');
  });
});

describe('prm.schema.json', () => {
  const scopes: Record<string, object> = { 'word-pairs': { kind: 'word-pairs', pairs: 'p.txt', knows: 'sums', question: 0.8, step: 0.6 } };
  const own = { ...testProfile, images: testImages, scope: scopes['word-pairs'] };
  const layouts: Record<string, object> = {
    marker: { ...testProfile.layout, after: '' },
    chat: { kind: 'chat', system: 's', user: '{question}', assistant: '{steps}', step: '{step}<x>', marker: '<x>', template: 't' },
    turns: { kind: 'turns', system: 's', first: '{question}{step}', next: '{step}', reply: '+', template: 't' },
    pieces: { kind: 'pieces', before: '{question}', separator: ';', byLine: true, readBack: 1 },
  };
  const readouts: Record<string, object> = {
    'token-pair': testProfile.readout,
    'label-head': { kind: 'label-head', positive: [1] },
    'sigmoid-head': { kind: 'sigmoid-head' },
    'scalar-head': { kind: 'scalar-head' },
    'log-ratio': { kind: 'log-ratio', beta: 0.05 },
    'label-difference': { kind: 'label-difference', positive: 1, negative: 0 },
    'token-probability': { kind: 'token-probability', tokens: ['Y'], lookup: 'text' },
  };
  const images: Record<string, object> = {
    resize: testImages,
    tiles: families[2]!.profile.images!,
    patches: {
      kind: 'patches',
      patch: 14,
      merge: 2,
      frames: 2,
      resizes: [[3136, 1_003_520]],
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      token: 'i',
      before: 'b',
      after: 'a',
    },
    pad: {
      kind: 'pad',
      side: 1024,
      least: 14,
      background: [127, 127, 127],
      mean: [0, 0, 0],
      std: [1, 1, 1],
      token: 'i',
      tokens: 576,
      before: 'b',
      after: 'a',
    },
  };

  it.each([[[0, 0, 256]], [[0, -1, 0]], [[0.5, 0, 0]]])('belongs to a parser that refuses a background of %j', (background) => {
    const common = { mean: [0, 0, 0], std: [1, 1, 1], token: 'i', tokens: 1, before: '', after: '' };
    const images = { kind: 'pad', side: 8, least: 1, background, ...common };
    expect(() => parse({ layout: { ...testProfile.layout, before: '{images}{question}' }, images })).toThrow(
      `'images.background' is ${JSON.stringify(background)}; it must be a list of 3 whole numbers from 0 to 255`,
    );
  });

  it('lists the same keys as the parser', () => {
    // backends/remoteProfile.ts reads `backend`, which needs no graph, and localCritiqueProfile.ts reads `critique`.
    expect(
      Object.keys(schema.properties)
        .filter((key) => !['$schema', 'backend', 'reference', 'critique'].includes(key))
        .sort(),
    ).toEqual(Object.keys(own).sort());
    for (const key of [...schema.required, ...schema.then.required, 'graph'])
      expect(() => parse({ [key]: undefined }), key).toThrow(`'${key}' is missing`);
    for (const aggregation of schema.properties.aggregation.enum) expect(parse({ aggregation }).aggregation).toBe(aggregation);
    expect(schema.else.else.properties.family.enum).toEqual(families.map(({ id }) => id));
  });

  it('lists the same keys of a critique as the parser', () => {
    const all = Object.fromEntries(
      Object.entries(schema.properties.critique.properties).map(([key, { type }]) => [
        key,
        type === 'string' ? `{question}{step}${key}` : 1,
      ]),
    );
    const { name, family, graph, tokenizer, threshold, aggregation, maxTokens } = testProfile;
    const common = { name, family, graph, tokenizer, threshold, aggregation, maxTokens };
    const read = (critique: object) => parseLocalCritique(JSON.stringify({ ...common, critique }), 'prm.json').critique;
    expect(read(all)).toEqual(all);
    for (const key of Object.keys(schema.properties.critique.dependencies))
      expect(() => read({ ...all, [key]: undefined }), key).toThrow(`'critique.${key}'`);
    expect(() => read({ ...all, more: 1 })).toThrow("'critique.more' is not known here");
  });

  it.each([
    ['layout', layouts, schema.properties.layout.oneOf],
    ['readout', readouts, schema.properties.readout.oneOf],
    ['images', images, schema.properties.images.oneOf],
    ['scope', scopes, schema.properties.scope.oneOf],
  ] as const)('lists the same kinds of %s, with the same keys, as the parser', (key, samples, kinds) => {
    expect(kinds.map(({ properties }) => properties.kind.const)).toEqual(Object.keys(samples));
    for (const { properties, required } of kinds) {
      const sample = samples[properties.kind.const] as Record<string, unknown>;
      expect(Object.keys(properties).sort()).toEqual(Object.keys(sample).sort());
      const compared = sample['kind'] === 'log-ratio' ? { reference: 'reference' } : {};
      expect(parse({ ...compared, [key]: sample })[key]).toEqual(sample);
      for (const name of required) expect(() => parse({ ...compared, [key]: { ...sample, [name]: undefined } }), name).toThrow(ModelError);
    }
  });
});

describe('loadProfile', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prm-'));
    await writeFile(join(folder, 'prm.json'), JSON.stringify(testProfile));
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(testTokenizer));
    await writeFile(join(folder, 'model.onnx'), 'graph');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('fingerprints every file that a score depends on', async () => {
    const prints = [await (await loadProfile(folder)).identity.fingerprint];
    for (const name of ['model.onnx', 'model.onnx.data', 'tokenizer.json', 'tokenizer_config.json']) {
      await writeFile(join(folder, name), `changed ${name}`);
      prints.push(await (await loadProfile(folder)).identity.fingerprint);
    }
    await writeFile(join(folder, 'prm.json'), JSON.stringify({ ...testProfile, name: 'other' }));
    prints.push(await (await loadProfile(folder)).identity.fingerprint);
    expect(new Set(prints).size).toBe(6);
    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('finds the graph of the reference model in its folder, and includes it in the fingerprint', async () => {
    const ratio = { ...testProfile, readout: { kind: 'log-ratio', beta: 0.05 } };
    const write = (change: object) => writeFile(join(folder, 'prm.json'), JSON.stringify({ ...ratio, ...change }));
    await write({});
    await expect(loadProfile(folder)).rejects.toThrow(
      "'reference' is missing; it must be the ONNX file of the reference model or its folder",
    );
    await write({ reference: 'base' });
    await expect(loadProfile(folder)).rejects.toThrow(/base does not exist; 'reference' of .*prm\.json names it/);
    await mkdir(join(folder, 'base/onnx'), { recursive: true });
    await expect(loadProfile(folder)).rejects.toThrow(/base.model\.onnx does not exist/);
    await writeFile(join(folder, 'base/onnx/model.onnx'), 'graph');
    const { referencePath, identity } = await loadProfile(folder);
    expect(referencePath).toBe(join(folder, 'base/onnx/model.onnx'));
    const before = await identity.fingerprint;
    await writeFile(referencePath!, 'other');
    expect(await (await loadProfile(folder)).identity.fingerprint).not.toBe(before);
    await writeFile(join(folder, 'prm.json'), JSON.stringify({ ...testProfile, reference: 'base' }));
    await expect(loadProfile(folder)).rejects.toThrow("'reference' is for a 'readout' of the kind \"log-ratio\" alone");
  });

  it('reports a missing profile, a missing graph, an empty one and a Git LFS pointer', async () => {
    await expect(loadProfile(join(folder, 'none'))).rejects.toThrow(/none.prm\.json cannot be read \(ENOENT\)\. Set the model's folder/);
    await writeFile(join(folder, 'model.onnx'), 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n');
    await expect(loadProfile(folder)).rejects.toThrow(/model\.onnx is a Git LFS pointer.*git lfs pull/);
    await writeFile(join(folder, 'model.onnx'), '');
    await expect(loadProfile(folder)).rejects.toThrow(/model\.onnx is empty/);
    await rm(join(folder, 'model.onnx'));
    await expect(loadProfile(folder)).rejects.toThrow(/model\.onnx does not exist; 'graph' of .*prm\.json names it/);
    await expect(loadProfile(folder)).rejects.toBeInstanceOf(ModelError);
  });
});
