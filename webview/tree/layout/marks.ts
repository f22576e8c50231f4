import type { NodeView } from '../../../server/protocol/problemView.js';

/** How a node's mark is drawn besides its color, so that no information depends on color alone. */
export type MarkShape = 'ok' | 'low' | 'missing';
export type MarkOutline = 'plain' | 'assumed' | 'one-sample';

/** A diamond is below the threshold, a circle is not, a hatched circle has no value. */
export function markShape(node: Pick<NodeView, 'value'>, threshold: number): MarkShape {
  if (node.value === null) return 'missing';
  return node.value < threshold ? 'low' : 'ok';
}

/** Dashed and hollow: forced to 1 by a correct rollout, never sampled. Double: one sample only. */
export function markOutline(node: Pick<NodeView, 'assumed' | 'oneSample'>): MarkOutline {
  return node.assumed ? 'assumed' : node.oneSample ? 'one-sample' : 'plain';
}

/** SVG path of a mark about the origin; a diamond has the area of its circle. */
export function markPath(shape: MarkShape, radius: number): string {
  if (shape === 'low') {
    const d = radius * 1.2533;
    return `M0,${-d}L${d},0L0,${d}L${-d},0Z`;
  }
  return `M${-radius},0a${radius},${radius} 0 1,0 ${2 * radius},0a${radius},${radius} 0 1,0 ${-2 * radius},0Z`;
}

/** Radius in pixels: between 2 and 7, by size in [0, 1], never more than the rows leave room for. */
export function markRadius(size: number, rowHeight: number): number {
  return Math.max(0.6, Math.min(3.2 + 3.6 * size, rowHeight * 0.36));
}

/** Width of the edge into a node in pixels, by its share of rollouts: square root, to keep thin branches visible. */
export function edgeWidth(share: number, rowHeight: number): number {
  return Math.max(0.5, Math.min(1 + 4 * Math.sqrt(share), rowHeight * 0.25));
}
