import { interpolateNumber } from 'd3-interpolate';
import { itemAt, lastItem } from '../../../server/reasoning/present.js';
import { windowOf } from '../../shared/element.js';
import { attachZoom } from '../interact/zoomGesture.js';
import { type Block, openBlock, ownHeight } from '../layout/scene.js';
import type { TreeLayout } from '../layout/tidy.js';
import {
  centerView,
  fitView,
  landingView,
  MAX_ZOOM,
  READING_ZOOM,
  revealNode,
  rowPx,
  type Size,
  screenPoint,
  stretchAround,
  type View,
  WORDS_ROW,
  zoomAround,
} from '../layout/zoomScale.js';
import { landingNode, type TreeModel } from '../model/treeModel.js';
import type { PanelStore } from '../state.js';

/** Trees above this size change without motion. */
export const MOTION_LIMIT = 500;
export const MOTION_MS = 180;

export interface CameraWorld {
  readonly host: HTMLElement;
  readonly store: PanelStore;
  /** The layout after all motion. */
  readonly layout: () => TreeLayout;
  readonly size: () => Size;
}

/** The view of the tree. Follows the panel's size until the user moves it, moves smoothly, brings nodes into view. */
export interface Camera {
  readonly isMoving: boolean;
  /** Sets the first view: of the selection, else of the first low step, with its siblings. */
  readonly land: () => void;
  /** Makes the smallest change that a new size or layout needs. */
  readonly refresh: () => void;
  /** Handles a new size of the panel: a tree that was shown whole stays whole. */
  readonly resize: () => void;
  readonly fit: () => void;
  readonly zoomBy: (factor: number) => void;
  readonly widenBy: (factor: number) => void;
  /** Brings a node into view at a zoom at which it can be read. */
  readonly center: (id: number) => void;
  readonly bringIntoSight: (id: number) => void;
  readonly open: (block: Block) => void;
  /** Moves to a view the user asked for. */
  readonly moveTo: (view: View) => void;
  /** Moves the view by a number of rows without animation, because the layout moved. */
  readonly shift: (rows: number) => void;
}

export function isStill(document: Document): boolean {
  const isAsked = document.defaultView?.matchMedia('(prefers-reduced-motion: reduce)').matches === true;
  return isAsked || document.body.classList.contains('vscode-reduce-motion');
}

export function ease(t: number): number {
  return 1 - (1 - t) ** 3;
}

