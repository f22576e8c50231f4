import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import schema from '../../media/schemas/prm.schema.json' with { type: 'json' };
import { loadProfile, parseProfile } from '../../server/scoring/loadProfile.js';
import { ScoringError } from '../../server/scoring/scorer.js';
import { testProfile, testTokenizer } from './byteTokenizer.js';

const parse = (change: object) => parseProfile(JSON.stringify({ ...testProfile, ...change }), '/m/prm.json');

describe('parseProfile', () => {
  it('reads both kinds of readout, $schema and a byte order mark', () => {
    expect(parseProfile(`\uFEFF${JSON.stringify({ $schema: 'x', ...testProfile })}`, 'p')).toEqual(testProfile);
    const labelHead = { kind: 'label-head', positive: 1 };
    expect(parse({ readout: labelHead }).readout).toEqual(labelHead);
    expect(parse({ layout: { ...testProfile.layout, after: '' } }).layout.after).toBe('');
  });

  it.each([
    [{ name: '' }, "'name' is \"\"; it must be a text that is not empty"],
    [{ graph: undefined }, "'graph' is missing; it must be a text"],
    [{ layout: undefined }, "'layout' is missing"],
    [{ layout: [] }, "'layout' must be a JSON object"],
    [{ layout: { ...testProfile.layout, kind: 'turns' } }, '\'layout.kind\' is "turns"; it must be "marker"'],
    [{ layout: { ...testProfile.layout, before: 'Q:' } }, "'layout.before' is \"Q:\"; it must be a text with {question} once"],
    [{ layout: { ...testProfile.layout, step: '{step}' } }, 'with the marker "<prm>" once, after {step}'],
    [{ layout: { ...testProfile.layout, step: '<prm>{step}' } }, 'with the marker "<prm>" once, after {step}'],
    [{ readout: { kind: 'token-pair', positive: 'Yes', negative: 'Yes' } }, "'readout.negative' is \"Yes\"; it must be another token than 'positive'"],
    [{ readout: { kind: 'label-head', positive: 0.5 } }, "'readout.positive' is 0.5"],
    [{ readout: { kind: 'sigmoid' } }, '"token-pair" or "label-head"'],
    [{ range: [1, 0] }, "'range' is [1,0]; it must be two numbers"],
    [{ threshold: 2 }, "'threshold' is 2; it must be a number in the range [0, 1]"],
    [{ aggregation: 'median' }, '"min" or "mean" or "last" or "product"'],
    [{ maxTokens: 1.5 }, "'maxTokens' is 1.5"],
    [{ treshold: 0.5 }, "'treshold' is not known here; known are name, family"],
  ])('refuses %j', (change, message) => {
    expect(() => parse(change)).toThrow(ScoringError);
    expect(() => parse(change)).toThrow(`/m/prm.json: `);
    expect(() => parse(change)).toThrow(message);
  });

  it('names the file when it is not JSON', () => {
    expect(() => parseProfile('{', '/m/prm.json')).toThrow(/^\/m\/prm\.json is not valid JSON: /);
    expect(() => parseProfile('[]', '/m/prm.json')).toThrow('/m/prm.json: the file must be a JSON object.');
  });
});

describe('prm.schema.json', () => {
  it('lists the same keys as the parser', () => {
    expect(Object.keys(schema.properties).filter((key) => key !== '$schema').sort()).toEqual(Object.keys(testProfile).sort());
    expect(Object.keys(schema.properties.layout.properties).sort()).toEqual([...Object.keys(testProfile.layout), 'after'].sort());
    for (const key of schema.required) expect(() => parse({ [key]: undefined }), key).toThrow(`'${key}' is missing`);
    for (const key of schema.properties.layout.required) expect(() => parse({ layout: { ...testProfile.layout, [key]: undefined } }), key).toThrow(ScoringError);
    expect(schema.properties.readout.oneOf.map((kind) => kind.properties.kind.const)).toEqual(['token-pair', 'label-head']);
    for (const aggregation of schema.properties.aggregation.enum) expect(parse({ aggregation }).aggregation).toBe(aggregation);
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
    const prints = [(await loadProfile(folder)).fingerprint];
    for (const name of ['model.onnx', 'model.onnx.data', 'tokenizer.json', 'tokenizer_config.json']) {
      await writeFile(join(folder, name), `changed ${name}`);
      prints.push((await loadProfile(folder)).fingerprint);
    }
    await writeFile(join(folder, 'prm.json'), JSON.stringify({ ...testProfile, name: 'other' }));
    prints.push((await loadProfile(folder)).fingerprint);
    expect(new Set(prints).size).toBe(6);
    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('tells a missing profile, a missing graph, an empty one and a Git LFS pointer', async () => {
    await expect(loadProfile(join(folder, 'none'))).rejects.toThrow(/none.prm\.json cannot be read \(ENOENT\)\. Set the model's folder/);
    await writeFile(join(folder, 'model.onnx'), 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n');
    await expect(loadProfile(folder)).rejects.toThrow(/model\.onnx is a Git LFS pointer.*git lfs pull/);
    await writeFile(join(folder, 'model.onnx'), '');
    await expect(loadProfile(folder)).rejects.toThrow(/model\.onnx is empty/);
    await rm(join(folder, 'model.onnx'));
    await expect(loadProfile(folder)).rejects.toThrow(/model\.onnx does not exist; 'graph' of .*prm\.json names it/);
    await expect(loadProfile(folder)).rejects.toBeInstanceOf(ScoringError);
  });
});
