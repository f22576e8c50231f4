import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PanelWire } from '../../../extension/panels/panelWire.js';
import { createRandom } from '../../../server/reasoning/random.js';
import { evaluationProtocol } from '../../../webview/evaluation/protocol.js';
import { reviewProtocol } from '../../../webview/review/protocol.js';
import { connectHost } from '../../../webview/shared/rpc.js';
import { treeProtocol } from '../../../webview/tree/protocol.js';
import { done, seed } from '../figures.js';
import { randomJson } from '../randomMessages.js';

const protocols = { tree: treeProtocol, evaluation: evaluationProtocol, review: reviewProtocol };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-wires-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe(`random messages, seed ${seed}`, () => {
  it('sent to the panel hosts, 1,500 in all, get one answer per call, and no handler gets invalid arguments', async () => {
    const program = join(folder, 'panelWire.mjs');
    await build({
      entryPoints: ['extension/panels/panelWire.ts'],
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
      // The wire itself asks nothing of the editor.
      plugins: [
        {
          name: 'no-editor',
          setup(plugin) {
            plugin.onResolve({ filter: /^vscode$/ }, () => ({ path: 'vscode', namespace: 'none' }));
            plugin.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'export const window = undefined;' }));
          },
        },
      ],
    });
    const { PanelWire: Wire } = (await import(pathToFileURL(program).href)) as { PanelWire: typeof PanelWire };
    for (const [name, protocol] of Object.entries(protocols)) {
      const random = createRandom(seed, name);
      const posted: { kind: string; id?: number }[] = [];
      let receive: (frame: unknown) => void = () => undefined;
      const webview = {
        onDidReceiveMessage: (listener: typeof receive) => {
          receive = listener;
          return { dispose: () => undefined };
        },
        postMessage: (frame: { kind: string; id?: number }) => {
          posted.push(frame);
          return Promise.resolve(true);
        },
      };
      const wrong: string[] = [];
      const requests = protocol.requests as Readonly<Record<string, { readonly params: { check(value: unknown): unknown } }>>;
      const handlers = Object.fromEntries(
        Object.entries(requests).map(([method, { params }]) => [
          method,
          (args: unknown) => {
            if (params.check(args) !== undefined) wrong.push(method);
            return Promise.resolve(null);
          },
        ]),
      );
      const log = { warn: () => undefined };
      const wire = new (Wire as unknown as new (...args: unknown[]) => PanelWire<never, never>)(webview, protocol, handlers, log);
      const names = [...Object.keys(requests), 'toString', '__proto__', 'constructor', 'no such call'];
      let calls = 0;
      for (let i = 0; i < 500; i++) {
        const frame = { kind: 'call', id: i, name: names[Math.floor(random() * names.length)], args: randomJson(random, names) };
        if (random() < 0.7) {
          calls++;
          receive(frame);
        } else
          receive(random() < 0.5 ? { kind: 'cancel', id: Math.floor(random() * 500) } : randomJson(random, ['call', 'cancel', ...names]));
      }
      await expect.poll(() => posted.length).toBeGreaterThanOrEqual(calls);
      const ids = posted.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(wrong).toEqual([]);
      wire.dispose();
    }
    done('messages', 1500, seed);
  });

  it('sent to the panel pages, 1,500 in all, cause no exception, and no invalid event reaches a page', () => {
    for (const [name, protocol] of Object.entries(protocols)) {
      const random = createRandom(seed, `page ${name}`);
      const target = new EventTarget();
      const events = protocol.events as Readonly<Record<string, { readonly params: { check(value: unknown): unknown } }>>;
      const wrong: string[] = [];
      const thrown: unknown[] = [];
      const page = connectHost(
        { postMessage: () => undefined, getState: () => null, setState: () => undefined },
        // A browser reports a listener's errors as window events. Here they are collected.
        {
          ...target,
          addEventListener: (_: string, listener: (event: Event) => void) =>
            target.addEventListener('message', (event) => {
              try {
                listener(event);
              } catch (error) {
                thrown.push(error);
              }
            }),
          removeEventListener: () => undefined,
          dispatchEvent: () => true,
        },
        protocol as typeof treeProtocol,
      );
      const names = [...Object.keys(events), 'toString', '__proto__'];
      for (const event of Object.keys(events))
        page.on(event as 'viewChanged', (data: unknown) => {
          if (events[event]!.params.check(data) !== undefined) wrong.push(event);
        });
      for (let i = 0; i < 500; i++) {
        const kind = random() < 0.5 ? 'event' : 'answer';
        const frame = {
          kind,
          id: i,
          name: names[Math.floor(random() * names.length)],
          data: randomJson(random, names),
          answer: randomJson(random, names),
        };
        target.dispatchEvent(
          new MessageEvent('message', { data: random() < 0.7 ? frame : randomJson(random, ['event', 'answer', ...names]) }),
        );
      }
      expect(thrown).toEqual([]);
      expect(wrong).toEqual([]);
    }
    done('messages', 1500, seed);
  });
});