export function createCamera(world: CameraWorld): Camera {
  const { store, host, layout, size } = world;
  const view = (): View => store.state.zoom ?? { k: 1, stretch: 1, x: 0, y: 0 };
  /** Whether the user chose to see the whole tree and has not moved the view since. */
  let isWhole = false;
  const gesture = attachZoom(host, view, (next) => {
    isWhole = false;
    glide.stop();
    store.update({ zoom: next, isMoved: true });
  });
  const setView = (next: View) => {
    store.update({ zoom: next });
    gesture.sync(next);
  };
  const glide = createGlide(windowOf(host.ownerDocument), view, setView);
  const goal = (): View => glide.target ?? view();
  const minimum = () => fitView(layout().extent, size()).k * 0.25;
  const columnOf = (id: number) => (store.state.model?.nodes[id]?.depth ?? 0) - layout().depth;
  const isPlaced = (id: number) => !Number.isNaN(layout().row[id] ?? NaN);
  const go = (to: View) => {
    if (isStill(host.ownerDocument) || layout().count > MOTION_LIMIT) {
      glide.stop();
      setView(to);
    } else glide.start(to);
  };
  const move = (to: View) => {
    isWhole = false;
    store.update({ isMoved: true });
    go(to);
  };
  const land = () => {
    const { model, selected } = store.state;
    if (model === null || size().width === 0 || layout().count === 0) return;
    glide.stop();
    const target = selected ?? landingNode(model);
    if (target === null || !isPlaced(target)) return setView(fitView(layout().extent, size()));
    const rows = neighborhood(model, target)
      .filter(isPlaced)
      .map((id) => itemAt(layout().row, id));
    const row = itemAt(layout().row, target);
    const landing = { column: columnOf(target), row, top: Math.min(row, ...rows), bottom: Math.max(row, ...rows) };
    setView(landingView(layout().extent, landing, size(), layout().isBanded));
  };
  const bringIntoSight = (id: number) => {
    if (size().width === 0 || store.state.zoom === null || !isPlaced(id)) return;
    const now = goal();
    const next = revealNode(now, columnOf(id), itemAt(layout().row, id), size());
    if (next === now) return;
    isWhole = false;
    go(next);
  };
  const refresh = () => {
    if (size().height > 0 && layout().count > 0) gesture.setMinimum(Math.min(minimum(), 0.5));
    if (store.state.model !== null && !store.state.isMoved) land();
    else if (store.state.zoom !== null) gesture.sync(store.state.zoom);
  };
  return {
    get isMoving() {
      return glide.target !== null;
    },
    land,
    refresh,
    resize() {
      refresh();
      // In a replay the view stays: the sentence of an event takes one or two lines, and the tree would jump with it.
      if (!isWhole || !store.state.isMoved || store.state.isReplayShown || size().width === 0) return;
      glide.stop();
      setView(fitView(layout().extent, size()));
    },
    fit() {
      move(fitView(layout().extent, size()));
      isWhole = true;
    },
    zoomBy(factor) {
      const now = goal();
      const { selected } = store.state;
      const at = selected !== null && isPlaced(selected) ? screenPoint(now, columnOf(selected), itemAt(layout().row, selected)) : null;
      const { width, height } = size();
      const isInside = at !== null && at.x >= 0 && at.x <= width && at.y >= 0 && at.y <= height;
      const [px, py] = isInside ? [at.x, at.y] : [width / 2, height / 2];
      move(zoomAround(now, Math.max(minimum(), Math.min(MAX_ZOOM, now.k * factor)), px, py));
    },
    widenBy: (factor) => move(stretchAround(goal(), factor, size().width / 2)),
    center(id) {
      if (!isPlaced(id)) return;
      if (rowPx(goal().k) >= WORDS_ROW || ownHeight(layout(), goal(), id) >= WORDS_ROW) bringIntoSight(id);
      else move(centerView({ k: READING_ZOOM, stretch: 1 }, columnOf(id), itemAt(layout().row, id), size()));
    },
    bringIntoSight,
    open: (block) => move(openBlock(block, goal(), size(), columnOf(itemAt(block.roots, 0)))),
    moveTo: move,
    shift(rows) {
      const shifted = (one: View): View => ({ ...one, y: one.y + rows * rowPx(one.k) });
      setView(shifted(view()));
      glide.shift(shifted);
    },
  };
}

/** The nodes to show around a node: its parent, its siblings, its first and last child. */
function neighborhood(model: TreeModel, id: number): number[] {
  const { parent, children } = itemAt(model.nodes, id);
  const ends = children.length === 0 ? [] : [itemAt(children, 0), lastItem(children)];
  return parent === null ? ends : [parent, ...itemAt(model.nodes, parent).children, ...ends];
}

interface Glide {
  /** The view at the end of the motion; null when nothing moves. */
  readonly target: View | null;
  start(to: View): void;
  stop(): void;
  shift(by: (view: View) => View): void;
}

function createGlide(window: Window, view: () => View, setView: (view: View) => void): Glide {
  let path: { readonly from: View; readonly to: View; readonly start: number } | null = null;
  const step = (now: number) => {
    if (path === null) return;
    const { from, to, start } = path;
    const t = Math.max(0, Math.min(1, (now - start) / MOTION_MS));
    const at = (key: keyof View) => interpolateNumber(from[key], to[key])(ease(t));
    if (t === 1) path = null;
    else window.requestAnimationFrame(step);
    setView(t === 1 ? to : { k: at('k'), stretch: at('stretch'), x: at('x'), y: at('y') });
  };
  return {
    get target() {
      return path?.to ?? null;
    },
    start(to) {
      const isMoving = path !== null;
      path = { from: view(), to, start: window.performance.now() };
      if (!isMoving) window.requestAnimationFrame(step);
    },
    stop() {
      path = null;
    },
    shift(by) {
      if (path !== null) path = { ...path, from: by(path.from), to: by(path.to) };
    },
  };
}
