import { fileURLToPath, pathToFileURL } from 'node:url';
import { local, t } from '../l10n.js';
import { lacksTokens, money, type Prices } from '../labeling/economy/ledger.js';
import { runReport } from '../labeling/economy/runReport.js';
import { RequestError } from '../protocol/message.js';
import type { RunReportView } from '../protocol/run.js';

/** Returns the data of the run view for a folder. Rejects with an Error for the user. */
export async function runReportView(folder: string, now: number, prices: Prices): Promise<RunReportView> {
  if (!folder.startsWith('file:')) throw new RequestError('failed', t('Runs are folders on this machine.'));
  const { problems, failures, decisions, depths, total, seconds, rate, secondsLeft } = await runReport(fileURLToPath(folder), now);
  const { requests, promptTokens, completionTokens, judgeRequests, judgeTokens, unreported } = total;
  const uri = (path: string): string => pathToFileURL(path).href;
  return {
    problems: problems.map((one) => ({ ...one, log: uri(one.log), file: uri(one.file) })),
    failures: failures.map(({ cause, count }) => ({ cause: local(cause), count })),
    decisions: decisions.map((one) => ({
      ...one,
      log: uri(one.log),
      answer: one.answer ?? null,
      reason: one.reason === undefined ? null : local(one.reason),
    })),
    depths,
    requests,
    promptTokens,
    completionTokens,
    judgeRequests,
    judgeTokens,
    unreported,
    price: (prices.prompt > 0 || prices.completion > 0) && !lacksTokens(total) ? money(total, prices) : null,
    seconds,
    rate: rate ?? null,
    secondsLeft: secondsLeft ?? null,
  };
}
