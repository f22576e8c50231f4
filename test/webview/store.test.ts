import { describe, expect, it } from 'vitest';
import { connectHost, type VsCodeApi } from '../../webview/shared/rpc.js';
import { packFrame } from '../../webview/shared/wire.js';
import { buildTreeModel } from '../../webview/tree/model/treeModel.js';
import { readPersistedState, treeProtocol } from '../../webview/tree/protocol.js';
import { INITIAL_STATE } from '../../webview/tree/state.js';
import { persisted, receiveModel, showNode, unfoldTo } from '../../webview/tree/store.js';
import { makeView } from './trees.js';

const model = buildTreeModel(makeView({ nodes: 60 }));
const inner = model.nodes.filter((node) => node.children.length > 0 && node.id > 0).map((node) => node.id);

describe('the saved state of the panel', () => {
  const state = {
    ...receiveModel(INITIAL_STATE, model, [], null),
    selected: 5,
    collapsed: new Set([inner[2]!]),
    zoom: { k: 0.5, stretch: 0.8, x: 1, y: 2 },
    isMoved: true,
    details: 'statistics' as const,
    split: 0.4,
  };

  it('is restored unchanged through JSON', () => {
    const saved = readPersistedState(JSON.parse(JSON.stringify(persisted(state))));
    const restored = receiveModel(INITIAL_STATE, model, [], saved);
    for (const key of ['selected', 'collapsed', 'zoom', 'details', 'split'] as const) expect(restored[key]).toEqual(state[key]);
  });

  it('is dropped for another file or problem, or if it is invalid', () => {
    const saved = persisted(state)!;
    expect(receiveModel(INITIAL_STATE, model, [], { ...saved, uri: 'file:///other' }).zoom).toBeNull();
    expect(receiveModel(INITIAL_STATE, model, [], { ...saved, problem: 9 }).selected).toBeNull();
    expect(receiveModel(INITIAL_STATE, model, [], { ...saved, selected: 10_000, collapsed: [10_000] })).toMatchObject({
      selected: null,
      collapsed: new Set(),
    });
    const unsound: unknown[] = [
      null,
      3,
      {},
      { ...saved, version: 1 },
      { ...saved, zoom: { k: 0, stretch: 1, x: 0, y: 0 } },
      { ...saved, zoom: { k: 1, x: 0, y: 0 } },
      { ...saved, root: -1 },
      { ...saved, shown: 'x' },
      { ...saved, zoom: undefined },
      { ...saved, collapsed: ['1'] },
      { ...saved, selected: -1 },
      { ...saved, details: 'x' },
      { ...saved, split: 2 },
    ];
    for (const value of unsound) expect(readPersistedState(value)).toBeNull();
  });

  it('does not exist before there is a tree', () => {
    expect(persisted(INITIAL_STATE)).toBeNull();
  });
});

describe('receiveModel', () => {
  it('keeps selection, folds and zoom when only values changed', () => {
    const before = {
      ...receiveModel(INITIAL_STATE, model, [], null),
      selected: 7,
      selectedStep: 3,
      collapsed: new Set([inner[1]!]),
      zoom: { k: 0.5, stretch: 0.8, x: 1, y: 2 },
      isMoved: true,
    };
    const after = receiveModel(
      before,
      buildTreeModel({ ...model.view, version: 2, nodes: model.nodes.map((node) => ({ ...node, value: 0.1 })) }),
      [],
      null,
    );
    expect(after).toMatchObject({ selected: 7, selectedStep: 3, collapsed: before.collapsed, zoom: before.zoom });
  });

  it('resets selection, folds and zoom for another problem', () => {
    const before = {
      ...receiveModel(INITIAL_STATE, model, [], null),
      selected: 7,
      collapsed: new Set([inner[1]!]),
      zoom: { k: 0.5, stretch: 0.8, x: 1, y: 2 },
      isMoved: true,
    };
    expect(receiveModel(before, buildTreeModel({ ...model.view, problem: 1 }), [], null)).toMatchObject({
      selected: null,
      collapsed: new Set(),
      zoom: null,
    });
  });

  it('repeats the search in a new tree', () => {
    const before = { ...INITIAL_STATE, query: 'notebooks' };
    expect(receiveModel(before, model, [], null).matches.length).toBeGreaterThan(0);
  });
});

