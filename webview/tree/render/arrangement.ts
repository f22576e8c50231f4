import { itemAt } from '../../../server/reasoning/present.js';
import { windowOf } from '../../shared/element.js';
import { blendLayouts, layoutTree, type TreeLayout, withPresent } from '../layout/tidy.js';
import { matchNodes } from '../model/matchNodes.js';
import type { TreeModel } from '../model/treeModel.js';
import type { PanelState } from '../state.js';
import { ease, isStill, MOTION_LIMIT, MOTION_MS } from './camera.js';

/** Places of the nodes, now (`drawn`) and after all motion (`layout`). */
export interface Arrangement {
  readonly layout: TreeLayout;
  /** Between two layouts while nodes move. */
  readonly drawn: TreeLayout;
  readonly isMoving: boolean;
  /** Lays the tree out again. `isOther` in the result: it is another tree, and nothing moves. */
  update(state: PanelState, before: PanelState): Change | null;
}

export interface Change {
  readonly isOther: boolean;
  /** New ids by old ids if the data changed; null if folds changed. */
  readonly match: Int32Array | null;
  readonly previous: TreeLayout;
}

export function createArrangement(document: Document, onFrame: () => void): Arrangement {
  const window = windowOf(document);
  let layout = layoutTree([], { collapsed: new Set() });
  let drawn = layout;
  let frame = 0;
  const stop = () => {
    window.cancelAnimationFrame(frame);
    frame = 0;
  };
  const animate = (from: TreeLayout, match: Int32Array | null, model: TreeModel) => {
    const to = layout;
    const start = window.performance.now();
    const tick = (now: number) => {
      const t = Math.max(0, Math.min(1, (now - start) / MOTION_MS));
      drawn = t === 1 ? to : blendLayouts(from, to, match, model.nodes, ease(t));
      frame = t < 1 ? window.requestAnimationFrame(tick) : 0;
      onFrame();
    };
    drawn = blendLayouts(from, to, match, model.nodes, 0);
    frame = window.requestAnimationFrame(tick);
  };
  return {
    get layout() {
      return layout;
    },
    get drawn() {
      return drawn;
    },
    get isMoving() {
      return frame !== 0;
    },
    update(state, before) {
      const { model, collapsed, display, root } = state;
      const isUnchanged = model === before.model && collapsed === before.collapsed && display === before.display && root === before.root;
      if (model === null || isUnchanged) return null;
      const isOther = before.model === null || !isSameTree(before.model, model) || root !== before.root;
      const previous = drawn;
      // A moment of a replay has the layout of the whole tree, so that it is easy to follow.
      const whole = layoutTree(model.whole.nodes, { collapsed, isHidden: (id) => display.hidden.has(id), ...(root !== null && { root }) });
      layout = model.whole === model.view ? whole : withPresent(whole, model.whole.nodes, (id) => itemAt(model.rank, id) >= 0);
      stop();
      const match =
        isOther || before.model === null || before.model.whole === model.whole
          ? null
          : matchNodes(before.model.whole.nodes, model.whole.nodes);
      if (isOther || layout.count > MOTION_LIMIT || isStill(document)) drawn = layout;
      else animate(previous, match, model);
      return { isOther, match, previous };
    },
  };
}

function isSameTree(a: TreeModel, b: TreeModel): boolean {
  return a.view.uri === b.view.uri && a.view.problem === b.view.problem;
}
