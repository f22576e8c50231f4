/** The patches of an image; `merge` x `merge` of them are one token. */
export interface ImageGrid {
  /** In patches. */
  readonly rows: number;
  readonly columns: number;
  readonly merge: number;
}

/**
 * Positions of the first `end` tokens of a sequence on three axes (time, row, column), [3, end], the same as from
 * `get_rope_index` in transformers' modeling_qwen2_5_vl.py. A text token is one further than the token before it
 * on all axes. The tokens of an image share one time and differ by row and column. The token after them is one further
 * than their largest position.
 *
 * @param grids Grids of the images whose tokens are among them, in order.
 */
export function gridPositions(ids: Int32Array, end: number, imageToken: number, grids: readonly ImageGrid[]): Int32Array {
  const positions = new Int32Array(3 * end);
  const open = [...grids];
  let next = 0;
  for (let i = 0; i < end; ) {
    const grid = ids[i] === imageToken ? open.shift() : undefined;
    const [rows, columns] = grid ? [grid.rows / grid.merge, grid.columns / grid.merge] : [1, 1];
    for (let token = 0; token < rows * columns && i < end; token++, i++) {
      positions[i] = next;
      positions[end + i] = next + Math.floor(token / columns);
      positions[2 * end + i] = next + (token % columns);
    }
    next += Math.max(rows, columns);
  }
  return positions;
}
