import { loadTokenizer } from '../models/tokenizer.js';
import { createEncoder, markersOf } from '../scoring/layouts/layouts.js';
import { loadProfile } from '../scoring/loadProfile.js';
import type { ScoreJob } from '../scoring/scorer.js';
import type { CliWorld } from './command.js';

const question =
  'A school orders pencils for 3 classes of 24, 27 and 29 children. Every child gets 4 pencils, a box holds 12 pencils and costs $3.50, and the school has $100. How much money is left after it has bought as few boxes as it needs?';
const shared = [
  'There are 24 + 27 + 29 = 80 children in the three classes of the school.',
  'Every child gets 4 pencils, so 80 * 4 = 320 pencils are needed altogether.',
  'A box holds 12 pencils, and 320 / 12 is 26.67, so the school has to buy 27 boxes.',
];
/** Number of solutions that share their first steps, as in Best-of-N and tree search. */
const solutions = 8;

/**
 * Scores, with the exported model, solutions that share their first three steps, and describes how fast that was.
 * @param before Tokens a second of the model's own forward pass, one solution after the other; 0 = not measured.
 */
export async function measureGain(modelFolder: string, before: number, world: CliWorld): Promise<string> {
  const ends = Array.from({ length: solutions }, (_, i): [string, string] => [
    `The boxes cost 27 * $3.50 = $${94.5 + i}, which the school pays from its $100.`,
    `So $100 - $${94.5 + i} = $${5.5 - i} are left, which is the answer.`,
  ]);
  const steps: ScoreJob['steps'] = [
    ...shared.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })),
    ...ends.flatMap(([first, second], i) => [
      { text: first, parent: shared.length - 1 },
      { text: second, parent: shared.length + 2 * i },
    ]),
  ];
  const tokens = await tokensOf(
    modelFolder,
    ends.map((end) => [...shared, ...end]),
  );
  const scorer = world.createScorer({ modelPath: modelFolder, device: 'auto', threads: 0 }, undefined, []);
  try {
    const { device } = await scorer.describe(world.signal);
    const start = performance.now();
    await scorer.score({ question, images: [], steps }, { ignoreCache: true, signal: world.signal });
    const after = tokens / ((performance.now() - start) / 1000);
    const here = `${number(after)} tokens/s by StepLens on ${device.provider}, ${solutions} solutions that share their first ${shared.length} steps`;
    return before > 0
      ? `Speed here: ${number(before)} tokens/s by PyTorch on the CPU, one solution after the other; ${here}: ${(after / before).toFixed(1)} times as fast.`
      : `Speed here: ${here}.`;
  } finally {
    await scorer.dispose();
  }
}

/** Number of tokens of all solutions, when each of them is counted from its first token. */
async function tokensOf(modelFolder: string, texts: readonly (readonly string[])[]): Promise<number> {
  const { profile, tokenizerPath } = await loadProfile(modelFolder);
  const tokenizer = await loadTokenizer(tokenizerPath, ...markersOf(profile.layout, profile.images));
  const encoder = createEncoder(profile.layout, tokenizer);
  let tokens = 0;
  for (const steps of texts) {
    const problem = encoder.open(question);
    tokens += problem.prompt.length + steps.reduce((sum, text, i) => sum + problem.step(text, i).ids.length, 0);
  }
  return tokens;
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
