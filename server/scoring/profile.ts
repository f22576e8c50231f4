/**
 * How one PRM family lays out text and where its score is read: `prm.json` beside the model.
 * Its JSON schema is `media/schemas/prm.schema.json`.
 */
export interface Profile {
  readonly name: string;
  /** `mm-prm`, `label-head`, ...: which family's paper or code this follows. */
  readonly family: string;
  /** ONNX file, relative to the profile. */
  readonly graph: string;
  /** `tokenizer.json`, relative to the profile; `tokenizer_config.json` is looked for beside it. */
  readonly tokenizer: string;
  readonly layout: MarkerLayout;
  readonly readout: Readout;
  /** Range of a score, e.g. [0, 1]; scores are mapped to [0, 1] from here. */
  readonly range: readonly [number, number];
  /** A step below this is low; in the same range as the scores. */
  readonly threshold: number;
  /** How a solution's score follows from its steps'. */
  readonly aggregation: 'min' | 'mean' | 'last' | 'product';
  /** Longest sequence the graph takes, in tokens. */
  readonly maxTokens: number;
}

/** One sequence: `before`, then `step` for every step, then `after`; each step ends in the marker token. */
export interface MarkerLayout {
  readonly kind: 'marker';
  /** With `{question}`. */
  readonly before: string;
  /** With `{step}`; contains the marker once. */
  readonly step: string;
  readonly after?: string;
  /** Text of the one token at which the score is read. */
  readonly marker: string;
}

export type Readout =
  /** softmax over two vocabulary logits at the marker, first of the two (MM-PRM: Yes against No). */
  | { readonly kind: 'token-pair'; readonly positive: string; readonly negative: string }
  /** softmax over the labels of a per-token head at the marker (Qwen2.5-Math-PRM: label 1). */
  | { readonly kind: 'label-head'; readonly positive: number };
