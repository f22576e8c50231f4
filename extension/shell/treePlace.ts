/** Where a tree opens: by default at the first problem, and at its first low step. */
export interface TreePlace {
  readonly problem?: number | undefined;
  readonly node?: number | undefined;
}
