import { countedNoun } from '../language/solutionValues.js';
import { formatStepValue } from '../language/valueText.js';
import { families } from '../scoring/families/families.js';
import type { GoldenExample } from '../scoring/families/family.js';
import { readFamily } from '../scoring/loadProfile.js';
import type { Scorer } from '../scoring/scorer.js';
import { type CliWorld, exitCodes, UsageError } from './command.js';

/**
 * `steplens score --verify-profile`: scores the examples for which a family's authors published values, on the user's
 * copy. The exit code shows whether all agree; a family without published values cannot be verified and is a
 * UsageError.
 */
export async function verifyProfile(modelFolder: string, scorer: Scorer, world: CliWorld): Promise<number> {
  if (modelFolder === '') throw new UsageError('--verify-profile needs --model DIR');
  const { id, family } = await readFamily(modelFolder);
  const golden = family?.golden ?? [];
  if (golden.length === 0) {
    const known = families.filter(({ golden: own }) => own).map((one) => one.id);
    throw new UsageError(
      `no values are published for the family "${id}" with which a copy could be verified; they are for ${known.join(', ')}`,
    );
  }
  let failed = 0;
  for (const example of golden) {
    const { question, steps } = example;
    const { scores } = await scorer.score(
      { question, images: [], steps: steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })) },
      { signal: world.signal, ignoreCache: true },
    );
    const passed = isWithin(scores, example);
    if (!passed) failed++;
    world.out.write(`${table(scores, example, passed)}\n`);
  }
  const { model, device } = await scorer.describe(world.signal);
  world.out.write(
    `${model} on ${device.provider}: ${failed === 0 ? 'pass' : `fail, ${countedNoun(failed, 'example')} of ${golden.length}`}\n`,
  );
  return failed === 0 ? exitCodes.done : exitCodes.findings;
}

function isWithin(scores: Float64Array, { values, tolerance }: GoldenExample): boolean {
  return values.every((value, i) => value === undefined || Math.abs((scores[i] ?? NaN) - value) <= tolerance);
}

function table(scores: Float64Array, { values, source, tolerance, steps }: GoldenExample, passed: boolean): string {
  const lines = values.map((value, i) => {
    const score = scores[i] ?? NaN;
    const difference = value === undefined ? '' : ` ${(score - value).toFixed(4).padStart(8)}`;
    return `  ${formatStepValue(score).padStart(5)}  published ${value === undefined ? '-' : value.toFixed(4)}${difference}  ${(steps[i] ?? '').slice(0, 60).replace(/\s+/g, ' ')}`;
  });
  return [`${passed ? 'pass' : 'FAIL'}: ${source}; differences up to ${tolerance} are half precision's`, ...lines].join('\n');
}