describe('showing a node', () => {
  it('leaves a subtree that the node is not in, and opens its stack', () => {
    const [first, second] = model.nodes[0]!.children;
    const state = { ...receiveModel(INITIAL_STATE, model, [], null), root: first! };
    expect(showNode(state, second!).root).toBeNull();
    expect(showNode(state, model.nodes[first!]!.children[0]!)).not.toHaveProperty('root');
    const display = {
      stacks: new Map([[first!, { kind: 'more' as const, members: [first!, second!] }]]),
      opened: new Map(),
      hidden: new Set([second!]),
    };
    expect(showNode({ ...state, root: null, display }, second!).openStacks).toEqual(new Set([first]));
  });

  it('unfolds its ancestors and no other nodes', () => {
    const deep = model.nodes.reduce((deepest, node) => (node.depth > deepest.depth ? node : deepest));
    const open = unfoldTo(model, new Set(inner), deep.id);
    for (let at = deep.parent; at !== null; at = model.nodes[at]!.parent) expect(open.has(at)).toBe(false);
    expect(open.size).toBeGreaterThan(0);
    expect(unfoldTo(model, open, deep.id)).toBe(open);
  });
});

describe('connectHost', () => {
  function wire() {
    const sent: unknown[] = [];
    const target = new EventTarget();
    const api: VsCodeApi = { postMessage: (frame) => sent.push(frame), getState: () => null, setState: () => undefined };
    const reply = (data: unknown) => target.dispatchEvent(Object.assign(new Event('message'), { data }));
    return { host: connectHost(api, target, treeProtocol), sent, reply };
  }

  it('pairs answers with calls, in any order', async () => {
    const { host, reply } = wire();
    const first = host.call('select', { problem: 1 });
    const second = host.call('score', {});
    reply({ kind: 'answer', id: 2, answer: { ok: null } });
    reply({ kind: 'answer', id: 1, answer: { ok: { view: null, images: [] } } });
    expect(await second).toBeNull();
    expect(await first).toEqual({ view: null, images: [] });
  });

  it('rejects with the message of the host, on an invalid answer, on cancel and on close', async () => {
    const { host, sent, reply } = wire();
    const failing = host.call('score', {});
    reply({ kind: 'answer', id: 1, answer: { err: { code: 'failed', message: 'The model is gone.' } } });
    await expect(failing).rejects.toThrow('The model is gone.');
    const wrong = host.call('select', { problem: 1 });
    reply({ kind: 'answer', id: 2, answer: { ok: { view: 3 } } });
    await expect(wrong).rejects.toThrow('The answer to select is not valid: view is not a text or null.');
    const abort = new AbortController();
    const cancelled = host.call('score', {}, abort.signal);
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent.at(-1)).toEqual({ kind: 'cancel', id: 3 });
    const pending = host.call('score', {});
    host.dispose();
    await expect(pending).rejects.toThrow('closed');
  });

  it('reads a large answer from packed bytes, and a small one unpacked', async () => {
    const { host, reply } = wire();
    const large = { view: null, images: ['∠'.repeat(300_000)] };
    const first = host.call('select', { problem: 1 });
    const packed = packFrame({ kind: 'answer', id: 1, answer: { ok: large } });
    expect(packed.kind).toBe('packed');
    reply(packed);
    expect(await first).toEqual(large);
    const small = { kind: 'answer', id: 2, answer: { ok: null } } as const;
    expect(packFrame(small)).toBe(small);
  });

  it('passes valid events on and ignores everything else', () => {
    const { host, reply } = wire();
    const seen: unknown[] = [];
    host.on('viewFailed', (data) => seen.push(data));
    reply({ kind: 'event', name: 'viewFailed', data: { message: 'x' } });
    reply({ kind: 'event', name: 'viewFailed', data: { message: 7 } });
    reply({ kind: 'event', name: 'unknown', data: 1 });
    reply({ kind: 'answer', id: 99, answer: { ok: 1 } });
    expect(seen).toEqual([{ message: 'x' }]);
  });
});
