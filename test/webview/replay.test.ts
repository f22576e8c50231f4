import { describe, expect, it, vi } from 'vitest';
import { keyIntent } from '../../webview/tree/interact/keyboard.js';
import { createPlayer, EVENT_MS } from '../../webview/tree/interact/player.js';
import { layoutTree, withPresent } from '../../webview/tree/layout/tidy.js';
import { frameWords, viewAt } from '../../webview/tree/model/replay.js';
import { buildTreeModel, presentNodes } from '../../webview/tree/model/treeModel.js';
import { INITIAL_STATE, type PanelState } from '../../webview/tree/state.js';
import { modelAt, moveReplay, receiveReplay } from '../../webview/tree/store.js';
import { makeReplay } from './replays.js';
import { makeView } from './trees.js';

const view = makeView({ nodes: 60 });
const replay = makeReplay(view);
const last = replay.frames.length;
const at = (count: number): PanelState => {
  const before: PanelState = { ...INITIAL_STATE, model: buildTreeModel(view), replay, selected: 59 };
  return { ...before, ...moveReplay(before, count) };
};

describe('a moment of a replay', () => {
  it('is the tree of the file at the end of the replay', () => {
    const end = buildTreeModel(viewAt(view, replay, last), 'labels', view);
    const whole = buildTreeModel(view);
    expect(end.nodes.map(({ value, children, rollouts, mc }) => ({ value, children, rollouts, mc }))).toEqual(
      whole.nodes.map(({ value, children, rollouts, mc }) => ({ value, children, rollouts, mc })),
    );
    expect([...end.order]).toEqual([...whole.order]);
    expect(end.low).toEqual(whole.low);
    expect(at(last).model!.view).toBe(view);
  });

  it('has only the problem, without a value, at the start', () => {
    const { model } = at(1);
    expect(presentNodes(model!).map(({ id, value, children }) => ({ id, value, children }))).toEqual([
      { id: 0, value: null, children: [] },
    ]);
    expect(model!.low).toEqual([]);
  });

  it('has at least the nodes of the moment before, with the same ids', () => {
    let before = 0;
    for (let count = 1; count <= last; count += 7) {
      const model = modelAt(view, replay, count, 'labels');
      const there = presentNodes(model).map(({ id }) => id);
      expect(there).toEqual(there.map((_, id) => id));
      expect(there.length).toBeGreaterThanOrEqual(before);
      before = there.length;
    }
    expect(before).toBeGreaterThan(50);
  });

  it('has no value and no rollout of a later event', () => {
    const born = replay.frames.findIndex(({ event, node }) => event.kind === 'node' && node === 3);
    const [unsampled, sampled, valued] = [1, 2, 3].map((more) => modelAt(view, replay, born + more, 'labels').nodes[3]!);
    expect([unsampled!.value, unsampled!.rollouts.length, unsampled!.steps[0]!.values.mc]).toEqual([null, 0, undefined]);
    expect(sampled!.rollouts).toEqual(view.nodes[3]!.rollouts);
    expect([sampled!.value, valued!.value]).toEqual([null, view.nodes[3]!.value]);
  });

  it('keeps every node where it is in the whole tree', () => {
    const whole = layoutTree(view.nodes, { collapsed: new Set() });
    const { model } = at(40);
    const moment = withPresent(whole, view.nodes, (id) => model!.rank[id]! >= 0);
    expect(moment.extent).toEqual(whole.extent);
    moment.row.forEach((row, id) => expect(row).toBe(model!.rank[id]! >= 0 ? whole.row[id] : NaN));
    expect(moment.count).toBe(model!.order.length);
  });
});

