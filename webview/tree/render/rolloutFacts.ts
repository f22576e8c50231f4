import { plural, t } from '../../../server/l10n.js';
import type { RolloutDetails } from '../../../server/protocol/problemView.js';
import { element } from '../../shared/element.js';

/** How a rollout came about and who judged it: verdict, finish, seed, tokens, time, thoughts and raw text, as far as the log has it. */
export function renderRolloutFacts(document: Document, details: RolloutDetails): HTMLElement[] {
  const { verdict, method, reason, finish, seed, tokens, ms, shared, reasoning, raw } = details;
  const together = shared === undefined ? '' : t(', {0} together', plural(shared, '{0} rollout', '{0} rollouts'));
  const facts: (readonly [string, string])[] = [
    [t('Verdict'), t('{0}, by {1}{2}', verdict, METHOD_WORDS[method] ?? method, reason === undefined ? '' : `: ${reason}`)],
    [t('Finish'), FINISH_WORDS[finish] ?? finish],
    ...(seed === undefined ? [] : [[t('Seed'), String(seed)] as const]),
    ...(tokens === undefined ? [] : [[t('Tokens'), `${tokens.toLocaleString('en')}${together}`] as const]),
    ...(ms === undefined ? [] : [[t('Latency'), t('{0} ms{1}', Math.round(ms).toLocaleString('en'), together)] as const]),
  ];
  const list = element(document, 'dl', { class: 'facts' });
  for (const [name, value] of facts) list.append(element(document, 'dt', {}, name), element(document, 'dd', {}, value));
  return [
    list,
    ...(reasoning === undefined ? [] : [folded(document, t('Thoughts before the answer'), reasoning)]),
    ...(raw === undefined ? [] : [folded(document, t('Raw text of the server'), raw)]),
  ];
}

function folded(document: Document, title: string, text: string): HTMLElement {
  return element(
    document,
    'details',
    {},
    element(document, 'summary', {}, title),
    element(document, 'pre', { tabindex: '0', 'aria-label': title }, text),
  );
}

const FINISH_WORDS: Readonly<Record<string, string>> = {
  stop: t('stop: ended by itself'),
  length: t('length: cut at the longest allowed length'),
};

/** Names of the methods that gave a verdict. Others are shown as the log has them. */
const METHOD_WORDS: Readonly<Record<string, string>> = {
  llm: t('the LLM judge'),
  failed: t('nobody: the judge failed'),
  own: t('your verifier'),
  error: t('nobody: the verifier failed'),
  limit: t('nobody: the verifier took too long'),
};
