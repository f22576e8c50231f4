import { itemAt } from '../../../server/reasoning/present.js';
import type { Scene } from '../layout/scene.js';
import type { TreeLayout } from '../layout/tidy.js';
import type { View } from '../layout/zoomScale.js';
import type { Display } from '../model/display.js';
import type { TreeModel } from '../model/treeModel.js';

/** What one drawing shows. */
export interface Frame {
  readonly model: TreeModel;
  readonly layout: TreeLayout;
  readonly scene: Scene;
  /** Empty columns right of each leaf, for its label. */
  readonly free: ReadonlyMap<number, number>;
  readonly view: View;
  readonly display: Display;
  readonly collapsed: ReadonlySet<number>;
  readonly selected: number | null;
  /** The node a replay's event is about. */
  readonly event: number | null;
  /** Node ids from the root to the selection. */
  readonly path: ReadonlySet<number>;
  readonly hovered: number | null;
  /** null when nothing is searched for. */
  readonly matches: ReadonlySet<number> | null;
}

/** Column of a node in the layout it is drawn in. */
export function columnOf({ model, layout }: Pick<Frame, 'model' | 'layout'>, id: number): number {
  return itemAt(model.nodes, id).depth - layout.depth;
}
