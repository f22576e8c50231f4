import { loadRuntime } from '../../server/inference/runtime.js';
import { imagesPlace } from '../../server/models/images/imageKinds.js';
import { layoutText } from '../../server/scoring/layouts/layouts.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { openTransformersModel, transformersVersion } from './transformersJs.js';
import { leftPadded, type WholePath, type WholePaths } from './wholePaths.js';

/** Another way to score solutions with the bundled graph: each one as a whole sequence, without sharing prefixes. */
export interface Rival {
  readonly name: string;
  /** Why it cannot be measured here. */
  readonly missing?: string;
  /** The scores of the steps of `paths`, one path after the other. */
  score(job: ScoreJob, paths: readonly (readonly number[])[]): Promise<number[]>;
  close(): Promise<void>;
}

/** The batch size of MM-PRM's evaluation: https://github.com/ModalMinds/MM-PRM, `batch_size = 4`. */
const rowsTogether = 4;

/** Runs four left-padded sequences at a time, in their given order, as MM-PRM's evaluation does. */
export async function openLeftPadded(model: WholePaths, threads: number): Promise<Rival> {
  const name = `left-padded batches of ${rowsTogether}, as MM-PRM's evaluation`;
  const session = await (await loadRuntime()).createSession(model.graphPath, 'cpu', threads);
  if (typeof session.inputs.find((input) => input.name === 'input_ids')?.shape[0] === 'number') {
    await session.release();
    return absent(name, 'the bundled graph takes one sequence at a time');
  }
  return {
    name,
    async score(job, paths) {
      const images = await model.images(job);
      const scores: number[] = [];
      for (let first = 0; first < paths.length; first += rowsTogether) {
        const rows = paths.slice(first, first + rowsTogether).map((path) => model.encode(job, path, images));
        const { logits } = await session.run(leftPadded(rows, session.inputs, images), ['logits']);
        scores.push(...model.read(rows, logits!.data as Float32Array, logits!.dims[2]!));
      }
      return scores;
    },
    close: () => session.release(),
  };
}

/**
 * Runs `@huggingface/transformers` on the same file with its own tokenizer, path by path, its fastest way on a CPU. It
 * is faster in this process than alone, because a session of ours has made the processor treat denormals as zero.
 */
export async function openTransformers(model: WholePaths, threads: number): Promise<Rival> {
  const name = `@huggingface/transformers ${transformersVersion}, path by path`;
  const { layout } = model.profile;
  if (layout.kind !== 'marker') return absent(name, `the bundled profile's layout is '${layout.kind}', not 'marker'`);
  const opened = await openTransformersModel(model.graphPath, threads).catch(
    (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]!,
  );
  if (typeof opened === 'string') return absent(name, opened);
  const marker = opened.encode(layout.marker)[0];
  return {
    name,
    async score(job, paths) {
      const images = await model.images(job);
      const before = layoutText(layout)
        .replace(imagesPlace, () => images?.text ?? '')
        .replace('{question}', () => job.question);
      const scores: number[] = [];
      for (const path of paths) {
        // Encodes two pieces, as in training: the tokenizer would otherwise join the last blank and the first letter.
        const ids = [
          ...opened.encode(before),
          ...opened.encode(path.map((step) => layout.step.replace('{step}', () => job.steps[step]!.text)).join('')),
        ];
        const row: WholePath = { ids, reads: ids.flatMap((id, i) => (id === marker ? [i] : [])) };
        const { data, dims } = await opened.run(leftPadded([row], opened.inputs, images));
        scores.push(...model.read([row], data, dims[2]!));
      }
      return scores;
    },
    close: () => opened.close(),
  };
}

function absent(name: string, missing: string): Rival {
  return { name, missing, score: () => Promise.reject(new Error(missing)), close: () => Promise.resolve() };
}
