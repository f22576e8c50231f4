import { listed, plural, t } from '../../../server/l10n.js';
import type { LabelCost, Replay } from '../../../server/protocol/replay.js';
import { element } from '../../shared/element.js';
import { section } from './section.js';

/** Cost of labels (total, per rollout, per step label) and how the policy continued; empty if the log has neither. */
export function costSections(document: Document, { cost, continuation }: Pick<Replay, 'cost' | 'continuation'>): HTMLElement[] {
  return [
    ...(cost === undefined ? [] : [section(document, t('Cost of the labels'), table(document, cost), note(document, cost))]),
    ...(continuation === undefined
      ? []
      : [
          section(
            document,
            t('How the policy continues'),
            element(document, 'p', {}, WAYS[continuation.way]),
            element(document, 'p', { class: 'hint' }, `${continuation.why}.`),
          ),
        ]),
  ];
}

const WAYS = {
  prefix: t('The steps so far are its own open message.'),
  prompt: t('The steps so far are part of the question.'),
} as const;

function table(document: Document, cost: LabelCost): HTMLElement {
  const known = (tokens: number): number | undefined => (isUnreported(cost) ? undefined : tokens);
  const judge: [string, number | undefined][] =
    cost.judgeRequests > 0
      ? [
          [t('judge calls'), cost.judgeRequests],
          [t('judge tokens'), known(cost.judgeTokens)],
        ]
      : [];
  const rows: [string, number | undefined][] = [
    [t('requests'), cost.requests],
    [t('prompt tokens'), known(cost.promptTokens)],
    [t('completion tokens'), known(cost.completionTokens)],
    ...judge,
    [t('seconds'), cost.seconds],
    ...(cost.price === undefined ? [] : [[t('price'), cost.price] as [string, number]]),
  ];
  const head = ['', t('all'), t('a rollout'), t('a step label')].map((title) => element(document, 'th', { scope: 'col' }, title));
  const cells = ([name, value]: readonly [string, number | undefined]): HTMLElement =>
    element(
      document,
      'tr',
      {},
      element(document, 'th', { scope: 'row' }, name),
      ...[1, cost.rollouts, cost.labels].map((parts) =>
        element(document, 'td', {}, parts === 0 || value === undefined ? '–' : short(value / parts)),
      ),
    );
  return element(
    document,
    'table',
    { class: 'verdicts', 'aria-label': t('Cost of the labels') },
    element(document, 'thead', {}, element(document, 'tr', {}, ...head)),
    element(document, 'tbody', {}, ...rows.map(cells)),
  );
}

/** Whether no request has a known number of tokens. */
function isUnreported({ unreported, requests, judgeRequests }: LabelCost): boolean {
  return unreported > 0 && unreported >= requests + judgeRequests;
}

function note(document: Document, cost: LabelCost): HTMLElement {
  const { rollouts, labels, retries, cachedTokens, unreported } = cost;
  const facts = [
    listed([plural(rollouts, '{0} rollout', '{0} rollouts'), plural(labels, '{0} step label', '{0} step labels')]),
    ...(retries > 0 ? [t('{0} requests made again', retries)] : []),
    ...(unreported > 0 ? [t('{0} requests came without their tokens', unreported.toLocaleString('en-US'))] : []),
    ...(cachedTokens > 0 ? [t('{0} prompt tokens from the cache', cachedTokens.toLocaleString('en-US'))] : []),
  ];
  return element(document, 'p', { class: 'hint' }, listed(facts));
}

/** A number with three significant digits, or as an integer from 100 on. */
function short(value: number): string {
  return Number.isInteger(value) || value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
