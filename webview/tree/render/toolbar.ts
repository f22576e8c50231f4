import { plural, t } from '../../../server/l10n.js';
import { button, picker, type SearchField, searchField, setDisabled } from '../../shared/controls.js';
import { element } from '../../shared/element.js';
import type { ShownValues, TreeModel } from '../model/treeModel.js';
import type { PanelState } from '../state.js';

export interface ToolbarActions {
  readonly pickProblem: (problem: number) => void;
  readonly pickValues: (shown: ShownValues) => void;
  readonly search: (query: string) => void;
  readonly match: (direction: 1 | -1) => void;
  /** The first low step, or the first disagreement. */
  readonly first: () => void;
  readonly label: () => void;
  readonly lock: (isLocked: boolean) => void;
  readonly details: () => void;
  readonly help: () => void;
  readonly leaveSearch: () => void;
}

export interface Toolbar {
  readonly host: HTMLElement;
  readonly search: SearchField;
  update(state: PanelState): void;
}

/** Problems listed at once in the picker, around the one shown: a list of thousands is of no use. */
const LISTED = 100;

const SHOWN_LABELS: Readonly<Record<ShownValues, string>> = {
  labels: t('Labels'),
  model: t('Model'),
  both: t('Both'),
  rollouts: t('Rollouts'),
};

/** One line above the drawing: which problem, what to look for, which values. */
export function createToolbar(document: Document, actions: ToolbarActions): Toolbar {
  const problems = createProblems(document, actions);
  const values = createValues(document, actions);
  const search = createSearch(document, actions);
  const first = button(document, {
    label: t('Go to the first low step'),
    icon: 'flag',
    text: t('First low step'),
    appearance: 'secondary',
    className: 'first-low-button',
    onClick: actions.first,
  });
  const firstDifference = button(document, {
    label: t('Go to the first disagreement of labels and model'),
    icon: 'diff',
    text: t('Disagreement'),
    appearance: 'secondary',
    className: 'first-low-button',
    onClick: actions.first,
  });
  const end = createEnd(document, actions);
  const host = element(
    document,
    'div',
    { class: 'toolbar', role: 'group', 'aria-label': t('Tree tools') },
    problems.host,
    search.host,
    values.host,
    first,
    firstDifference,
    element(document, 'span', { class: 'spring' }),
    end.host,
  );
  return {
    host,
    search: search.field,
    update(state) {
      const { model } = state;
      problems.update(model);
      values.update(model);
      search.update(state);
      end.update(state);
      const isCompared = model?.shown === 'both';
      first.hidden = isCompared;
      firstDifference.hidden = !isCompared;
      setDisabled(first, model === null || model.low.length === 0);
      setDisabled(firstDifference, model === null || model.disagreements.length === 0);
      first.title =
        model === null || model.low.length === 0
          ? t('No step is below the threshold')
          : t('Go to the first low step: {0} with one', plural(model.firstLow.size, '{0} path', '{0} paths'));
      firstDifference.title = t(
        'Go to the first of {0}; n and p move to the next and previous',
        plural(model?.disagreements.length ?? 0, '{0} disagreement', '{0} disagreements'),
      );
    },
  };
}

interface Part<S> {
  readonly host: HTMLElement;
  update(state: S): void;
}

function createProblems(document: Document, actions: ToolbarActions): Part<TreeModel | null> {
  let shown = 0;
  const problems = picker(document, t('Problem'), actions.pickProblem);
  const go = (by: number) => () => actions.pickProblem(shown + by);
  const previous = button(document, { label: t('Previous problem'), icon: 'chevron-left', onClick: go(-1) });
  const next = button(document, { label: t('Next problem'), icon: 'chevron-right', onClick: go(1) });
  const host = element(document, 'div', { class: 'group problems' }, previous, problems.host, next);
  return {
    host,
    update(model) {
      host.hidden = model === null || model.view.problemCount < 2;
      if (model === null) return;
      const { problem, problemCount, titles } = model.view;
      shown = problem;
      const from = Math.max(0, Math.min(problem - LISTED / 2, problemCount - LISTED));
      const listed = Array.from({ length: Math.min(LISTED, problemCount) }, (_, i) => from + i);
      if (problemCount > 1)
        problems.show(
          listed.map((index) => ({ value: index, label: `${index + 1}/${problemCount}  ${titles[index] ?? ''}` })),
          problem,
        );
      setDisabled(previous, problem === 0);
      setDisabled(next, problem >= problemCount - 1);
    },
  };
}

