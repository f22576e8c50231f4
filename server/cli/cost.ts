import {
  addExpense,
  type Expense,
  money,
  newExpense,
  PHASES,
  type Prices,
  type ProblemExpense,
  problemExpense,
  totalExpense,
} from '../labeling/economy/ledger.js';
import { readEventLog } from '../labeling/eventLog.js';
import { LabelError } from '../labeling/labelError.js';
import { filesIn } from '../labeling/runFiles.js';
import { count } from '../language/solutionValues.js';
import { type Command, exitCodes, UsageError } from './command.js';
import { parseOptions } from './commandOptions.js';

export const costCommand: Command = {
  name: 'cost',
  summary: 'what the labels of a run cost: tokens, requests, seconds and money, by method and phase',
  help: `Usage: steplens cost DIR... [OPTIONS]

Reads the event logs of runs (of "steplens label --out DIR") and adds up what they cost, the earlier
parts of resumed runs included. Tokens are those that the servers report.

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
    const prices = pricesOf(values['price-in'], values['price-out']);
    let failed = 0;
    for (const folder of positionals) {
      try {
        const run = await runCost(folder);
        world.out.write(values.json ? `${JSON.stringify({ run: folder, ...run })}\n` : costTable(folder, run, prices));
      } catch (error) {
        if (!(error instanceof LabelError)) throw error;
        failed++;
        world.err.write(`steplens: ${error.message}\n`);
      }
    }
    return failed > 0 ? exitCodes.unusable : exitCodes.done;
  },
};

export interface RunCost {
  readonly problems: number;
  readonly finished: number;
  readonly labels: number;
  /** Methods of the run's problems. */
  readonly methods: readonly string[];
  readonly phases: Readonly<Record<(typeof PHASES)[number], Expense>>;
  readonly total: Expense;
  /** Seconds between the first and last event of each problem, as one span where they overlap: pauses between resumed parts are in it. */
  readonly seconds?: number;
}

/** Rejects with LabelError where there is no log. */
export async function runCost(folder: string): Promise<RunCost> {
  const { logs } = await filesIn(folder);
  const phases = { question: newExpense(), steps: newExpense(), more: newExpense() };
  const total = newExpense();
  const found: ProblemExpense[] = [];
  for (const log of logs) {
    const problem = problemExpense((await readEventLog(log)).recorded.map(({ event }) => event));
    if (problem === undefined) continue;
    found.push(problem);
    for (const phase of PHASES) addExpense(phases[phase], problem.phases[phase]);
    addExpense(total, totalExpense(problem));
  }
  if (found.length === 0) throw new LabelError(`${folder} has no event logs of a run.`);
  const from = Math.min(...found.map((one) => one.from ?? Infinity));
  const to = Math.max(...found.map((one) => one.to ?? -Infinity));
  return {
    problems: found.length,
    finished: found.filter(({ isFinished }) => isFinished).length,
    labels: found.reduce((sum, { labels }) => sum + labels, 0),
    methods: [...new Set(found.map(({ method }) => method))],
    phases,
    total,
    ...(to >= from && { seconds: (to - from) / 1000 }),
  };
}

function costTable(folder: string, run: RunCost, prices: Prices | undefined): string {
  const { phases, total, labels, problems, finished, methods, seconds } = run;
  const columns = ['rollouts', 'requests', 'prompt', 'cached', 'completion', 'judge', 'seconds', ...(prices ? ['price'] : [])];
  const row = (name: string, expense: Expense): string[] => [
    name,
    whole(expense.rollouts),
    whole(expense.requests),
    whole(expense.promptTokens),
    whole(expense.cachedTokens),
    whole(expense.completionTokens),
    whole(expense.judgeTokens),
    (expense.ms / 1000).toFixed(1),
    ...(prices ? [money(expense, prices).toFixed(4)] : []),
  ];
  const share = (name: string, parts: number): string[] => {
    const each = newExpense();
    for (const key of Object.keys(each) as (keyof Expense)[]) each[key] = total[key] / parts;
    const [, ...cells] = row(name, each);
    return [name, ...cells.map((cell, i) => (i < 6 ? (Object.values(pick(each))[i] ?? 0).toFixed(1) : cell))];
  };
  const rows = [
    ['', ...columns],
    ...PHASES.filter((phase) => phases[phase].rollouts > 0).map((phase) =>
      row(`from the ${phase}`.replace('the more', 'nodes, by hand'), phases[phase]),
    ),
    row('total', total),
    ...(total.rollouts > 0 ? [share('per rollout', total.rollouts)] : []),
    ...(labels > 0 ? [share('per step label', labels)] : []),
    share('per problem', problems),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  const lines = rows.map(
    (cells) => `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}\n`,
  );
  const span = seconds === undefined ? '' : `, ${seconds.toFixed(1)} s from the first to the last event`;
  const head = `${folder}: ${methods.join(', ')}, ${count(problems, 'problem')} (${finished} finished), ${count(labels, 'step label')}${span}\n`;
  const note = total.requests === 0 ? '  The policy reported no tokens.\n' : '';
  return head + lines.join('') + note;
}

function pick({ rollouts, requests, promptTokens, cachedTokens, completionTokens, judgeTokens }: Expense) {
  return { rollouts, requests, promptTokens, cachedTokens, completionTokens, judgeTokens };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `--price-in`, `--price-out`: both or none. */
export function pricesOf(prompt: string | undefined, completion: string | undefined): Prices | undefined {
  if (prompt === undefined && completion === undefined) return undefined;
  const values = [prompt ?? '0', completion ?? '0'].map(Number);
  if (values.some((value) => !(value >= 0 && value < Infinity))) throw new UsageError('--price-in and --price-out are numbers, 0 or more');
  return { prompt: values[0]!, completion: values[1]! };
}
