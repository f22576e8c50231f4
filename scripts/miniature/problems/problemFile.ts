import sharp from 'sharp';
import { mustHave } from '../../../server/reasoning/present.js';
import { figureSvg } from './figureSvg.js';
import type { Figure } from './problem.js';
import { generateProblem } from './registry.js';

/** A problem in the form that the pipeline reads (MM-PRM's seed file). */
export interface SeedProblem {
  /** `<kind>-<index>`, from which the generator can make the problem again with the seed. */
  readonly id: string;
  readonly question: string;
  readonly correct_answer: string;
  /** Path relative to the problem file's folder; absent without a figure. */
  readonly image_path?: string;
}

/** Problem `index` of a seed as a line of a problem file, and its figure, if any, with the path that the line names. */
export async function seedProblem(
  seed: number,
  index: number,
): Promise<{ problem: SeedProblem; figure?: { path: string; png: Uint8Array } }> {
  const { kind, question, answer, figure } = generateProblem(seed, index);
  const id = `${kind.replaceAll(' ', '-')}-${index}`;
  const problem = { id, question, correct_answer: String(answer) };
  if (figure === undefined) return { problem };
  const path = `figures/${id}.png`;
  return { problem: { ...problem, image_path: path }, figure: { path, png: await figureImage(figure) } };
}

/** A figure as a PNG. */
export function figureImage(figure: Figure): Promise<Uint8Array> {
  return sharp(Buffer.from(figureSvg(figure)))
    .png({ palette: true })
    .toBuffer();
}

/** The index in an id of `seedProblem`. */
export function indexOf(id: string): number {
  const [digits] = mustHave(/\d+$/.exec(id), `index in ${id}`);
  return Number(digits);
}
