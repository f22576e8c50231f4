import { rootPath } from '../../../server/reasoning/paths.js';
import { mustHave } from '../../../server/reasoning/present.js';
import { svgElement, windowOf } from '../../shared/element.js';
import { freeColumns, hitTest, type Scene, type SceneHit, sceneOf } from '../layout/scene.js';
import type { TreeLayout } from '../layout/tidy.js';
import { type Size, screenPoint, type View } from '../layout/zoomScale.js';
import type { PanelStore } from '../state.js';
import type { Frame } from './frame.js';
import { createSvgTree, type SvgTree } from './svgTree.js';
import { createTextFit } from './textFit.js';

/** Pixels drawn beyond the edges, so that a short pan only moves the group. */
const OVERSCAN = 160;

export interface DrawingWorld {
  readonly host: HTMLElement;
  readonly store: PanelStore;
  /** The layout to be drawn now. */
  readonly layout: () => TreeLayout;
  readonly isMoving: () => boolean;
  readonly onDrawn: () => void;
}

/** The picture on the page. Draws at most once per frame, and finds the node or block under a point. */
export interface Drawing {
  readonly svg: SVGSVGElement;
  readonly size: Size;
  readonly scene: Scene;
  hovered: number | null;
  readonly resize: (size: Size) => void;
  readonly schedule: () => void;
  readonly drawNow: () => void;
  readonly hitAt: (event: MouseEvent) => SceneHit | null;
  /** Position of a node's mark, in pixels of the page. */
  readonly placeOf: (id: number) => { readonly x: number; readonly y: number };
  readonly restyle: () => void;
}

export function createDrawing({ host, store, layout, isMoving, onDrawn }: DrawingWorld): Drawing {
  const document = host.ownerDocument;
  const window = windowOf(document);
  const svg = svgElement(document, 'svg', { 'aria-hidden': 'true' }) as SVGSVGElement;
  host.append(svg);
  let size: Size = { width: 0, height: 0 };
  let covered: Covered | null = null;
  let svgTree: SvgTree | null = null;
  let pending = 0;
  const view = (): View => store.state.zoom ?? { k: 1, stretch: 1, x: 0, y: 0 };
  const drawing: Drawing = {
    svg,
    get size() {
      return size;
    },
    get scene() {
      return covered?.scene ?? { level: 'dots', nodes: [], edges: [], blocks: [] };
    },
    hovered: null,
    resize(next) {
      size = next;
      covered = null;
    },
    schedule() {
      host.dataset['rest'] = 'no';
      if (pending === 0) pending = window.requestAnimationFrame(() => drawing.drawNow());
    },
    drawNow() {
      window.cancelAnimationFrame(pending);
      pending = 0;
      const { model, zoom, selected } = store.state;
      if (model === null || zoom === null || size.width === 0) return;
      const path = new Set(selected === null ? [] : rootPath(model.nodes, selected));
      const input = { nodes: model.nodes, layout: layout(), view: zoom, size, margin: OVERSCAN, apart: path };
      if (covered === null || !covers(covered, input)) {
        const scene = sceneOf(input);
        covered = { ...input, scene, free: freeColumns({ ...input, scene }) };
      }
      svgTree ??= newSvgTree(document, svg, host);
      svgTree.draw(frameOf(store, covered, path, drawing.hovered));
      describe(host, covered, isMoving());
      onDrawn();
    },
    hitAt(event) {
      const { model } = store.state;
      if (model === null || covered === null) return null;
      const box = host.getBoundingClientRect();
      const input = { nodes: model.nodes, layout: layout(), scene: covered.scene, view: view() };
      return hitTest(input, event.clientX - box.left, event.clientY - box.top);
    },
    placeOf(id) {
      const box = host.getBoundingClientRect();
      const at = screenPoint(view(), (store.state.model?.nodes[id]?.depth ?? 0) - layout().depth, layout().row[id] ?? 0);
      return { x: box.left + at.x, y: box.top + at.y };
    },
    restyle() {
      svgTree = null;
      drawing.schedule();
    },
  };
  return drawing;
}

interface Covered {
  readonly nodes: unknown;
  readonly layout: TreeLayout;
  readonly view: View;
  readonly apart: ReadonlySet<number>;
  readonly scene: Scene;
  readonly free: ReadonlyMap<number, number>;
}

/** Whether the drawn scene, with its margin, still covers the visible part. */
function covers(covered: Covered, now: Pick<Covered, 'nodes' | 'layout' | 'view' | 'apart'>): boolean {
  const { view } = covered;
  if (covered.layout !== now.layout || covered.nodes !== now.nodes || view.k !== now.view.k || view.stretch !== now.view.stretch)
    return false;
  const hasSamePath = covered.apart.size === now.apart.size && [...now.apart].every((id) => covered.apart.has(id));
  if (!hasSamePath && covered.scene.blocks.length > 0) return false;
  return Math.abs(view.x - now.view.x) < OVERSCAN && Math.abs(view.y - now.view.y) < OVERSCAN;
}

function frameOf(store: PanelStore, { layout, scene, free }: Covered, path: ReadonlySet<number>, hovered: number | null): Frame {
  const { model, zoom, selected, event, isReplayShown, labeling, collapsed, display, matches, query } = store.state;
  return {
    model: mustHave(model, 'tree to draw'),
    layout,
    scene,
    free,
    view: mustHave(zoom, 'view of the tree'),
    display,
    collapsed,
    selected,
    event: isReplayShown || labeling !== null ? event : null,
    path,
    hovered,
    matches: query.trim() === '' ? null : new Set(matches),
  };
}

/** Describes the drawing in data attributes. Tests and screenshots wait for `rest` before they look. */
function describe(host: HTMLElement, { scene }: Covered, isMoving: boolean): void {
  host.dataset['level'] = scene.level;
  host.dataset['nodes'] = String(scene.nodes.length);
  host.dataset['blocks'] = String(scene.blocks.length);
  host.dataset['summarized'] = String(scene.blocks.reduce((sum, { count }) => sum + count, 0));
  host.dataset['rest'] = isMoving ? 'no' : 'yes';
}

function newSvgTree(document: Document, svg: SVGSVGElement, host: HTMLElement): SvgTree {
  svg.replaceChildren();
  const family = windowOf(document).getComputedStyle(host).fontFamily;
  return createSvgTree(svg, {
    body: createTextFit(document, `12px ${family}`),
    strong: createTextFit(document, `600 12px ${family}`),
    small: createTextFit(document, `11px ${family}`),
  });
}
