import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type RunCost, runCost } from '../../server/labeling/economy/runCost.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import type { RunEvent } from '../../server/labeling/runEvents.js';
import { filesIn } from '../../server/labeling/runFiles.js';
import { RealServer, type RealWorld } from './realServer.js';
import type { Row } from './row.js';

/** Problems that a model of 0.1 billion weights solves sometimes. */
const problems = [
  { id: 'apples', question: 'Tom has 3 apples and buys 4 more. How many apples does he have?', correct_answer: '7' },
  { id: 'pens', question: 'A box has 6 pens. How many pens are in 3 boxes?', correct_answer: '18' },
  { id: 'change', question: 'Ann has 20 dollars and spends 8 dollars. How many dollars are left?', correct_answer: '12' },
  { id: 'pencils', question: 'A pack has 4 pencils. Sara buys 2 packs and gives away 3 pencils. How many are left?', correct_answer: '5' },
];

/** Asks for a sentence from which the rules can read the answer, and limits what a small model writes after it. */
export const asking = [
  '--template',
  'Solve in two or three short sentences. Begin the last one with "The answer is" and write the number behind it.\\n{question}',
  ...['--max-tokens', '80', '--temperature', '0.7', '--max-undecided', '1', '--progress', '0'],
];
const chains = ['--method', 'monte-carlo', '--solutions', '2', '--continuations', '4', '--max-steps', '3'];
const search = ['--method', 'mcts', '--rollouts', '4', '--searches', '2', '--budget', '24'];

interface Labeled {
  readonly code: number;
  readonly folder: string;
  readonly said: string;
  readonly events: readonly RunEvent[];
  readonly cost: RunCost;
}

/** Measures and checks `steplens label` on a real server with each kind of request, an outage, and two servers. */
export async function measureLabels(world: RealWorld, server: RealServer, root: string): Promise<Row[]> {
  const file = join(root, 'problems.json');
  await writeFile(file, JSON.stringify(problems));
  const label = async (name: string, args: readonly string[], onFirst?: () => Promise<void>): Promise<Labeled> =>
    await labeled(await mkdtemp(join(root, `${name}-`)), [file, '--policy', server.url, ...asking, ...args], onFirst);
  const rows: Row[] = [];
  const runs: readonly [name: string, args: readonly string[]][] = [
    ['Monte-Carlo, chat', chains],
    ['Monte-Carlo, completions', [...chains, '--mode', 'completions']],
    ['MCTS, chat', search],
    ['MCTS, steps in the prompt', [...search, '--continuation', 'prompt']],
  ];
  for (const [name, args] of runs) rows.push(rowOf(name, await label(name.replaceAll(/\W+/g, '-'), args)));
  const outage = await label('outage', [...chains, '--retries', '0', '--patience', '600'], async () => {
    await server.kill();
    await server.startAgain();
  });
  rows.push(rowOf('Monte-Carlo, the server killed and started again', outage));
  const second = await RealServer.start(world);
  try {
    rows.push(rowOf('Monte-Carlo, two servers', await label('two', [...chains, '--policy', second.url])));
  } finally {
    await second.kill();
  }
  return rows;
}

function rowOf(name: string, { code, folder, said, events, cost }: Labeled): Row {
  const faults = faultsOf(events);
  const { total, labels } = cost;
  const cached = total.promptTokens > 0 ? Math.round((100 * total.cachedTokens) / total.promptTokens) : 0;
  const [begin] = events;
  if (faults.length > 0) throw new Error(`${folder}: ${faults.join('; ')}`);
  if (code !== 0 && !said.includes('stays open')) throw new Error(`${folder}: exit code ${code}: ${said}`);
  return {
    name: `${name}: step labels`,
    value: labels,
    unit: '',
    note: [
      `${cost.finished} of ${problems.length} problems finished`,
      `${total.rollouts} rollouts (${total.failures} failed, ${total.undecided} undecided)`,
      `${total.promptTokens} prompt (${cached} % from the cache) and ${total.completionTokens} completion tokens`,
      `${total.retries} retries`,
      `${cost.seconds.toFixed(0)} s`,
      ...(begin?.continuation ? [`continues by ${begin.continuation.way}`] : []),
    ].join(', '),
  };
}

/** Violations of what must be true of every log, whatever the model writes. */
function faultsOf(events: readonly RunEvent[]): string[] {
  const faults: string[] = [];
  let counts = new Map<number, { right: number; decided: number }>();
  for (const event of events) {
    if (event.event === 'begin') counts = new Map();
    if (event.event === 'complete') counts.set(event.node, { right: Number(event.verdict === 'right'), decided: 1 });
    if (event.event === 'rollouts') {
      const count = counts.get(event.node) ?? { right: 0, decided: 0 };
      for (const rollout of event.rollouts) {
        if ('failure' in rollout) continue;
        if (rollout.verdict === 'right') count.right++;
        if (rollout.verdict !== 'undecided') count.decided++;
        if (rollout.steps.some((step) => step.trim() === '')) faults.push('a step is blank');
      }
      counts.set(event.node, count);
      if (event.cost !== undefined && event.cost.completion < event.rollouts.filter((one) => !('failure' in one)).length)
        faults.push('a batch has fewer tokens than rollouts');
    }
    if (event.event === 'value') {
      const count = counts.get(event.node);
      // A node without a count was not sampled: a search labels the last step of a wrong rollout as wrong.
      if (count !== undefined && (event.correct !== count.right || event.total !== count.decided))
        faults.push(`node ${event.node} has ${event.correct} of ${event.total}, its rollouts ${count.right} of ${count.decided}`);
    }
  }
  return faults;
}

/** Runs the command. `onFirst` is called once when the first batch of rollouts is in a log. */
async function labeled(folder: string, args: readonly string[], onFirst?: () => Promise<void>): Promise<Labeled> {
  const stream = join(folder, 'progress.jsonl');
  const more = onFirst === undefined ? [] : ['--progress-json', stream, '--progress', '1'];
  const child = spawn(process.execPath, ['dist/cli.js', 'label', ...args, '--out', folder, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  const reading = [child.stdout, child.stderr].map(async (output) => {
    for await (const line of createInterface({ input: output })) said.push(line);
  });
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  if (onFirst !== undefined) {
    let isOver = false;
    void ended.then(() => (isOver = true));
    const hasBegun = async (): Promise<boolean> => /"rollouts":[1-9]/.test(await readFile(stream, 'utf8').catch(() => ''));
    while (!isOver && !(await hasBegun())) await new Promise((resolve) => setTimeout(resolve, 200));
    await onFirst();
  }
  const code = await ended;
  await Promise.all(reading);
  const events: RunEvent[] = [];
  for (const log of (await filesIn(folder)).logs) events.push(...(await readEventLog(log)).recorded.map(({ event }) => event));
  for (const line of said) console.log(`  ${line}`);
  return { code, folder, said: said.join('\n'), events, cost: await runCost(folder) };
}
