import { english } from '../../l10n.js';
import { readEventLog } from '../eventLog.js';
import { LabelError } from '../labelError.js';
import { filesIn } from '../runFiles.js';
import { addExpense, busyTime, type Expense, newExpense, PHASES, type ProblemExpense, problemExpense, totalExpense } from './ledger.js';

/** What the labels of one method cost. */
export interface MethodCost {
  readonly method: string;
  readonly problems: number;
  readonly finished: number;
  readonly labels: number;
  readonly phases: Readonly<Record<(typeof PHASES)[number], Expense>>;
  readonly total: Expense;
}

/** What all labels of a run, or of several, cost. */
export interface RunCost extends Omit<MethodCost, 'method'> {
  /** Methods of the run's problems. */
  readonly methods: readonly string[];
  readonly byMethod: readonly MethodCost[];
  /** Seconds during which at least one batch was running, over all parts of a resumed run. */
  readonly seconds: number;
}

/** Reads the cost of the run in a folder. Rejects with LabelError when there is no log. */
export async function runCost(folder: string): Promise<RunCost> {
  const { logs } = await filesIn(folder);
  const found: ProblemExpense[] = [];
  for (const log of logs) {
    const problem = problemExpense((await readEventLog(log)).recorded.map(({ event }) => event));
    if (problem !== undefined) found.push(problem);
  }
  if (found.length === 0) throw new LabelError(english('{0} has no event logs of a run.', folder));
  const byMethod = [...new Set(found.map(({ method }) => method))].map((method) =>
    methodCost(
      method,
      found.filter((one) => one.method === method),
    ),
  );
  return together(byMethod, busyTime(found.flatMap(({ batches }) => batches)) / 1000);
}

/** Adds up the costs of several runs. Each method is listed once. */
export function sumCosts(runs: readonly RunCost[]): RunCost {
  const parts = runs.flatMap(({ byMethod }) => byMethod);
  const byMethod = [...new Set(parts.map(({ method }) => method))].map((method) => ({
    method,
    ...added(parts.filter((one) => one.method === method)),
  }));
  return together(
    byMethod,
    runs.reduce((sum, { seconds }) => sum + seconds, 0),
  );
}

function together(byMethod: readonly MethodCost[], seconds: number): RunCost {
  return { ...added(byMethod), methods: byMethod.map(({ method }) => method), byMethod, seconds };
}

function methodCost(method: string, problems: readonly ProblemExpense[]): MethodCost {
  const phases = newPhases();
  const total = newExpense();
  for (const problem of problems) {
    for (const phase of PHASES) addExpense(phases[phase], problem.phases[phase]);
    addExpense(total, totalExpense(problem));
  }
  return {
    method,
    problems: problems.length,
    finished: problems.filter(({ isFinished }) => isFinished).length,
    labels: problems.reduce((sum, { labels }) => sum + labels, 0),
    phases,
    total,
  };
}

function added(parts: readonly MethodCost[]): Omit<MethodCost, 'method'> {
  const phases = newPhases();
  const total = newExpense();
  for (const part of parts) {
    for (const phase of PHASES) addExpense(phases[phase], part.phases[phase]);
    addExpense(total, part.total);
  }
  const sum = (key: 'problems' | 'finished' | 'labels'): number => parts.reduce((all, part) => all + part[key], 0);
  return { problems: sum('problems'), finished: sum('finished'), labels: sum('labels'), phases, total };
}

function newPhases(): Record<(typeof PHASES)[number], Expense> {
  return { question: newExpense(), steps: newExpense(), more: newExpense() };
}
