import type { ImageSettings } from '../models/images/imageKinds.js';
import type { GraphFiles } from '../models/modelFiles.js';
import type { Aggregation } from '../reasoning/aggregation.js';
import type { Layout } from './layouts/layouts.js';
import type { Readout } from './readouts/readouts.js';
import type { ScopeSettings } from './scope/scopes.js';
import type { Trimming } from './trimming.js';

/**
 * How one PRM family lays out text and where its score is read: `prm.json` beside the model, over the defaults of its
 * family (`families/`). Its JSON schema is `media/schemas/prm.schema.json`.
 */
export interface Profile {
  readonly name: string;
  /** `mm-prm`, `math-shepherd`, ...: the family whose paper or code this follows; any other word means none. */
  readonly family: string;
  /** ONNX files, relative to the profile. */
  readonly graph: GraphFiles;
  /** The graph to compare with, if the readout compares: an ONNX file or a folder with one, relative to the profile. */
  readonly reference?: string;
  /** `tokenizer.json`, relative to the profile; `tokenizer_config.json` is looked for beside it. */
  readonly tokenizer: string;
  readonly layout: Layout;
  readonly readout: Readout;
  readonly trim: Trimming;
  /** How images are prepared for the graph; they are read where the layout has a place for them. */
  readonly images?: ImageSettings;
  /** The texts the model knows; it scores no others. Absent = it scores every text. */
  readonly scope?: ScopeSettings;
  /** Range of a score, e.g. [0, 1]; scores are mapped to [0, 1] from here. */
  readonly range: readonly [number, number];
  /** A step below this is low; in the same range as the scores. */
  readonly threshold: number;
  /** How a solution's score is computed from its steps' scores. */
  readonly aggregation: Aggregation;
  /** Longest sequence the graph takes, in tokens. */
  readonly maxTokens: number;
}
