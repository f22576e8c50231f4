import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecordPage, recordTexts } from '../../server/files/recordPages.js';
import { zip, zstandard } from './containerFiles.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-pages-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const record = (n: number): string => JSON.stringify({ id: `r-${n}`, problem: 'What is 1 + 1?', steps: ['Add.', '2.'], label: -1 });
const lines = Array.from({ length: 2300 }, (_, n) => `${record(n)}\n`);
const all = lines.join('');

describe('pages of records', () => {
  it.each([
    ['rows.jsonl.gz', () => gzipSync(all)],
    ['rows.jsonl.zst', () => zstandard(Buffer.from(all))],
    ['rows.jsonl', () => all],
    // JSON Lines in a file with the extension of JSON.
    ['rows.json.gz', () => gzipSync(all)],
    // Without a newline at the end.
    ['rows.ndjson.gz', () => gzipSync(all.trimEnd())],
  ])('of %s contain all its lines, 1,000 per page', async (name, bytes) => {
    const path = await write(name, bytes());
    expect(await recordTexts(path)).toMatchObject({ entries: [''] });
    let text = '';
    const pages = [];
    for (let first = 0, isLast = false; !isLast; ) {
      const page = await readRecordPage(path, '', first);
      pages.push([first, page.count]);
      text += page.text;
      first += page.count!;
      isLast = page.isLast;
    }
    expect(pages).toEqual([
      [0, 1000],
      [1000, 1000],
      [2000, 300],
    ]);
    expect(text.trimEnd()).toBe(all.trimEnd());
    await expect(readRecordPage(path, '', 2300)).rejects.toThrow('it has no record 2301');
  });

  it('of a zip file contain the records of the named text', async () => {
    const path = await write('rows.zip', zip({ 'a/rows.jsonl': all, 'b.jsonl': lines[7]!, 'picture.png': 'x' }));
    expect(await recordTexts(path)).toEqual({ container: 'zip', entries: ['a/rows.jsonl', 'b.jsonl'] });
    expect(await readRecordPage(path, 'b.jsonl', 0)).toEqual({ text: lines[7], count: 1, isLast: true });
    expect((await readRecordPage(path, 'a/rows.jsonl', 1000)).text.startsWith(lines[1000]!)).toBe(true);
    await expect(readRecordPage(path, 'c.jsonl', 0)).rejects.toThrow('it has no text named c.jsonl');
    await expect(recordTexts(await write('none.zip', zip({ 'a.png': 'x' })))).rejects.toThrow('no JSON, Markdown or plain text');
  });

  it('of a Parquet file contain its rows as JSON', async () => {
    const path = 'test/fixtures/files/rows.parquet';
    const { text, count, isLast } = await readRecordPage(path, '', 0);
    expect([count, isLast]).toEqual([2, true]);
    const [first, second] = text.trim().split('\n');
    expect(JSON.parse(first!)).toMatchObject({ steps: ['Add.', '1.'] });
    expect(await readRecordPage(path, '', 1)).toEqual({ text: `${second!}\n`, count: 1, isLast: true });
  });

  it('contain fewer records when the records are large', async () => {
    const large = JSON.stringify({ problem: 'What?', steps: ['x'.repeat(3 * 2 ** 20)] });
    const path = await write('large.jsonl.gz', gzipSync(`${large}\n`.repeat(5)));
    expect(await readRecordPage(path, '', 0)).toMatchObject({ count: 2, isLast: false });
    expect(await readRecordPage(path, '', 4)).toMatchObject({ count: 1, isLast: true });
  });

  it('are refused with a reason when they cannot be shown', async () => {
    const huge = 'x'.repeat(33 * 2 ** 20);
    await expect(readRecordPage(await write('one.jsonl.gz', gzipSync(JSON.stringify({ problem: huge }))), '', 0)).rejects.toThrow(
      /record 1 is longer than 32 MiB/,
    );
    await expect(readRecordPage(await write('whole.json.gz', gzipSync(`[\n"${huge}"]`)), '', 0)).rejects.toThrow(
      /one JSON value or text of more than 32 MiB.*JSON Lines/,
    );
    await expect(readRecordPage(await write('cut.jsonl.gz', gzipSync(all).subarray(0, 60)), '', 0)).rejects.toThrow('gzip file is damaged');
    await expect(recordTexts(join(folder, 'missing.gz'))).rejects.toThrow('there is no such file');
  });

  it('contain the whole text of a file that is in UTF-16 or is not JSON Lines', async () => {
    const utf16 = await write('utf16.jsonl.gz', gzipSync(Buffer.from(all, 'utf16le')));
    expect(await readRecordPage(utf16, '', 0)).toEqual({ text: all, count: undefined, isLast: true });
    const array = `[\n${record(0)},\n${record(1)}\n]\n`;
    expect(await readRecordPage(await write('array.json.gz', gzipSync(array)), '', 0)).toEqual({
      text: array,
      count: undefined,
      isLast: true,
    });
  });
});
