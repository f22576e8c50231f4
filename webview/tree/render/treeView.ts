import { plural, t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { element, windowOf } from '../../shared/element.js';
import type { Block } from '../layout/scene.js';
import type { PanelState, PanelStore } from '../state.js';
import { type Arrangement, type Change, createArrangement } from './arrangement.js';
import { type Camera, createCamera } from './camera.js';
import { createDrawing, type Drawing } from './drawing.js';
import { createMinimap } from './minimap.js';
import { createTooltip } from './tooltip.js';

/** Height of the tools over the lower edge, which the view keeps free. Pixels. */
const TOOLS = 34;

export interface TreeViewActions {
  /** A click: select and show in the file; `focus` on a double click. */
  pick(id: number, focus: boolean): void;
  toggle(id: number): void;
  /** A right click on a node, or on the background (null), in pixels of the page. */
  menu(id: number | null, x: number, y: number): void;
  announce(sentence: string): void;
}

export interface TreeView extends Pick<Camera, 'fit' | 'zoomBy' | 'widenBy' | 'center'>, Pick<Drawing, 'svg' | 'placeOf'> {
  readonly host: HTMLElement;
  /** Reads colors and fonts again. */
  readonly themeChanged: () => void;
}

/** The drawing. Updates arrangement, camera and picture when the store changes. Its decisions are pure layout code. */
export function createTreeView(document: Document, store: PanelStore, actions: TreeViewActions): TreeView {
  const window = windowOf(document);
  const host = element(document, 'div', { class: 'drawing' });
  const arrangement: Arrangement = createArrangement(document, () => drawing.drawNow());
  const drawing: Drawing = createDrawing({
    host,
    store,
    layout: () => arrangement.drawn,
    isMoving: () => camera.isMoving || arrangement.isMoving,
    onDrawn: () => minimap.update(),
  });
  const world = {
    store,
    layout: () => arrangement.layout,
    size: () => ({ ...drawing.size, height: Math.max(80, drawing.size.height - TOOLS) }),
  };
  const camera: Camera = createCamera({ host, ...world });
  const minimap = createMinimap(document, { ...world, moveTo: camera.moveTo });
  host.append(minimap.host);
  listen({ host, store, drawing, camera, actions });
  store.subscribe((state, before) => {
    const change = arrangement.update(state, before);
    if (change !== null) follow({ arrangement, camera, change }, state, before);
    // A clicked node is visible, and it must stay under the pointer for a second click.
    const isPointed = state.selected === drawing.hovered;
    if (state.selected !== before.selected && state.selected !== null && change?.isOther !== true && !isPointed)
      camera.bringIntoSight(state.selected);
    if (state.event !== before.event && state.event !== null) camera.bringIntoSight(state.event);
    drawing.schedule();
  });
  new window.ResizeObserver(() => {
    drawing.resize({ width: host.clientWidth, height: host.clientHeight });
    camera.resize();
    drawing.drawNow();
  }).observe(host);
  const { fit, zoomBy, widenBy, center } = camera;
  return { host, svg: drawing.svg, placeOf: drawing.placeOf, fit, zoomBy, widenBy, center, themeChanged: drawing.restyle };
}

interface Follow {
  readonly arrangement: Arrangement;
  readonly camera: Camera;
  readonly change: Change;
}

/** Sets a first view for another tree, or for new data in an unmoved view. Else the folded or selected node stays. */
function follow({ arrangement, camera, change }: Follow, state: PanelState, before: PanelState): void {
  const { layout } = arrangement;
  const { isOther, match, previous } = change;
  if (isOther || state.zoom === null || (match !== null && !state.isMoved)) {
    if (state.zoom === null || !state.isMoved) camera.land();
    camera.refresh();
    return;
  }
  const [folded] = [...difference(state.collapsed, before.collapsed), ...difference(state.openStacks, before.openStacks)];
  for (const old of [match === null ? folded : undefined, before.selected ?? undefined, layout.root]) {
    const now = old === undefined ? undefined : match === null ? old : match[old];
    const rows = old === undefined || now === undefined ? NaN : itemAt(previous.row, old) - itemAt(layout.row, now);
    if (Number.isNaN(rows)) continue;
    camera.shift(rows);
    break;
  }
  camera.refresh();
}

/** Elements that are in only one of two sets. */
function difference(a: ReadonlySet<number>, b: ReadonlySet<number>): number[] {
  if (a === b) return [];
  return [...[...a].filter((id) => !b.has(id)), ...[...b].filter((id) => !a.has(id))];
}

interface Listening {
  readonly host: HTMLElement;
  readonly store: PanelStore;
  readonly drawing: Drawing;
  readonly camera: Camera;
  readonly actions: TreeViewActions;
}

/** Pointer over the drawing: clicks, the tooltip, the menu. */
function listen({ host, store, drawing, camera, actions }: Listening): void {
  const tooltip = createTooltip(host);
  const hover = (event: PointerEvent | null) => {
    const hit = event === null || event.buttons !== 0 ? null : drawing.hitAt(event);
    host.classList.toggle('over-node', hit !== null);
    const { model, query, display } = store.state;
    if (event === null || hit === null || model === null) tooltip.hide();
    else {
      const box = host.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      const block = hit.part === 'block' ? blockAt(drawing, hit.id) : undefined;
      tooltip.show({ model, id: hit.id, query, stack: display.stacks.get(hit.id), block }, at, drawing.size);
    }
    const id = hit?.id ?? null;
    if (id === drawing.hovered) return;
    drawing.hovered = id;
    drawing.schedule();
  };
  host.addEventListener('pointermove', hover);
  host.addEventListener('pointerleave', () => hover(null));
  host.addEventListener('click', (event) => {
    const hit = drawing.hitAt(event);
    if (hit === null) return;
    const block = hit.part === 'block' ? blockAt(drawing, hit.id) : undefined;
    if (block !== undefined) {
      camera.open(block);
      actions.announce(t('Opened a branch of {0}', plural(block.count, '{0} node', '{0} nodes')));
    } else if (hit.part === 'toggle') actions.toggle(hit.id);
    else if (event.detail < 2) actions.pick(hit.id, false);
  });
  host.addEventListener('dblclick', (event) => {
    const hit = drawing.hitAt(event);
    if (hit?.part === 'node') actions.pick(hit.id, true);
  });
  host.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    const hit = drawing.hitAt(event);
    tooltip.hide();
    actions.menu(hit === null || hit.part === 'block' ? null : hit.id, event.clientX, event.clientY);
  });
}

function blockAt(drawing: Drawing, first: number): Block | undefined {
  return drawing.scene.blocks.find(({ roots }) => roots[0] === first);
}
