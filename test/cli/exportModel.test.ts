import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  it('requires one model, one name, a known family and a known precision', async () => {
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

  it('refuses an output path that exists', async () => {
    await writeFile(at('there'), '');
    expect(await run(['export-model', 'model', '--out', at('there')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('exists; name another folder with --out, or remove it') as string,
    });
  });

  it('reports what to install when there is no Python, and leaves no files', async () => {
    const { code, err } = await run(['export-model', 'model', '--out', at('out'), '--python', at('no-python')]);
    expect(err).toBe(`steplens: there is no Python at "${at('no-python')}". Install Python 3.10 or newer, or name it with --python\n`);
    expect(code).toBe(2);
    expect(await readdir(folder)).not.toContain('out');
    expect((await readdir(folder)).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('runs the code of a model\u2019s authors only from the folder that --code names', async () => {
    // A replacement for Python that prints its arguments.
    const python = at('python.mjs');
    await writeFile(
      python,
      `#!${process.execPath}\nprocess.stderr.write(JSON.stringify(process.argv.slice(3)) + '\\n'); process.exit(1);\n`,
    );
    await chmod(python, 0o755);
    const asked = async (...more: string[]) => {
      const { err } = await run(['export-model', 'model', '--out', at('out'), '--python', python, ...more]);
      return JSON.parse(/\[.*\]/.exec(err)![0]) as string[];
    };
    // Windows ignores the shebang line.
    if (process.platform !== 'win32') {
      expect((await asked()).slice(2)).not.toContain('--code');
      const named = await asked('--code', 'checkout');
      expect(named[named.indexOf('--code') + 1]).toBe('checkout');
    }
    for (const name of await readdir('scripts/export')) {
      if (!name.endsWith('.py')) continue;
      const script = await readFile(join('scripts/export', name), 'utf8');
      expect(script, name).not.toMatch(/trust_remote_code\s*=\s*True|import pickle|weights_only\s*=\s*False/);
      for (const [call] of script.matchAll(/torch\.load\([^)]*\)/g)) expect(call, name).toContain('weights_only=True');
    }
  });

  it('reports the failure of a program that cannot run the script', async () => {
    // Node replaces Python: it cannot read the script, and reports that.
    const { code, err } = await run(['export-model', 'model', '--out', at('out'), '--python', process.execPath]);
    expect(err).toMatch(/^steplens: model was not exported: /);
    expect(code).toBe(2);
  });
});
