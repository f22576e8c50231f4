import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './runner.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-model-'));
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

describe('steplens export-model', () => {
  it('wants one model, one name, a known family and a known precision', async () => {
    const cases: [args: string[], message: string][] = [
      [['--out', at('a')], 'export-model needs one model folder'],
      [['model'], 'export-model needs --out FOLDER'],
      [['model', '--out', at('a'), '--family', 'mm'], '--family is one of qwen2.5-math-prm, '],
      [['model', '--out', at('a'), '--precision', 'int8'], '--precision is float32 or float16, not "int8"'],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await run(['export-model', ...args]);
      expect(err).toContain(message);
      expect(code).toBe(2);
    }
  });

  it('never writes over a folder', async () => {
    await writeFile(at('there'), '');
    expect(await run(['export-model', 'model', '--out', at('there')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('exists; name another folder with --out, or remove it') as string,
    });
  });

  it('says what to install where there is no Python, and leaves nothing', async () => {
    const { code, err } = await run(['export-model', 'model', '--out', at('out'), '--python', at('no-python')]);
    expect(err).toBe(`steplens: there is no Python at "${at('no-python')}". Install Python 3.10 or newer, or name it with --python\n`);
    expect(code).toBe(2);
    expect(await readdir(folder)).not.toContain('out');
    expect((await readdir(folder)).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('passes on what the program says that cannot run the script', async () => {
    // Node takes Python's place: it cannot read the script either, and says so.
    const { code, err } = await run(['export-model', 'model', '--out', at('out'), '--python', process.execPath]);
    expect(err).toMatch(/^steplens: model was not exported: /);
    expect(code).toBe(2);
  });
});
