import type { Verdict } from '../answers/verdict.js';
import { undecided, type Verifier } from '../answers/verifier.js';
import { readRegular } from '../disk/readRegular.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';
import { parseOptions } from './commandOptions.js';
import { openChosenVerifier, verifierHelp, verifierOption } from './verifierOption.js';

export const verify: CliCommand = {
  name: 'verify',
  summary: 'whether an answer is the reference: verdict, method and reason',
  help: `Usage: steplens verify REFERENCE ANSWER [OPTIONS]
       steplens verify --pairs FILE [--json]

Compares a final answer with the reference by the rules that label rollouts: exact numbers, units, sets
and intervals, equations, expressions. An answer that the rules cannot decide for certain is "undecided".

  --pairs FILE     JSON Lines of {"reference": ..., "answer": ...}; "verdict" where it is known, "question"
                   where it says whether the order of a list counts
  --json           one object for each pair and line, in order: {"verdict", "method", "reason"}
  --question TEXT  for one pair: says whether the order of a list counts
  ${verifierHelp(21)}

Without --json, --pairs prints counts, and with known verdicts how many differ from them.
Exit codes: 0 done, 2 bad usage or unreadable input, 130 interrupted.
`,
  async run(args, world) {
    const { values, positionals } = parseOptions(args, {
      pairs: { type: 'string' },
      json: { type: 'boolean', default: false },
      question: { type: 'string' },
      ...verifierOption,
    });
    const verifier = openChosenVerifier(values.verifier, world);
    try {
      if (values.pairs !== undefined) {
        if (positionals.length > 0) throw new UsageError('verify takes either --pairs or a reference and an answer');
        return await verifyFile(values.pairs, values.json, verifier, world);
      }
      const [reference, answer] = positionals;
      if (reference === undefined || answer === undefined || positionals.length > 2)
        throw new UsageError('verify needs a reference and an answer, each in quotes');
      const request = { reference, answer, ...(values.question !== undefined && { question: values.question }) };
      const verdict = await verifier.verify({ ...request, signal: world.signal });
      world.out.write(values.json ? `${JSON.stringify(line(verdict))}\n` : `${text(verdict)}\n`);
      return exitCodes.done;
    } finally {
      await verifier.dispose();
    }
  },
};

interface AnswerPair {
  readonly reference: string;
  readonly answer: string | undefined;
  readonly question?: string;
  readonly known?: string;
}

/** Counts of a file; the last three are of the pairs with a known verdict. */
class Counts {
  readonly #verdicts = { right: 0, wrong: 0, undecided: 0 };
  #known = 0;
  #falseAccepts = 0;
  #falseRejects = 0;
  #undecided = 0;

  add({ verdict }: Verdict, known: string | undefined): void {
    this.#verdicts[verdict]++;
    if (known !== 'right' && known !== 'wrong') return;
    this.#known++;
    if (verdict === 'undecided') this.#undecided++;
    else if (verdict === 'right' && known === 'wrong') this.#falseAccepts++;
    else if (verdict === 'wrong' && known === 'right') this.#falseRejects++;
  }

  toString(): string {
    const { right, wrong, undecided: open } = this.#verdicts;
    const counts = `${right + wrong + open} pairs: ${right} right, ${wrong} wrong, ${open} undecided\n`;
    if (this.#known === 0) return counts;
    const share = (n: number): string => `${n} (${((100 * n) / this.#known).toFixed(1)} %)`;
    return `${counts}${this.#known} with a known verdict: ${share(this.#falseAccepts)} false accepts, ${share(this.#falseRejects)} false rejects, ${share(this.#undecided)} undecided\n`;
  }
}

async function verifyFile(file: string, isJson: boolean, verifier: Verifier, { out, err, signal }: CliWorld): Promise<number> {
  let content: string;
  try {
    content = (await readRegular(file)).toString('utf8');
  } catch (error) {
    err.write(`steplens: ${file} cannot be read: ${(error as Error).message}\n`);
    return exitCodes.unusable;
  }
  const counts = new Counts();
  let unreadable = 0;
  for (const [index, source] of content.split(/\r?\n/).entries()) {
    if (source.trim() === '') continue;
    const pair = readPair(source);
    if (typeof pair === 'string') {
      unreadable++;
      err.write(`steplens: ${file}, line ${index + 1}: ${pair}\n`);
    }
    const verdict = typeof pair === 'string' ? undecided('error', pair) : await verifier.verify({ ...pair, signal });
    if (isJson) out.write(`${JSON.stringify(line(verdict))}\n`);
    else if (typeof pair !== 'string') counts.add(verdict, pair.known);
  }
  if (!isJson) out.write(counts.toString());
  return unreadable > 0 ? exitCodes.unusable : exitCodes.done;
}

/** A pair, or what is wrong with the line. */
function readPair(source: string): AnswerPair | string {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    return 'the line is not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'the line is not a JSON object';
  const { reference, answer, question, verdict } = value as Record<string, unknown>;
  const [wanted, given] = [asText(reference), answer === null ? undefined : asText(answer)];
  if (wanted === undefined) return '"reference" is not a text';
  if (given === undefined && answer !== null && answer !== undefined) return '"answer" is not a text';
  return {
    reference: wanted,
    answer: given,
    ...(typeof question === 'string' && { question }),
    ...(typeof verdict === 'string' && { known: verdict }),
  };
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function line({ verdict, method, reason }: Verdict): Required<Verdict> {
  return { verdict, method, reason: reason ?? '' };
}

function text({ verdict, method, reason }: Verdict): string {
  return `${verdict} (${method})${reason === undefined ? '' : `: ${reason}`}`;
}
