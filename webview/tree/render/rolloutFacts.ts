import type { RolloutDetails } from '../../../server/protocol/problemView.js';
import { element } from '../../shared/element.js';
import { plural } from '../../shared/words.js';

/** How a rollout came about and who judged it: verdict, finish, seed, tokens, time, thoughts and raw text, as far as the log has it. */
export function rolloutFacts(document: Document, details: RolloutDetails): HTMLElement[] {
  const { verdict, method, reason, finish, seed, tokens, ms, shared, reasoning, raw } = details;
  const together = shared === undefined ? '' : `, ${plural(shared, 'rollout')} together`;
  const facts: (readonly [string, string])[] = [
    ['Verdict', `${verdict}, by ${METHOD_WORDS[method] ?? method}${reason === undefined ? '' : `: ${reason}`}`],
    ['Finish', FINISH_WORDS[finish] ?? finish],
    ...(seed === undefined ? [] : [['Seed', String(seed)] as const]),
    ...(tokens === undefined ? [] : [['Tokens', `${tokens.toLocaleString('en')}${together}`] as const]),
    ...(ms === undefined ? [] : [['Latency', `${Math.round(ms).toLocaleString('en')} ms${together}`] as const]),
  ];
  const list = element(document, 'dl', { class: 'facts' });
  for (const [name, value] of facts) list.append(element(document, 'dt', {}, name), element(document, 'dd', {}, value));
  return [
    list,
    ...(reasoning === undefined ? [] : [folded(document, 'Thoughts before the answer', reasoning)]),
    ...(raw === undefined ? [] : [folded(document, 'Raw text of the server', raw)]),
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
  stop: 'stop: ended by itself',
  length: 'length: cut at the longest allowed length',
};

/** What decided, in words; others are shown as the log has them. */
const METHOD_WORDS: Readonly<Record<string, string>> = {
  llm: 'the LLM judge',
  failed: 'nobody: the judge failed',
  own: 'your verifier',
  error: 'nobody: the verifier failed',
  limit: 'nobody: the verifier took too long',
};
