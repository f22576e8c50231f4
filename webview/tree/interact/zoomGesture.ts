import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomTransform, zoom, zoomIdentity } from 'd3-zoom';
import { MAX_ZOOM, stretchAround, type View, zoomAround } from '../layout/zoomScale.js';

export interface ZoomGesture {
  /** Informs the gesture of the view after other code changed it. */
  sync(view: View): void;
  setMinimum(k: number): void;
}

/**
 * Wheel and pinch zoom about the pointer; with Shift they only widen the columns. Dragging pans (d3-zoom). Columns do
 * not scale like rows, so only the scale, the pan and the fixed point of a zoom are taken from d3's transform.
 */
export function attachZoom(stage: HTMLElement, read: () => View, onView: (view: View) => void): ZoomGesture {
  let last: ZoomTransform = zoomIdentity;
  let isSyncing = false;
  const behavior = zoom<HTMLElement, unknown>()
    .scaleExtent([0.01, MAX_ZOOM])
    .clickDistance(4)
    .filter((event: MouseEvent) => !event.button && !(event.type === 'wheel' && event.shiftKey))
    .on('zoom', (event: D3ZoomEvent<HTMLElement, unknown>) => {
      const now = event.transform;
      const before = last;
      last = now;
      if (isSyncing) return;
      const view = read();
      if (now.k === before.k) onView({ ...view, x: view.x + now.x - before.x, y: view.y + now.y - before.y });
      else {
        // The fixed point of the zoom from `before` to `now`.
        const px = (now.x * before.k - before.x * now.k) / (before.k - now.k);
        const py = (now.y * before.k - before.y * now.k) / (before.k - now.k);
        onView(zoomAround(view, now.k, px, py));
      }
    });
  const target = select(stage).call(behavior).on('dblclick.zoom', null);
  stage.addEventListener('wheel', (event) => {
    if (!event.shiftKey) return;
    event.preventDefault();
    const turn = event.deltaY === 0 ? event.deltaX : event.deltaY;
    onView(stretchAround(read(), 2 ** (-turn / 400), event.clientX - stage.getBoundingClientRect().left));
  });
  return {
    sync(view) {
      isSyncing = true;
      behavior.transform(target, zoomIdentity.translate(view.x, view.y).scale(view.k));
      isSyncing = false;
    },
    setMinimum(k) {
      behavior.scaleExtent([k, MAX_ZOOM]);
    },
  };
}
