import { type Expense, lacksTokens, money, newExpense, PHASES, type Prices } from '../labeling/economy/ledger.js';
import { type MethodCost, type RunCost, runCost, sumCosts } from '../labeling/economy/runCost.js';
import { LabelError } from '../labeling/labelError.js';
import { countedNoun } from '../language/solutionValues.js';
import { type CliCommand, exitCodes, UsageError } from './command.js';
import { parseOptions, pricesOption } from './commandOptions.js';
import { textTable } from './textTable.js';

export const costCommand: CliCommand = {
  name: 'cost',
  summary: 'what the labels of a run cost: tokens, requests, seconds and money',
  help: `Usage: steplens cost DIR... [OPTIONS]

Reads the event logs of runs (of "steplens label --out DIR") and adds up what they cost, the earlier
parts of resumed runs included, by method and by phase. Several runs are compared by method behind
their own tables. Tokens are those that the servers report.

  --price-in X         price of a million prompt tokens, in any currency
  --price-out X        price of a million completion tokens
  --json               one JSON object a run

Exit codes: 0 done, 2 bad usage, or a folder without logs.
`,
  async run(args, world) {
    const { values, positionals } = parseOptions(args, {
      'price-in': { type: 'string' },
      'price-out': { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    if (positionals.length === 0) throw new UsageError('cost needs the folder of a run');
    const prices = pricesOption(values['price-in'], values['price-out']);
    const runs: RunCost[] = [];
    let failed = 0;
    for (const folder of positionals) {
      try {
        const run = await runCost(folder);
        runs.push(run);
        const price = prices && { price: money(run.total, prices) };
        world.out.write(values.json ? `${JSON.stringify({ run: folder, ...run, ...price })}\n` : costTable(folder, run, prices));
      } catch (error) {
        if (!(error instanceof LabelError)) throw error;
        failed++;
        world.err.write(`steplens: ${error.message}\n`);
      }
    }
    if (!values.json && runs.length > 1) world.out.write(costTable(`all ${runs.length} runs`, sumCosts(runs), prices));
    return failed > 0 ? exitCodes.unusable : exitCodes.done;
  },
};

function costTable(name: string, run: RunCost, prices: Prices | undefined): string {
  const { total, labels, problems, finished, methods, byMethod, seconds } = run;
  const rows = [
    [
      '',
      'rollouts',
      'requests',
      'retries',
      'prompt',
      'cached',
      'completion',
      'judge calls',
      'judge tokens',
      'seconds',
      ...(prices ? ['price'] : []),
    ],
    ...(byMethod.length > 1
      ? [...byMethod.flatMap((one) => costRows(one, prices, `${one.method}: `)), row('all methods', total, prices)]
      : costRows(run, prices, '')),
  ];
  const head = `${name}: ${methods.join(', ')}, ${countedNoun(problems, 'problem')} (${finished} finished), ${countedNoun(labels, 'step label')}, ${seconds.toFixed(1)} s of sampling\n`;
  const note =
    total.requests === 0
      ? '  The log has no costs: it was written by an earlier version, or the policy reported none.\n'
      : total.unreported > 0
        ? `  ${unreportedText(total)}\n`
        : '';
  return head + textTable(rows) + note;
}

function costRows({ phases, total, labels, problems }: Omit<MethodCost, 'method'>, prices: Prices | undefined, method: string): string[][] {
  return [
    ...PHASES.filter((phase) => phases[phase].requests + phases[phase].rollouts > 0).map((phase) =>
      row(`${method}${PHASE_NAMES[phase]}`, phases[phase], prices),
    ),
    row(`${method}total`, total, prices),
    ...(total.rollouts > 0 ? [row(`${method}per rollout`, share(total, total.rollouts), prices)] : []),
    ...(labels > 0 ? [row(`${method}per step label`, share(total, labels), prices)] : []),
    row(`${method}per problem`, share(total, problems), prices),
  ];
}

/** The sentence on requests whose tokens are unknown. */
export function unreportedText(total: Pick<Expense, 'requests' | 'judgeRequests' | 'unreported'>): string {
  if (lacksTokens(total)) return 'The servers report no tokens, so tokens and price are unknown.';
  const all = total.requests + total.judgeRequests;
  return `${total.unreported.toLocaleString('en-US')} of ${all.toLocaleString('en-US')} requests came without their tokens: tokens and price are too low.`;
}

const PHASE_NAMES = { question: 'from the question', steps: 'from steps', more: 'asked for by hand' } as const;

/** The seconds of a row are the sum over its batches, several of which run at once. */
function row(name: string, expense: Expense, prices: Prices | undefined): string[] {
  const { rollouts, requests, retries, promptTokens, cachedTokens, completionTokens, judgeRequests, judgeTokens, ms } = expense;
  const known = (value: number): string => (lacksTokens(expense) ? '-' : shortNumber(value));
  return [
    name,
    ...[rollouts, requests, retries].map(shortNumber),
    ...[promptTokens, cachedTokens, completionTokens].map(known),
    shortNumber(judgeRequests),
    known(judgeTokens),
    (ms / 1000).toFixed(ms < 10_000 ? 3 : 1),
    ...(prices ? [lacksTokens(expense) ? '-' : shortMoney(money(expense, prices))] : []),
  ];
}

function share(total: Expense, parts: number): Expense {
  const each = newExpense();
  for (const key of Object.keys(each) as (keyof Expense)[]) each[key] = total[key] / parts;
  return each;
}

function shortNumber(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 1);
}

/** Shows four significant digits below 100, because the price of one rollout can be very small. */
export function shortMoney(value: number): string {
  return value === 0 || value >= 100
    ? value.toFixed(2)
    : Number(value.toPrecision(4)).toFixed(Math.min(12, Math.max(2, 3 - Math.floor(Math.log10(value)))));
}
