import { plural, t } from '../../../server/l10n.js';
import type { NodeView, RolloutView } from '../../../server/protocol/problemView.js';
import { finalAnswer } from '../../../server/reasoning/finalAnswer.js';
import { rolloutCount } from '../../../server/reasoning/treeStatistics.js';
import { button } from '../../shared/controls.js';
import { element, icon } from '../../shared/element.js';
import { typeset } from '../../shared/math.js';
import { distinctRollouts, type ListedRollout } from '../model/rollouts.js';
import { renderRolloutFacts } from './rolloutFacts.js';
import { section } from './section.js';

/** Actions on a rollout, by its position in the node's list. */
export interface RolloutActions {
  readonly reveal: (rollout: number) => void;
  /** Absent if there is no event log with requests. */
  readonly showRequest?: (rollout: number) => void;
}

/** Rollouts listed before "Show more". */
const PAGE = 20;

/**
 * The completions sampled from a node: first the counts, then each completion, whose steps are typeset when it is opened.
 * `list` has their texts; null while they are loading.
 */
export function rolloutList(
  document: Document,
  node: NodeView,
  list: readonly RolloutView[] | null,
  actions: RolloutActions,
): HTMLElement[] {
  if (node.rollouts.length === 0) return [];
  const all = rolloutCount(node.rollouts);
  const correct = rolloutCount(node.rollouts.filter((group) => group.correct));
  const distinct = node.rollouts.reduce((sum, group) => sum + group.distinct, 0);
  const counts = element(
    document,
    'p',
    { class: 'counts' },
    icon(document, 'check'),
    t('{0} correct', correct),
    icon(document, 'close'),
    t('{0} incorrect', all - correct),
    element(
      document,
      'span',
      { class: 'quiet' },
      t('{0} distinct, {1}', distinct, plural(all - distinct, '{0} duplicate', '{0} duplicates')),
    ),
  );
  const parts = [counts];
  const total = node.mc?.total;
  if (total !== undefined && total !== all)
    parts.push(
      element(
        document,
        'p',
        { class: 'hint' },
        t('The value counts {0}; the file keeps {1}.', plural(total, '{0} rollout', '{0} rollouts'), all),
      ),
    );
  parts.push(list === null ? element(document, 'p', { class: 'hint' }, t('Reading the rollouts…')) : pages(document, list, actions));
  return [section(document, t('Rollouts from here'), ...parts)];
}

/** The distinct rollouts, `PAGE` at a time. */
function pages(document: Document, rollouts: readonly RolloutView[], actions: RolloutActions): HTMLElement {
  const distinct = distinctRollouts(rollouts);
  const list = element(document, 'div', { class: 'rollouts' });
  const more = (from: number) => {
    list.append(...distinct.slice(from, from + PAGE).map((item) => rolloutItem(document, item, actions)));
    const rest = distinct.length - from - PAGE;
    if (rest <= 0) return;
    const next = button(document, {
      label: t('Show {0} of {1}', plural(Math.min(rest, PAGE), '{0} more rollout', '{0} more rollouts'), rest),
      text: t('Show {0} more of {1}', Math.min(rest, PAGE), rest),
      onClick: () => {
        next.remove();
        more(from + PAGE);
      },
    });
    list.append(next);
  };
  more(0);
  return list;
}

function rolloutItem(document: Document, { rollout, index, copies }: ListedRollout, actions: RolloutActions): HTMLElement {
  const answer = rollout.answer ?? finalAnswer(rollout.steps.at(-1) ?? '');
  const verdict = rollout.correct ? 'check' : 'close';
  const summary = element(
    document,
    'summary',
    {},
    element(
      document,
      'span',
      { class: `verdict ${rollout.correct ? 'right' : 'wrong'}` },
      icon(document, verdict),
      element(document, 'span', { class: 'visually-hidden' }, rollout.correct ? 'correct' : 'incorrect'),
    ),
    element(document, 'span', { class: 'rollout-answer' }, answer ?? t('no final answer read')),
    element(document, 'span', { class: 'quiet' }, plural(rollout.steps.length, '{0} step', '{0} steps')),
  );
  if (copies > 1) summary.append(element(document, 'span', { class: 'badge' }, `×${copies}`));
  const item = element(document, 'details', { class: 'rollout' }, summary);
  const { showRequest } = actions;
  item.addEventListener(
    'toggle',
    () => {
      const steps = rollout.steps.map((text) => {
        const step = element(document, 'li', { class: 'step-text' });
        step.append(typeset(document, text));
        return step;
      });
      item.append(
        steps.length > 0
          ? element(document, 'ol', {}, ...steps)
          : element(document, 'p', { class: 'hint' }, t('It ends where the node ends.')),
        ...(rollout.details ? renderRolloutFacts(document, rollout.details) : []),
        button(document, {
          label: t('Show this rollout in the file'),
          icon: 'go-to-file',
          text: t('Show in file'),
          onClick: () => actions.reveal(index),
        }),
        ...(showRequest
          ? [
              button(document, {
                label: t('Show the request behind this rollout and its reply'),
                icon: 'arrow-swap',
                text: t('Show request'),
                onClick: () => showRequest(index),
              }),
            ]
          : []),
      );
    },
    { once: true },
  );
  return item;
}
