import { readEventLog } from '../eventLog.js';
import { LabelError } from '../labelError.js';
import { filesIn } from '../runFiles.js';
import { addExpense, busyTime, type Expense, newExpense, PHASES, type ProblemExpense, problemExpense, totalExpense } from './ledger.js';

/** What all labels of a run cost. */
export interface RunCost {
  readonly problems: number;
  readonly finished: number;
  readonly labels: number;
  /** Methods of the run's problems. */
  readonly methods: readonly string[];
  readonly phases: Readonly<Record<(typeof PHASES)[number], Expense>>;
  readonly total: Expense;
  /** Seconds in which at least one batch was under way, of every part of a resumed run. */
  readonly seconds: number;
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
  return {
    problems: found.length,
    finished: found.filter(({ isFinished }) => isFinished).length,
    labels: found.reduce((sum, { labels }) => sum + labels, 0),
    methods: [...new Set(found.map(({ method }) => method))],
    phases,
    total,
    seconds: busyTime(found.flatMap(({ batches }) => batches)) / 1000,
  };
}