function createValues(document: Document, actions: ToolbarActions): Part<TreeModel | null> {
  let choices: readonly ShownValues[] = [];
  const values = picker(document, t('Values shown'), (index) => {
    const chosen = choices[index];
    if (chosen !== undefined) actions.pickValues(chosen);
  });
  values.host.classList.add('values-picker');
  return {
    host: values.host,
    update(model) {
      choices = model?.choices ?? [];
      values.host.hidden = choices.length < 2;
      if (model !== null && choices.length > 1)
        values.show(
          choices.map((shown, value) => ({ value, label: SHOWN_LABELS[shown] })),
          Math.max(0, choices.indexOf(model.shown)),
        );
    },
  };
}

function createSearch(document: Document, actions: ToolbarActions): Part<PanelState> & { readonly field: SearchField } {
  const field = searchField(document, t('Search steps and answers'), actions.search);
  field.host.title = t('Words of steps and answers, and filters: value<0.5  visits>10  rollouts=0  depth:2  source:mc  answer:42');
  const count = element(document, 'span', { class: 'match-count', 'aria-live': 'polite' });
  const up = button(document, { label: t('Previous match (Shift+Enter)'), icon: 'arrow-up', onClick: () => actions.match(-1) });
  const down = button(document, { label: t('Next match (Enter)'), icon: 'arrow-down', onClick: () => actions.match(1) });
  field.host.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') actions.match(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') actions.leaveSearch();
    else return;
    event.preventDefault();
  });
  return {
    field,
    host: element(document, 'div', { class: 'group search', role: 'search' }, field.host, count, up, down),
    update({ model, query, matches, selected }) {
      setDisabled(field.host, model === null);
      const at = selected === null ? -1 : matches.indexOf(selected);
      const isSearching = query.trim() !== '';
      const found = at < 0 ? plural(matches.length, '{0} match', '{0} matches') : t('{0} of {1}', at + 1, matches.length);
      count.textContent = !isSearching ? '' : matches.length === 0 ? t('No match') : found;
      count.classList.toggle('none', isSearching && matches.length === 0);
      for (const control of [up, down]) {
        control.hidden = !isSearching;
        setDisabled(control, matches.length === 0);
      }
      if (field.value !== query) field.value = query;
    },
  };
}

/** Buttons that concern the panel rather than the tree. */
function createEnd(document: Document, actions: ToolbarActions): Part<PanelState> {
  const label = button(document, { label: t('Label this problem'), icon: 'beaker', onClick: actions.label });
  const lock = button(document, { label: t('Follow the active editor'), icon: 'lock', onClick: () => actions.lock(false) });
  const unlock = button(document, { label: t('Stay on this file'), icon: 'unlock', onClick: () => actions.lock(true) });
  const details = button(document, { label: t('Show or hide the details (d)'), icon: 'layout-sidebar-right', onClick: actions.details });
  const help = button(document, { label: t('Keyboard help (?)'), icon: 'keyboard', className: 'help-button', onClick: actions.help });
  return {
    host: element(document, 'div', { class: 'group' }, label, lock, unlock, details, help),
    update({ model, labeling, isLocked, isDetailsShown }) {
      // Without a reference answer no rollout can be judged.
      label.hidden = model === null || model.view.question === '' || model.view.answer === undefined;
      setDisabled(label, labeling !== null);
      label.title =
        model?.view.isSearchTree === true
          ? t('Label this problem again: a new search with the policy')
          : t('Label this problem: search with the policy');
      lock.hidden = !isLocked;
      unlock.hidden = isLocked;
      details.setAttribute('aria-pressed', String(isDetailsShown));
    },
  };
}
