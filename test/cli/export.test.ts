import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';
import { run } from './runner.js';

const long = 'one two three four five six seven eight nine ten eleven';
const node = (text: string, mc: number, children: object[] = []): object => ({
  partial_solution: [text],
  mc_value: mc,
  visit_count: 0,
  correct_rollouts: [],
  incorrect_rollouts: [],
  children,
});
const tree = {
  question: 'How many?',
  answer: '4',
  image_path: 'a.png',
  mc_value: 0.5,
  visit_count: 1,
  correct_rollouts: [],
  incorrect_rollouts: [['x']],
  children: [node(long, 0.5, [node('bad', 0), node('good', 1)]), node('short', 0)],
};

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-export-'));
  await writeFile(at('tree.json'), JSON.stringify(tree));
  await writeFile(at('broken.json'), JSON.stringify(tree).slice(0, -20));
});
afterAll(() => rm(folder, { recursive: true }));

describe('steplens export', () => {
  it('does not overwrite its input, even under the name of a link', async () => {
    const text = await readFile(at('tree.json'), 'utf8');
    await symlink(at('tree.json'), at('link.json'));
    await link(at('tree.json'), at('hard.json'));
    for (const out of ['tree.json', 'link.json', 'hard.json', '../' + basename(folder) + '/tree.json']) {
      const { code, err } = await run(['export', at('tree.json'), '--to', 'trl', '--out', at(out)]);
      expect(code).toBe(2);
      expect(err).toContain('which it would be made of, and is not overwritten');
    }
    expect(await readFile(at('tree.json'), 'utf8')).toBe(text);
    await rm(at('link.json'));
    await rm(at('hard.json'));
  });

  it.each(['mm-prm', 'visualprm', 'trl', 'qwen'])('writes %s with one JSON object per line, and reports what was left out', async (to) => {
    const { code, out, err } = await run(['export', at('tree.json'), '--to', to, '--out', at(`${to}.jsonl`)]);
    expect([code, out]).toEqual([0, '']);
    const lines = (await readFile(at(`${to}.jsonl`), 'utf8')).trimEnd().split('\n');
    for (const line of lines) expect(JSON.parse(line)).toBeTypeOf('object');
    expect(err).toMatch(new RegExp(`: ${lines.length} samples of 3 paths, \\d with an error -> .*${to}\\.jsonl\n`));
    if (to === 'mm-prm') expect(err).toContain('1 left out (too-short): its text is too short');
  });

  it('writes to standard output in a form that StepLens reads back', async () => {
    const { out } = await run(['export', at('tree.json'), '--to', 'mm-prm', '--out', '-']);
    expect(readDocument(out, 'jsonl')).toMatchObject({ format: 'mmPrmAnnotation', faults: [] });
    expect((await run(['export', at('tree.json'), '--to', 'mm-prm', '--out', '-'])).out).toBe(out);
  });

  it('writes a dataset card beside its output, with sources, rules, left-out samples, overlap and costs', async () => {
    await writeFile(at('again.json'), JSON.stringify(tree));
    const { err } = await run(['export', at('tree.json'), at('again.json'), '--to', 'mm-prm', '--out', at('carded.jsonl')]);
    expect(err).toContain(`Dataset card -> ${at('carded.card.md')}`);
    const card = await readFile(at('carded.card.md'), 'utf8');
    expect(card).toContain(`| ${at('again.json')} | 1 | 1 |`);
    expect(card).toContain('2 records with 1 different questions. Questions that several files have: 1.');
    expect(card).toContain('- A value at or below 0 is an error.');
    expect(card).toMatch(/\| too-short \| 2 \| its text is too short \|/);
    expect(card).toMatch(/Duplicates left out: [1-9]/);
    expect(card).toContain('Unknown: the sources are not in the folder of a run');
    await rm(at('again.json'));
  });

  it('writes one row in the card for a folder of 12 files', async () => {
    const many = at('many');
    await mkdir(many);
    for (let i = 0; i < 12; i++) await writeFile(join(many, `${i}.json`), JSON.stringify({ ...tree, question: `Question ${i}?` }));
    await run(['export', many, at('tree.json'), '--to', 'mm-prm', '--out', at('manyCarded.jsonl')]);
    const card = await readFile(at('manyCarded.card.md'), 'utf8');
    expect(card).toContain(`| ${many}/ (12 files) | 12 | 0 |`);
    expect(card).toContain(`| ${at('tree.json')} | 1 | 0 |`);
    await rm(many, { recursive: true });
  });

  it('leaves out questions of an evaluation, and problems outside --difficulty or --select', async () => {
    await writeFile(at('evaluation.json'), JSON.stringify(tree));
    const held = await run(['export', at('tree.json'), '--to', 'trl', '--out', '-', '--held-out', at('evaluation.json')]);
    expect([held.code, held.out]).toEqual([0, '']);
    expect(held.err).toContain('3 left out (held-out)');
    await rm(at('evaluation.json'));
    expect((await run(['export', at('tree.json'), '--to', 'trl', '--out', '-', '--difficulty', '0.6-1'])).err).toContain(
      '3 left out (too-hard)',
    );
    expect((await run(['export', at('tree.json'), '--to', 'trl', '--out', '-', '--select', 'consensus'])).err).toContain('(not-judged)');
    expect((await run(['export', at('tree.json'), '--to', 'trl', '--out', '-', '--held-out', at('none.json')])).code).toBe(2);
  });

  it('explains every node with --explain', async () => {
    const { code, out } = await run(['export', at('tree.json'), '--to', 'mm-prm', '--explain', '--json']);
    expect(code).toBe(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toEqual({ file: at('tree.json'), problem: 0, node: 2, included: true, why: 'In the set, as a sample with an error.' });
    expect(lines[3]).toMatchObject({ node: 4, included: false, exclusion: 'too-short' });
    const text = (await run(['export', at('tree.json'), '--to', 'mm-prm', '--explain'])).out;
    expect(text).toContain('  + node 2: bad\n      In the set, as a sample with an error.\n');
  });

  it('exports the readable part of a broken file, and exits with 2', async () => {
    const { code, out, err } = await run(['export', at('broken.json'), at('none.json'), '--to', 'trl', '--out', '-']);
    expect(code).toBe(2);
    expect(err).toContain('[truncated-json]');
    expect(err).toContain('none.json: there is no such file');
    expect(out).toContain('"prompt":"How many?"');
  });

  it('reports that the output file cannot be written', async () => {
    const { code, err } = await run(['export', at('tree.json'), '--to', 'trl', '--out', at('no/such/folder.jsonl')]);
    expect(code).toBe(2);
    expect(err).toContain('it cannot be written');
  });

  const complete = ['none.json', '--to', 'trl', '--out', 'OUT'];
  it.each([
    [[]],
    [['none.json']],
    [['none.json', '--to', 'csv', '--out', 'OUT']],
    [['none.json', '--to', 'trl']],
    [[...complete, '--explain']],
    [[...complete, '--json']],
    [[...complete, '--difficulty', '0.9']],
    [[...complete, '--difficulty', '0.9-0.1']],
    [[...complete, '--select', 'best']],
    [[...complete, '--select', 'consensus:1']],
    [[...complete, '--select', 'balanced-information:2']],
  ])('refuses %j before it reads or writes a file', async (words) => {
    const out = at('refused.jsonl');
    const { code, err } = await run(['export', ...words.map((word) => (word === 'OUT' ? out : word))]);
    expect(code).toBe(2);
    expect(err).not.toContain('there is no such file');
    expect(existsSync(out)).toBe(false);
  });
});
