import { dirname } from 'node:path';
import { LabelError } from '../labelError.js';
import { lacksTokens } from './ledger.js';
import { runCost } from './runCost.js';

/** Returns one sentence on the cost of the labels for each folder of these files that has the logs of a run. */
export async function costLines(files: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    const line = await costLine(folder).catch((error: unknown) => {
      // Not the folder of a run.
      if (error instanceof LabelError) return undefined;
      throw error;
    });
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

async function costLine(folder: string): Promise<string> {
  const { total, seconds, problems, methods } = await runCost(folder);
  const number = (value: number): string => value.toLocaleString('en-US');
  const tokens = `with ${number(total.promptTokens)} prompt and ${number(total.completionTokens)} completion tokens${total.unreported > 0 ? ` (${number(total.unreported)} requests came without their tokens)` : ''}`;
  const judge = total.judgeRequests > 0 ? `, ${number(total.judgeRequests)} judge calls with ${number(total.judgeTokens)} tokens` : '';
  return `${folder} (${methods.join(', ')}): ${number(problems)} problems, ${number(total.rollouts)} rollouts, ${number(total.requests)} requests ${lacksTokens(total) ? 'whose tokens the servers do not report' : tokens}${judge}, ${number(Math.round(seconds))} s of sampling.`;
}
