/** Where a tree opens: without a problem at the first one, without a node at its first low step. */
export interface TreePlace {
  readonly problem?: number | undefined;
  readonly node?: number | undefined;
}
