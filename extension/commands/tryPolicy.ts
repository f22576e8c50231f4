import { l10n, ProgressLocation, window, workspace } from 'vscode';
import { type PolicyTryResult, TryPolicy } from '../../server/protocol/labeling.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import { stepAt } from '../shell/stepAt.js';
import { type Command, isIndex, targetOf } from './command.js';

/** Asks the policy for one solution of a problem and shows request, reply, steps, answer and verdict: before a search spends hundreds. */
export const tryPolicy: Command = {
  id: 'steplens.tryPolicy',
  async run(stepLens, target, problem) {
    const uri = targetOf(stepLens, target);
    if (!uri || !(await consentToLabel(stepLens))) return;
    await workspace.openTextDocument(uri);
    const position = window.activeTextEditor?.selection.active;
    const at = isIndex(problem) || !position ? undefined : await stepAt(stepLens.client, uri, position);
    const index = isIndex(problem) ? problem : (at?.problem ?? 0);
    const progress = { location: ProgressLocation.Notification, title: l10n.t('StepLens: asking the policy once'), cancellable: true };
    const result = await window.withProgress(progress, (_, token) =>
      stepLens.client.request(TryPolicy, { uri: uri.toString(), problem: index }, token),
    );
    const document = await workspace.openTextDocument({ language: 'markdown', content: report(result) });
    await window.showTextDocument(document, { preview: true });
  },
};

/** The outcome first, then how it came about. */
function report(result: PolicyTryResult): string {
  const { policy, failure, steps, finish, answer, reference, verdict, method, reason, reasoning, requests } = result;
  const outcome =
    failure !== undefined
      ? [`**No rollout.** ${failure}`]
      : [
          `**${verdict ?? 'undecided'}**${method === undefined ? '' : ` (decided by: ${method})`}${reason === undefined ? '' : `. ${reason}`}`,
          `- final answer read from the last step: ${answer === undefined ? 'none found; ask the policy to end with `<answer>…</answer>` or "The answer is …"' : code(answer)}`,
          `- reference answer: ${code(reference)}`,
          `- ended: ${finish === 'length' ? 'cut at the longest allowed length' : 'by itself'}`,
        ];
  return `${[
    `# The policy, asked once${policy === undefined ? '' : `: ${policy}`}`,
    ...outcome,
    ...(steps.length === 0
      ? []
      : [`## ${steps.length} steps`, steps.map((step, at) => `${at + 1}. ${step.replace(/\n+/g, '\n   ')}`).join('\n')]),
    ...(reasoning === undefined ? [] : ['## What it thought before', fence('text', reasoning)]),
    ...requests.flatMap(({ to, url, request, status, reply, failure: none, ms }, at) => [
      `## Request ${at + 1}, to the ${to}`,
      `${url} · ${status === undefined ? 'no reply' : `status ${status}`} · ${Math.round(ms)} ms${none === undefined ? '' : `. ${none}`}`,
      ...(request === undefined ? [] : [fence('json', request)]),
      ...(reply === undefined ? [] : ['Reply:', fence('json', reply)]),
    ]),
    ...(requests.length === 0 ? ['Nothing was sent: the policy runs on this machine.'] : []),
  ].join('\n\n')}\n`;
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** A fence that is longer than any in the text. */
function fence(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}
