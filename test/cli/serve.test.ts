import { describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { FakeScorer } from '../editor/fakeScorer.js';
import { run } from './runner.js';

/** Runs `steplens serve`, calls `use` with its URL, and stops the server afterwards. */
async function serve(args: readonly string[], use: (url: string) => Promise<void>, env: NodeJS.ProcessEnv = {}) {
  const interrupt = new AbortController();
  let told: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => (told = resolve));
  const out = { write: (text: unknown) => told(/http:\/\/[\w.:]+/.exec(JSON.stringify(text))![0]) };
  const running = run(['serve', '--port', '0', ...args], { out, signal: interrupt.signal, env });
  await use(await url);
  interrupt.abort();
  return running;
}

describe('steplens serve', () => {
  it('answers requests until it is interrupted, and then releases the model and the port', async () => {
    let url = '';
    const { code, created, scorer } = await serve(['--model', '/m', '--device', 'cpu', '--threads', '3'], async (at) => {
      url = at;
      const response = await fetch(`${url}/reward`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompts: ['Q'], completions: ['Step 1: right.\nStep 2: wrong.'] }),
      });
      expect(await response.json()).toMatchObject({ rewards: [0.1] });
    });
    expect(code).toBe(0);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(created[0]).toEqual([expect.objectContaining({ modelPath: '/m', device: 'cpu', threads: 3 }), '/cache', []]);
    expect(scorer.isDisposed).toBe(true);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it('refuses a public address without a key, and requires the key in requests with one', async () => {
    const open = await run(['serve', '--host', '0.0.0.0']);
    expect([open.code, open.err]).toEqual([2, expect.stringContaining('set STEPLENS_SERVE_KEY to a key that requests must send')]);
    const { code } = await serve(
      ['--host', '0.0.0.0'],
      async (url) => {
        const { port } = new URL(url);
        expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(401);
        expect((await fetch(`http://127.0.0.1:${port}/health`, { headers: { authorization: 'Bearer k' } })).status).toBe(200);
      },
      { STEPLENS_SERVE_KEY: 'k' },
    );
    expect(code).toBe(0);
  });

  it('reports a model, port or option that cannot be used', async () => {
    const failed = await run(['serve'], {}, new FakeScorer(new ModelError('/m/prm.json cannot be read.')));
    expect([failed.code, failed.err]).toEqual([2, 'steplens: /m/prm.json cannot be read.\n']);
    await serve([], async (url) => {
      const { port } = new URL(url);
      const second = await run(['serve', '--port', port]);
      expect([second.code, second.err]).toEqual([2, expect.stringContaining(`127.0.0.1:${port} cannot be listened on: `)]);
      expect(second.scorer.isDisposed).toBe(true);
    });
    for (const [args, message] of [
      [['--port', 'x'], '--port is a number from 0 to 65535, not "x"'],
      [['--port', '65536'], '--port is a number from 0 to 65535'],
      [['--host', 'a b'], '--host is a name or an address, not "a b"'],
      [['file.json'], 'serve takes options only'],
      [['--device', 'tpu'], '--device is one of'],
    ] as const)
      expect((await run(['serve', ...args])).err).toContain(message);
  });
});
