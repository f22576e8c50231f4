import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Collected } from '../../server/files/containers/container.js';
import { InputError, inputFiles, readInputs } from '../../server/files/inputFiles.js';
import { zip, zstandard } from './containerFiles.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-containers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const rows = [0, 1].map((n) =>
  JSON.stringify({ id: `gsm8k-${n}`, generator: 'm', problem: `What is ${n} + 1?`, steps: ['Add.', `${n + 1}.`], label: n - 1 }),
);
const text = `${rows.join('\n')}\n`;

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function readAll(path: string) {
  const found = [];
  for await (const input of readInputs(path)) found.push(input);
  return found;
}

describe('the reader of compressed and container files', () => {
  it.each([
    ['rows.jsonl.gz', () => gzipSync(text)],
    ['rows.jsonl.zst', () => zstandard(Buffer.from(text))],
    ['rows.gz', () => gzipSync(Buffer.from(text, 'utf16le'))],
  ])('reads %s by its content', async (name, bytes) => {
    const path = await write(name, bytes());
    const [input] = await readAll(path);
    expect(input!.file).toBe(path);
    expect(input!.reasoning.problems.map((problem) => problem.id)).toEqual(['gsm8k-0', 'gsm8k-1']);
    expect(input!.lines.position(input!.reasoning.problems[1]!.span.start)).toEqual({ line: 1, character: 0 });
  });

  it('reads every text in a zip file that a format claims', async () => {
    const path = await write(
      'annotations.zip',
      zip({ 'a/rows.jsonl': text, 'README.md': '# About\n', 'b.jsonl': `${rows[0]}\n`, 'picture.png': 'x' }),
    );
    const inputs = await readAll(path);
    expect(inputs.map(({ file }) => file)).toEqual([`${path}/a/rows.jsonl`, `${path}/b.jsonl`]);
    expect(inputs.map(({ reasoning }) => reasoning.problems.length)).toEqual([2, 1]);
  });

  it('reports why it reads nothing from a zip file', async () => {
    await expect(readAll(await write('other.zip', zip({ 'a.json': '{"name": 1, "version": 2}' })))).rejects.toThrow(
      /a\.json: no format .* keys "name", "version"/,
    );
    await expect(readAll(await write('none.zip', zip({ 'a.png': 'x' })))).rejects.toThrow('no JSON, Markdown or plain text');
  });

  it('reads the rows of a Parquet file, with images', async () => {
    const [input] = await readAll('test/fixtures/files/rows.parquet');
    const { problems, format } = input!.reasoning;
    expect(format).toBe('processBench');
    expect(problems.map((problem) => problem.steps.map((step) => step.text))).toEqual([
      ['Add.', '1.'],
      ['Add.', '2.'],
    ]);
    expect(problems.map((problem) => problem.steps.map((step) => step.values.human))).toEqual([
      [1, 1],
      [-1, undefined],
    ]);
    expect(problems[0]!.images[0]).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
  });

  it.each([
    ['cut.gz', () => gzipSync(text).subarray(0, 60), 'gzip'],
    ['cut.zst', () => zstandard(Buffer.from(text)).subarray(0, 60), 'Zstandard'],
    ['cut.zip', () => zip({ 'a.jsonl': text }).subarray(0, 100), 'zip'],
    ['lies.zip', () => zip({ 'a.jsonl': text }, 5), 'zip'],
    ['cut.parquet', async () => (await readFile('test/fixtures/files/rows.parquet')).subarray(0, 300), 'Parquet'],
  ])('reports %s as damaged', async (name, bytes, title) => {
    await expect(readAll(await write(name, await bytes()))).rejects.toThrow(new RegExp(`this ${title} file is damaged|${title}.*damaged`));
  });

  it('stops when the unpacked content exceeds its limit', () => {
    const collected = new Collected(1024);
    collected.add(new Uint8Array(1000));
    expect(() => collected.add(new Uint8Array(1000))).toThrow(InputError);
  });
});

describe('files that no format recognizes', () => {
  it('are reported with their keys and with what StepLens looks for', async () => {
    const path = await write('other.jsonl', Buffer.from('{"event": "start", "time": 1}\n{"event": "end", "time": 2}\n'));
    await expect(readAll(path)).rejects.toThrow(
      /first record has the keys "event", "time"; StepLens looks for .*"question".*steplens\.json/,
    );
    await expect(readAll(await write('note.md', Buffer.from('# About\n\nA note.\n')))).rejects.toThrow(/"Question:", "Step 1:"/);
  });
});

describe('steplens.json', () => {
  const record = { ask: { text: 'Q?' }, moves: [{ thought: 'a', content: 'b' }, { content: 'c' }], first_bad: 1, gold: 7 };

  it('maps the records of the files it names, and is not an input file itself', async () => {
    const path = await write('mapped.jsonl', Buffer.from(`${JSON.stringify(record)}\n`));
    await write(
      'steplens.json',
      Buffer.from(
        JSON.stringify({
          mappings: [
            { files: 'map*.jsonl', question: 'ask.text', steps: 'moves', labels: 'first_bad', labelKind: 'firstError0', answer: 'gold' },
          ],
        }),
      ),
    );
    const [input] = await readAll(path);
    expect(input!.reasoning).toMatchObject({ format: 'mapped', faults: [] });
    expect(input!.reasoning.problems[0]).toMatchObject({ question: 'Q?', answer: '7' });
    expect(input!.reasoning.problems[0]!.steps.map((step) => [step.text, step.values.human])).toEqual([
      ['b', 1],
      ['c', -1],
    ]);
    const found = [];
    for await (const file of inputFiles([folder])) found.push(file);
    expect(found).toContain(path);
    expect(found).not.toContain(join(folder, 'steplens.json'));
  });

  it.each([
    ['{"mappings": [{"question": "q"}]}', /neither "steps", "solutions" nor "answer"/],
    ['{"mappings": [{"steps": 3}]}', /"steps" is 3, a number/],
    ['{"mappings": [{"steps": "s", "labelKind": "odd"}]}', /"labelKind" is "odd"; write one of human/],
    ['{}', /no list "mappings"/],
  ])('is reported as invalid when it contains %s', async (mapping, message) => {
    await write('steplens.json', Buffer.from(mapping));
    await expect(readAll(await write('mapped.jsonl', Buffer.from(JSON.stringify(record))))).rejects.toThrow(message);
    await rm(join(folder, 'steplens.json'));
  });
});
