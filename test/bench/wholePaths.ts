import type { TensorValue } from '../../server/inference/runtime.js';
import { readImageFiles } from '../../server/models/images/imageFile.js';
import { imagesPlace, type PreparedImages, prepareImages } from '../../server/models/images/imageKinds.js';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { createEncoder, layoutText, markersOf } from '../../server/scoring/layouts/layouts.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import type { Profile } from '../../server/scoring/profile.js';
import { createReader, toUnit } from '../../server/scoring/readouts/readouts.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';

/** A solution as one whole sequence, as code without a cache runs it. */
export interface WholePath {
  readonly ids: readonly number[];
  /** Index in `ids` at which each step's score is read. */
  readonly reads: readonly number[];
}

/** Everything that code needs to run whole sequences through the bundled graph. */
export interface WholePaths {
  readonly graphPath: string;
  readonly profile: Profile;
  encode(job: ScoreJob, path: readonly number[], images: PreparedImages | undefined): WholePath;
  /** A job's images; undefined if the model reads none. */
  images(job: ScoreJob): Promise<PreparedImages | undefined>;
  /** Returns the step scores of sequences that ran as one left-padded batch: `logits` [rows, tokens, width]. */
  read(rows: readonly WholePath[], logits: Float32Array, width: number): number[];
}

/** Rejects with ModelError when the model's files cannot be used. */
export async function openWholePaths(modelFolder: string): Promise<WholePaths> {
  const { profile, graphPath, tokenizerPath } = await loadProfile(modelFolder);
  const tokenizer = await loadTokenizer(tokenizerPath, ...markersOf(profile.layout, profile.images));
  const encoder = createEncoder(profile.layout, tokenizer);
  const reader = createReader(profile.readout, tokenizer);
  return {
    graphPath,
    profile,
    async images(job) {
      return profile.images && layoutText(profile.layout).includes(imagesPlace)
        ? prepareImages(await readImageFiles(job.images), profile.images)
        : undefined;
    },
    encode(job, path, images) {
      const problem = encoder.open(job.question, images?.text);
      const ids = [...problem.prompt];
      const reads: number[] = [];
      path.forEach((step, i) => {
        const encoded = problem.step(job.steps[step]!.text, i);
        reads.push(ids.length + encoded.read);
        ids.push(...encoded.ids);
      });
      return { ids, reads };
    },
    read(rows, logits, width) {
      const length = Math.max(...rows.map(({ ids }) => ids.length));
      const columns = reader.columns.length > 0 ? [...reader.columns] : Array.from({ length: width }, (_, i) => i);
      return rows.flatMap(({ ids, reads }, row) =>
        reads.map((read) => {
          const at = (row * length + length - ids.length + read) * width;
          return toUnit(reader.read(Float32Array.from(columns, (column) => logits[at + column]!)), profile.range);
        }),
      );
    },
  };
}

const masked = -1e9;

/** Returns sequences as one left-padded batch for the bundled graph, with an empty cache. */
export function leftPadded(
  rows: readonly WholePath[],
  inputs: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[],
  images: PreparedImages | undefined,
): Record<string, TensorValue> {
  const length = Math.max(...rows.map(({ ids }) => ids.length));
  const tokens = new BigInt64Array(rows.length * length);
  const positions = new BigInt64Array(rows.length * length);
  const bias = new Float32Array(rows.length * length * length);
  rows.forEach(({ ids }, row) => {
    const blank = length - ids.length;
    ids.forEach((id, i) => {
      tokens[row * length + blank + i] = BigInt(id);
      positions[row * length + blank + i] = BigInt(i);
    });
    for (let at = 0; at < length; at++) {
      const start = (row * length + at) * length;
      bias.fill(masked, start, start + blank);
      bias.fill(masked, start + at + 1, start + length);
    }
  });
  const feeds: Record<string, TensorValue> = {
    input_ids: { type: 'int64', data: tokens, dims: [rows.length, length] },
    position_ids: { type: 'int64', data: positions, dims: [rows.length, length] },
    attention_bias: { type: 'float32', data: bias, dims: [rows.length, 1, length, length] },
  };
  for (const { name, shape } of inputs) {
    if (name.startsWith('past_')) feeds[name] = { type: 'float32', data: new Float32Array(0), dims: [rows.length, 0, Number(shape[2])] };
    if (name === 'pixel_values') feeds[name] = pixelsFor(rows.length, shape, images);
  }
  return feeds;
}

/** Repeats the problem's images for each row. */
function pixelsFor(rows: number, shape: readonly (number | string)[], images: PreparedImages | undefined): TensorValue {
  if (!images) return { type: 'float32', data: new Float32Array(0), dims: [0, ...shape.slice(1).map(Number)] };
  const [count = 0, ...rest] = images.shape;
  const values = new Float32Array(rows * images.values.length);
  for (let row = 0; row < rows; row++) values.set(images.values, row * images.values.length);
  return { type: 'float32', data: values, dims: [rows * count, ...rest] };
}