describe('moving through a replay', () => {
  it('selects the nearest ancestor that exists, and gives the node of the event', () => {
    const state = at(40);
    expect(state.event).toBe(replay.frames[39]!.node);
    expect(state.model!.rank[state.selected!]).toBeGreaterThanOrEqual(0);
    let parent = 59;
    while (state.model!.rank[parent]! < 0) parent = view.nodes[parent]!.parent!;
    expect(state.selected).toBe(parent);
  });

  it('shows a subtree alone only while its root exists', () => {
    const born = replay.frames.findIndex(({ node }) => node === 3);
    const alone = { ...at(last), root: 3 };
    expect([1, born, born + 1, last].map((count) => moveReplay(alone, count).root)).toEqual([null, null, 3, 3]);
  });

  it('stays within the recorded events, and shows the whole tree at the end', () => {
    expect(at(-3).replayAt).toBe(1);
    expect(at(last + 5).replayAt).toBeNull();
    expect(moveReplay({ ...INITIAL_STATE, model: buildTreeModel(view) }, 3)).toEqual({});
  });

  it('keeps its moment when the same view arrives again, and ends when the search has continued', () => {
    const state = { ...at(40), isPlaying: true };
    expect(receiveReplay(state, { view: { ...view, version: 2 }, images: [], replay })).toMatchObject({ replayAt: 40, isPlaying: true });
    const longer = { ...replay, frames: [...replay.frames, replay.frames[1]!] };
    expect(receiveReplay(state, { view, images: [], replay: longer })).toMatchObject({ replayAt: null, isPlaying: false, event: null });
    expect(receiveReplay(state, { view, images: [], replay: longer, labeling: { rollouts: 16 } })).toMatchObject({
      event: replay.frames[1]!.node,
    });
    expect(receiveReplay(state, { view: null, images: [] })).toEqual({
      replay: null,
      labeling: null,
      replayAt: null,
      isPlaying: false,
      event: null,
      failure: null,
      isFailureHidden: false,
    });
  });

  it('uses its keys if there is a replay, and leaves them to the tree otherwise', () => {
    const press = (key: string, state: PanelState) =>
      keyIntent({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }, state);
    const state = { ...at(last), isReplayShown: true };
    expect(press(' ', state)).toEqual({ kind: 'play' });
    expect([press('[', state), press(']', state)]).toEqual([
      { kind: 'event', direction: -1 },
      { kind: 'event', direction: 1 },
    ]);
    expect(press('m', state)).toEqual({ kind: 'moreRollouts' });
    expect(press('m', at(40))).toBeUndefined();
    expect(press('m', { ...state, labeling: { rollouts: 3 } })).toBeUndefined();
    const plain = { ...state, replay: null, selected: 0 };
    expect(press(' ', plain)).toEqual({ kind: 'fold', id: 0, isFolded: true });
    expect([press('[', plain), press('m', plain)]).toEqual([undefined, undefined]);
    const onStep = { ...plain, selected: view.nodes[0]!.children[0]! };
    expect(press('w', onStep)).toEqual({ kind: 'explainTraining' });
    // Not offered: the problem is not a path, a moment of a replay is not the file, and a growing tree has no file yet.
    for (const state of [
      plain,
      { ...at(40), selected: onStep.selected },
      { ...onStep, labeling: { rollouts: 3 } },
      { ...onStep, selected: null },
    ])
      expect(press('w', state)).toBeUndefined();
  });

  it('plays events at a fixed interval, and stops', () => {
    vi.useFakeTimers();
    try {
      const step = vi.fn();
      const player = createPlayer(globalThis, step);
      player.update(true);
      player.update(true);
      vi.advanceTimersByTime(3 * EVENT_MS);
      expect(step).toHaveBeenCalledTimes(3);
      player.update(false);
      vi.advanceTimersByTime(3 * EVENT_MS);
      expect(step).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an event is described as', () => {
  const words = (event: (typeof replay.frames)[number]['event'], node = 7) => frameWords({ event, line: 0, node }, view);
  it.each([
    [words({ kind: 'begin', method: 'mcts', policy: 'mini' }, 0), 'Tree search with the policy mini'],
    [words({ kind: 'rollouts', right: 9, wrong: 6, undecided: 0, failed: 1 }), '16 rollouts from node 7: 9 right, 6 wrong, 1 failed'],
    [words({ kind: 'rollouts', right: 0, wrong: 1, undecided: 0, failed: 0 }, 0), '1 rollout from the problem: 0 right, 1 wrong'],
    [words({ kind: 'value', correct: 9, total: 15, value: 0.6 }), 'Node 7 is worth 0.60: 9 of 15 right'],
    [
      words({ kind: 'selected', search: 3, q: 0.62, u: 0.05, pool: 14 }, 5),
      'Search 3: took a wrong rollout of node 5 (Q 0.62 + U 0.05, best of 14)',
    ],
    [words({ kind: 'move', step: 2, outcome: 'after' }), 'First error is after step 2'],
    [words({ kind: 'move', step: 3, outcome: 'before' }), 'First error is at or before step 3'],
    [words({ kind: 'node', assumed: false, steps: 2 }, 1), 'Node 1 goes 2 steps on from the problem'],
    [words({ kind: 'node', assumed: true, steps: 2 }, 1), 'A right rollout of the problem becomes node 1: its value is taken to be 1'],
    [
      words({ kind: 'end', reason: 'empty pool', rollouts: 96, failures: 0, undecided: 2 }, 0),
      'Ended with no wrong rollout left to look into: 96 rollouts, 2 undecided',
    ],
  ])('%s', (told, expected) => expect(told).toBe(expected));
});
