import { interpolateNumber } from 'd3-interpolate';
import { rootPath } from '../../../server/reasoning/paths.js';
import { element, svgElement } from '../../shared/element.js';
import { attachZoom } from '../interact/zoomGesture.js';
import { type Hit, hitTest, type Scene, SVG_LIMIT, sceneOf } from '../layout/scene.js';
import { blendLayouts, layoutTree, type TreeLayout, withPresent } from '../layout/tidy.js';
import {
  centreView,
  fitView,
  landingView,
  MAX_ZOOM,
  READING_ZOOM,
  reveal,
  rowPx,
  type Size,
  screenPoint,
  type View,
  zoomAround,
} from '../layout/zoomScale.js';
import { matchNodes } from '../model/matchNodes.js';
import { landingNode, type TreeModel } from '../model/treeModel.js';
import type { PanelState, Store } from '../store.js';
import { type CanvasColors, drawCanvas, readColors } from './canvasTree.js';
import { createSvgTree, type Frame } from './svgTree.js';
import { createTextFit } from './textFit.js';
import { createTooltip } from './tooltip.js';

/** Trees above this size change without motion. */
const MOTION_LIMIT = 500;
const MOTION_MS = 180;
/** Pixels drawn beyond the edges in SVG, so that a short pan only moves the group. */
const OVERSCAN = 160;

export interface TreeViewActions {
  /** A click: select and show in the file; `focus` on a double click. */
  pick(id: number, focus: boolean): void;
  toggle(id: number): void;
}

export interface TreeView {
  readonly host: HTMLElement;
  fit(): void;
  zoomBy(factor: number): void;
  /** Brings a node into sight at a zoom at which it can be read. */
  centre(id: number): void;
  /** Colours are read again. */
  themeChanged(): void;
}

