/** The texts a model knows. Outside them it gives no score, because its output would mean nothing. */
export interface Scope {
  /** Completes the sentence "The model knows only ..." */
  readonly knows: string;
  /** A question whose share of known text is below this is outside. In [0, 1]. */
  readonly question: number;
  /** The same for a step. */
  readonly step: number;
  /** How much of a text the model knows, in [0, 1]; 0 for a text without words. */
  share(text: string): number;
}

/** `scope` of a `prm.json`: one kind of measure and its thresholds. */
export interface CommonScopeSettings {
  readonly knows: string;
  readonly question: number;
  readonly step: number;
}
