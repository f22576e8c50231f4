import { t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { drawingContext, element, windowOf } from '../../shared/element.js';
import { BINS } from '../../shared/valueScale.js';
import type { TreeLayout } from '../layout/tidy.js';
import { columnPx, rowPx, type Size, type View } from '../layout/zoomScale.js';
import { binOf, type TreeModel } from '../model/treeModel.js';
import type { PanelStore } from '../state.js';

/** Trees of up to this many nodes have no minimap: they are easily shown whole. */
const LEAST_NODES = 500;
const WIDTH = 132;
const HEIGHT = 96;

export interface MinimapWorld {
  readonly store: PanelStore;
  readonly layout: () => TreeLayout;
  readonly size: () => Size;
  readonly moveTo: (view: View) => void;
}

export interface Minimap {
  readonly host: HTMLElement;
  update(): void;
}

/** A large tree as a whole in a corner: nodes are colored dots, a frame marks the visible part. A click moves there. */
export function createMinimap(document: Document, { store, layout, size, moveTo }: MinimapWorld): Minimap {
  const canvas = element(document, 'canvas', { width: String(WIDTH * 2), height: String(HEIGHT * 2) }) as HTMLCanvasElement;
  const frame = element(document, 'div', { class: 'minimap-frame' });
  const host = element(
    document,
    'div',
    { class: 'minimap', 'aria-hidden': 'true', title: t('The whole tree: click to go there') },
    canvas,
    frame,
  );
  host.hidden = true;
  let drawnFor: { readonly model: unknown; readonly layout: unknown } | null = null;
  const go = (event: PointerEvent) => {
    const { zoom } = store.state;
    if (zoom === null) return;
    const box = host.getBoundingClientRect();
    const { columns, top, bottom } = layout().extent;
    const column = ((event.clientX - box.left) / box.width) * columns;
    const row = top + ((event.clientY - box.top) / box.height) * (bottom - top + 1);
    const { width, height } = size();
    moveTo({ ...zoom, x: width / 2 - column * columnPx(zoom), y: height / 2 - row * rowPx(zoom.k) });
  };
  for (const name of ['click', 'dblclick', 'mousedown', 'wheel'] as const) host.addEventListener(name, (event) => event.stopPropagation());
  host.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    host.setPointerCapture(event.pointerId);
    go(event);
  });
  host.addEventListener('pointermove', (event) => {
    event.stopPropagation();
    if (host.hasPointerCapture(event.pointerId)) go(event);
  });
  return {
    host,
    update() {
      const { model, zoom } = store.state;
      const at = layout();
      host.hidden = model === null || zoom === null || at.count <= LEAST_NODES || size().width < 3 * WIDTH || size().height < 3 * HEIGHT;
      if (host.hidden || model === null || zoom === null) return;
      if (drawnFor?.model !== model || drawnFor.layout !== at) {
        drawDots(canvas, model, at);
        drawnFor = { model, layout: at };
      }
      placeFrame(frame, at, zoom, size());
    },
  };
}

function drawDots(canvas: HTMLCanvasElement, model: TreeModel, { row, depth, extent }: TreeLayout): void {
  const context = drawingContext(canvas);
  const style = windowOf(canvas.ownerDocument).getComputedStyle(canvas);
  const colors = Array.from({ length: BINS }, (_, bin) => style.getPropertyValue(`--sl-v${bin}`).trim());
  const missing = style.getPropertyValue('--sl-missing').trim();
  context.clearRect(0, 0, canvas.width, canvas.height);
  const step = canvas.width / extent.columns;
  // High values first, so that low ones are on top.
  for (const wanted of [undefined, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]) {
    context.fillStyle = wanted === undefined ? missing : itemAt(colors, wanted);
    for (const { id, depth: at } of model.nodes) {
      if (Number.isNaN(row[id]) || binOf(model, id) !== wanted) continue;
      const y = ((itemAt(row, id) - extent.top) / (extent.bottom - extent.top + 1)) * canvas.height;
      context.fillRect((at - depth) * step, y, Math.max(2, step * 0.7), 2);
    }
  }
}

/** Places the frame around the visible part. */
function placeFrame(frame: HTMLElement, { extent }: TreeLayout, view: View, size: Size): void {
  const clamp = (share: number) => Math.max(0, Math.min(1, share));
  const wide = extent.columns * columnPx(view);
  const high = (extent.bottom - extent.top + 1) * rowPx(view.k);
  const [left, right] = [clamp(-view.x / wide), clamp((size.width - view.x) / wide)];
  const first = view.y + extent.top * rowPx(view.k);
  const [top, bottom] = [clamp(-first / high), clamp((size.height - first) / high)];
  frame.style.transform = `translate(${left * WIDTH}px,${top * HEIGHT}px)`;
  frame.style.width = `${Math.max(3, (right - left) * WIDTH)}px`;
  frame.style.height = `${Math.max(3, (bottom - top) * HEIGHT)}px`;
}
