import type { LabelCost, Replay } from '../../../server/protocol/replay.js';
import { element } from '../../shared/element.js';
import { plural } from '../../shared/words.js';
import { section } from './section.js';

/** What the labels cost, in all, for a rollout and for a step label; how the policy continued; nothing where the log has neither. */
export function costSections(document: Document, { cost, continuation }: Pick<Replay, 'cost' | 'continuation'>): HTMLElement[] {
  return [
    ...(cost === undefined ? [] : [section(document, 'Cost of the labels', table(document, cost), note(document, cost))]),
    ...(continuation === undefined
      ? []
      : [
          section(
            document,
            'How the policy continues',
            element(document, 'p', {}, WAYS[continuation.way]),
            element(document, 'p', { class: 'hint' }, `${continuation.why}.`),
          ),
        ]),
  ];
}

const WAYS = {
  prefix: 'The steps so far are its own open message.',
  prompt: 'The steps so far are part of the question.',
} as const;

function table(document: Document, cost: LabelCost): HTMLElement {
  const judge: [string, number][] =
    cost.judgeRequests > 0
      ? [
          ['judge calls', cost.judgeRequests],
          ['judge tokens', cost.judgeTokens],
        ]
      : [];
  const rows: [string, number][] = [
    ['requests', cost.requests],
    ['prompt tokens', cost.promptTokens],
    ['completion tokens', cost.completionTokens],
    ...judge,
    ['seconds', cost.seconds],
    ...(cost.price === undefined ? [] : [['price', cost.price] as [string, number]]),
  ];
  const head = ['', 'all', 'a rollout', 'a step label'].map((title) => element(document, 'th', { scope: 'col' }, title));
  const cells = ([name, value]: readonly [string, number]): HTMLElement =>
    element(
      document,
      'tr',
      {},
      element(document, 'th', { scope: 'row' }, name),
      ...[1, cost.rollouts, cost.labels].map((parts) => element(document, 'td', {}, parts === 0 ? '–' : short(value / parts))),
    );
  return element(
    document,
    'table',
    { class: 'verdicts', 'aria-label': 'Cost of the labels' },
    element(document, 'thead', {}, element(document, 'tr', {}, ...head)),
    element(document, 'tbody', {}, ...rows.map(cells)),
  );
}

function note(document: Document, { rollouts, labels, retries, cachedTokens }: LabelCost): HTMLElement {
  const facts = [
    `${plural(rollouts, 'rollout')}, ${plural(labels, 'step label')}`,
    ...(retries > 0 ? [`${retries} requests made again`] : []),
    ...(cachedTokens > 0 ? [`${cachedTokens.toLocaleString('en-US')} prompt tokens from the cache`] : []),
  ];
  return element(document, 'p', { class: 'hint' }, facts.join(', '));
}

/** Three digits that say something. */
function short(value: number): string {
  return Number.isInteger(value) || value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
