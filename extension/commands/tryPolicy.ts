import { l10n, ProgressLocation, window, workspace } from 'vscode';
import { type PolicyTryResult, TryPolicy } from '../../server/protocol/labeling.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import { type Command, problemIn, targetOf } from './command.js';

/**
 * Requests one solution of a problem from the policy, before a search requests hundreds, and shows request, reply,
 * steps, answer and verdict.
 */
export const tryPolicy: Command = {
  id: 'steplens.tryPolicy',
  async run(stepLens, target, problem) {
    const uri = targetOf(stepLens, target);
    if (!uri || !(await consentToLabel(stepLens))) return;
    await workspace.openTextDocument(uri);
    const index = await problemIn(stepLens, uri, problem);
    const progress = { location: ProgressLocation.Notification, title: l10n.t('StepLens: asking the policy once'), cancellable: true };
    const result = await window.withProgress(progress, (_, token) =>
      stepLens.client.request(TryPolicy, { uri: uri.toString(), problem: index }, token),
    );
    await stepLens.reports.show(l10n.t('The policy, asked once'), report(result));
  },
};

/** The outcome comes first, then the steps and requests that led to it. */
function report(result: PolicyTryResult): string {
  const { policy, failure, steps, finish, answer, reference, verdict, method, reason, reasoning, requests } = result;
  const outcome =
    failure !== undefined
      ? [`**${l10n.t('No rollout.')}** ${failure}`]
      : [
          `**${verdictWords[verdict ?? 'undecided'] ?? verdict}**${method === undefined ? '' : ` (${l10n.t('decided by: {0}', method)})`}${reason === undefined ? '' : `. ${reason}`}`,
          `- ${l10n.t('final answer read from the last step: {0}', answer === undefined ? l10n.t('none found; ask the policy to end with `<answer>…</answer>` or "The answer is …"') : code(answer))}`,
          `- ${l10n.t('reference answer: {0}', code(reference))}`,
          `- ${finish === 'length' ? l10n.t('ended: cut at the longest allowed length') : l10n.t('ended: by itself')}`,
        ];
  return `${[
    `# ${l10n.t('The policy, asked once')}${policy === undefined ? '' : `: ${policy}`}`,
    ...outcome,
    ...(steps.length === 0
      ? []
      : [
          `## ${steps.length === 1 ? l10n.t('{0} step', 1) : l10n.t('{0} steps', steps.length)}`,
          steps.map((step, at) => `${at + 1}. ${step.replace(/\n+/g, '\n   ')}`).join('\n'),
        ]),
    ...(reasoning === undefined ? [] : [`## ${l10n.t('What it thought before')}`, fence('text', reasoning)]),
    ...requests.flatMap(({ to, url, request, status, reply, failure: none, ms }, at) => [
      `## ${to === 'judge' ? l10n.t('Request {0}, to the judge', at + 1) : l10n.t('Request {0}, to the policy', at + 1)}`,
      `${url === undefined ? l10n.t('on this machine') : `${url} · ${status === undefined ? l10n.t('no reply') : l10n.t('status {0}', status)}`} · ${Math.round(ms)} ms${none === undefined ? '' : `. ${none}`}`,
      ...(request === undefined ? [] : [fence('json', request)]),
      ...(reply === undefined ? [] : [l10n.t('Reply:'), fence('json', reply)]),
    ]),
    ...(requests.length === 0 ? [l10n.t('Nothing was sent.')] : []),
  ].join('\n\n')}\n`;
}

const verdictWords: Readonly<Record<string, string>> = { right: l10n.t('right'), wrong: l10n.t('wrong'), undecided: l10n.t('undecided') };

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** Returns a code block whose fence is longer than any in the text. */
function fence(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}