/** The drawing: keeps layout, view and renderer in step with the store; everything it decides with is pure layout code. */
export function createTreeView(document: Document, store: Store, actions: TreeViewActions): TreeView {
  const window = document.defaultView!;
  const host = element(document, 'div', { class: 'drawing' });
  const canvas = element(document, 'canvas', { 'aria-hidden': 'true' }) as HTMLCanvasElement;
  const svg = svgElement(document, 'svg', { 'aria-hidden': 'true' }) as SVGSVGElement;
  host.append(canvas, svg);
  const tooltip = createTooltip(host);

  let size: Size = { width: 0, height: 0 };
  let layout: TreeLayout = layoutTree([], new Set());
  let drawnLayout = layout;
  let scene: Scene = { level: 'dots', nodes: [], edges: [] };
  let sceneFor: { readonly view: View; readonly layout: TreeLayout } | null = null;
  let hovered: number | null = null;
  let colors: CanvasColors | null = null;
  let svgTree: ReturnType<typeof createSvgTree> | null = null;
  let pending = 0;
  let unfolding = 0;
  /** A move of the view under way. */
  let glide: { readonly from: View; readonly to: View; readonly start: number } | null = null;

  const view = (): View => store.state.zoom ?? { k: 1, x: 0, y: 0 };
  /** Where the view will stand when it stops moving. */
  const goal = (): View => glide?.to ?? view();
  const setView = (next: View) => {
    store.update({ zoom: next });
    gesture.sync(next);
  };
  const gesture = attachZoom(host, view, (next) => {
    glide = null;
    store.update({ zoom: next, isMoved: true });
  });

  store.subscribe((state, before) => {
    if (state.model !== before.model || state.collapsed !== before.collapsed) relayout(state, before);
    if (state.selected !== before.selected && state.selected !== null && state.model !== null) bringIntoSight(state.selected);
    if (state.event !== before.event && state.event !== null) bringIntoSight(state.event);
    schedule();
  });

  new window.ResizeObserver(() => {
    size = { width: host.clientWidth, height: host.clientHeight };
    sceneFor = null;
    setMinimum();
    // Until the user moves the view it follows the panel's size: the details get theirs late.
    if (store.state.model !== null && !store.state.isMoved) land(store.state.model);
    drawNow();
  }).observe(host);

  host.addEventListener('pointermove', (event) => hover(event));
  host.addEventListener('pointerleave', () => hover(null));
  host.addEventListener('click', (event) => {
    const hit = hitAt(event);
    if (hit === null) return;
    if (hit.part === 'toggle') actions.toggle(hit.id);
    else if (event.detail < 2) actions.pick(hit.id, false);
  });
  host.addEventListener('dblclick', (event) => {
    const hit = hitAt(event);
    if (hit?.part === 'node') actions.pick(hit.id, true);
  });

  return {
    host,
    fit: () => move(fitView(layout.extent, size)),
    zoomBy(factor) {
      const now = goal();
      const { selected, model } = store.state;
      const at = selected !== null && model !== null ? screenPoint(now, model.nodes[selected]!.depth, layout.row[selected]!) : null;
      const isInside = at !== null && at.x >= 0 && at.x <= size.width && at.y >= 0 && at.y <= size.height;
      const [px, py] = isInside ? [at.x, at.y] : [size.width / 2, size.height / 2];
      move(zoomAround(now, Math.max(minimum(), Math.min(MAX_ZOOM, now.k * factor)), px, py));
    },
    centre(id) {
      const node = store.state.model?.nodes[id];
      if (node === undefined || Number.isNaN(layout.row[id])) return;
      if (rowPx(goal().k) >= 14) bringIntoSight(id);
      else move(centreView(READING_ZOOM, node.depth, layout.row[id]!, size));
    },
    themeChanged() {
      colors = null;
      svgTree?.clear();
      svgTree = null;
      schedule();
    },
  };

  /** A move the user asked for: from then on the view keeps its place. */
  function move(to: View): void {
    store.update({ isMoved: true });
    moveTo(to);
  }

  function minimum(): number {
    return fitView(layout.extent, size).k * 0.6;
  }

  function setMinimum(): void {
    if (size.height > 0 && layout.count > 0) gesture.setMinimum(Math.min(minimum(), 0.5));
  }

  /** The first look at a tree lands on the selection, else on the first low step. */
  function land(model: TreeModel): void {
    if (size.width === 0 || layout.count === 0) return;
    glide = null;
    const target = store.state.selected ?? landingNode(model);
    const node = target === null ? undefined : model.nodes[target];
    const row = node === undefined ? NaN : layout.row[node.id]!;
    if (node === undefined || Number.isNaN(row)) return setView(fitView(layout.extent, size));
    const near = [node.parent ?? node.id, node.children[0] ?? node.id, node.children.at(-1) ?? node.id]
      .map((id) => layout.row[id]!)
      .filter((at) => !Number.isNaN(at));
    setView(landingView(layout.extent, { depth: node.depth, row, top: Math.min(row, ...near), bottom: Math.max(row, ...near) }, size));
  }

  function relayout(state: PanelState, before: PanelState): void {
    const { model } = state;
    if (model === null) return;
    const isSame = before.model !== null && before.model.view.uri === model.view.uri && before.model.view.problem === model.view.problem;
    const previous = drawnLayout;
    // A moment of a replay stands where the whole tree does, so that the eye can follow.
    const whole = layoutTree(model.whole.nodes, state.collapsed);
    layout = model.whole === model.view ? whole : withPresent(whole, (id) => model.rank[id]! >= 0);
    sceneFor = null;
    setMinimum();
    if (!isSame || state.zoom === null) {
      stopUnfolding();
      glide = null;
      drawnLayout = layout;
      if (state.zoom === null) land(model);
      else gesture.sync(state.zoom);
      return;
    }
    const match = before.model.whole === model.whole ? null : matchNodes(before.model.whole.nodes, model.whole.nodes);
    // New data in a view nobody has moved lands again; a fold keeps its place under the pointer.
    if (match !== null && !state.isMoved) land(model);
    else hold(previous, match, state, before);
    stopUnfolding();
    if (layout.count > MOTION_LIMIT || isStill()) drawnLayout = layout;
    else animate(previous, match, model);
  }

  /** Keeps the node the eye is on (what was folded, else the selection, else the root) where it is on the screen. */
  function hold(previous: TreeLayout, match: Int32Array | null, state: PanelState, before: PanelState): void {
    const changed =
      match === null
        ? ([...state.collapsed].find((id) => !before.collapsed.has(id)) ?? [...before.collapsed].find((id) => !state.collapsed.has(id)))
        : undefined;
    const candidates = [changed, before.selected ?? undefined, 0];
    for (const old of candidates) {
      const now = old === undefined ? undefined : match === null ? old : match[old];
      const shift = old === undefined || now === undefined ? NaN : previous.row[old]! - layout.row[now]!;
      if (Number.isNaN(shift)) continue;
      const shifted = (current: View): View => ({ ...current, y: current.y + shift * rowPx(current.k) });
      setView(shifted(view()));
      if (glide !== null) glide = { ...glide, from: shifted(glide.from), to: shifted(glide.to) };
      return;
    }
  }

  function stopUnfolding(): void {
    window.cancelAnimationFrame(unfolding);
    unfolding = 0;
  }

  function animate(from: TreeLayout, match: Int32Array | null, model: TreeModel): void {
    const to = layout;
    const start = window.performance.now();
    const tick = (now: number) => {
      const t = Math.max(0, Math.min(1, (now - start) / MOTION_MS));
      drawnLayout = t === 1 ? to : blendLayouts(from, to, match, model.nodes, ease(t));
      sceneFor = null;
      unfolding = t < 1 ? window.requestAnimationFrame(tick) : 0;
      drawNow();
    };
    drawnLayout = blendLayouts(from, to, match, model.nodes, 0);
    unfolding = window.requestAnimationFrame(tick);
  }

  function moveTo(to: View): void {
    if (isStill() || layout.count > MOTION_LIMIT) {
      glide = null;
      setView(to);
      return;
    }
    const isMoving = glide !== null;
    glide = { from: view(), to, start: window.performance.now() };
    if (!isMoving) window.requestAnimationFrame(step);
  }

  function step(now: number): void {
    if (glide === null) return;
    const { from, to, start } = glide;
    const t = Math.max(0, Math.min(1, (now - start) / MOTION_MS));
    const at = (key: keyof View) => interpolateNumber(from[key], to[key])(ease(t));
    if (t === 1) glide = null;
    else window.requestAnimationFrame(step);
    setView(t === 1 ? to : { k: at('k'), x: at('x'), y: at('y') });
  }

  function isStill(): boolean {
    return document.body.classList.contains('vscode-reduce-motion') || window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  function bringIntoSight(id: number): void {
    const node = store.state.model?.nodes[id];
    if (node === undefined || size.width === 0 || store.state.zoom === null || Number.isNaN(layout.row[id])) return;
    const now = goal();
    const next = reveal(now, node.depth, layout.row[id]!, size);
    if (next === now) return;
    moveTo(next);
  }

  function hitAt(event: MouseEvent): Hit | null {
    const box = host.getBoundingClientRect();
    return hitTest(layout, view(), scene.level, event.clientX - box.left, event.clientY - box.top);
  }

  function hover(event: PointerEvent | null): void {
    const hit = event === null || event.buttons !== 0 ? null : hitAt(event);
    const id = hit?.id ?? null;
    host.classList.toggle('over-node', hit !== null);
    const { model } = store.state;
    if (event === null || id === null || model === null) tooltip.hide();
    else {
      const box = host.getBoundingClientRect();
      tooltip.show(model, id, event.clientX - box.left, event.clientY - box.top, size);
    }
    if (id === hovered) return;
    hovered = id;
    schedule();
  }

  function schedule(): void {
    host.dataset['rest'] = 'no';
    if (pending === 0) pending = window.requestAnimationFrame(drawNow);
  }

  function drawNow(): void {
    window.cancelAnimationFrame(pending);
    pending = 0;
    const { model, selected, event, collapsed, matches, query, zoom } = store.state;
    if (model === null || zoom === null || size.width === 0) return;
    if (!isCovered(zoom)) {
      scene = sceneOf(drawnLayout, (id) => model.nodes[id]!.parent!, zoom, size, OVERSCAN);
      sceneFor = { view: zoom, layout: drawnLayout };
    }
    const frame: Frame = {
      model,
      layout: drawnLayout,
      scene,
      view: zoom,
      collapsed,
      selected,
      event,
      path: new Set(selected === null ? [] : rootPath(model.nodes, selected)),
      hovered,
      matches: query.trim() === '' ? null : new Set(matches),
    };
    const isCanvas = scene.nodes.length > SVG_LIMIT || scene.edges.length > 2 * SVG_LIMIT;
    host.dataset['renderer'] = isCanvas ? 'canvas' : 'svg';
    host.dataset['level'] = scene.level;
    host.dataset['nodes'] = String(scene.nodes.length);
    // What tests and screenshots wait for before they look: nothing moves any more.
    host.dataset['rest'] = glide === null && unfolding === 0 ? 'yes' : 'no';
    if (isCanvas) {
      colors ??= readColors(window.getComputedStyle(host));
      svgTree?.clear();
      drawCanvas(canvas, size, frame, colors);
    } else {
      svgTree ??= newSvgTree();
      svgTree.draw(frame);
    }
  }

  /** Whether the drawn scene, with its margin, still covers what is in sight. */
  function isCovered(now: View): boolean {
    if (sceneFor === null || sceneFor.layout !== drawnLayout || sceneFor.view.k !== now.k) return false;
    return Math.abs(sceneFor.view.x - now.x) < OVERSCAN && Math.abs(sceneFor.view.y - now.y) < OVERSCAN;
  }

  function newSvgTree(): ReturnType<typeof createSvgTree> {
    svg.replaceChildren();
    const style = window.getComputedStyle(host);
    const family = style.fontFamily;
    return createSvgTree(svg, {
      body: createTextFit(document, `12px ${family}`),
      strong: createTextFit(document, `600 12px ${family}`),
      small: createTextFit(document, `11px ${family}`),
    });
  }
}

function ease(t: number): number {
  return 1 - (1 - t) ** 3;
}
