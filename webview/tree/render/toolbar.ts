import { button, picker, type SearchField, searchField, setDisabled } from '../../shared/controls.js';
import { element } from '../../shared/element.js';
import { plural } from '../../shared/words.js';
import type { ShownValues } from '../model/treeModel.js';
import type { PanelState } from '../store.js';

export interface ToolbarActions {
  readonly pickProblem: (problem: number) => void;
  readonly pickValues: (shown: ShownValues) => void;
  readonly search: (query: string) => void;
  readonly match: (direction: 1 | -1) => void;
  readonly firstLow: () => void;
  readonly fit: () => void;
  readonly zoom: (direction: 1 | -1) => void;
  readonly foldAll: (isFolded: boolean) => void;
  readonly label: () => void;
  readonly help: () => void;
  readonly leaveSearch: () => void;
}

export interface Toolbar {
  readonly host: HTMLElement;
  readonly search: SearchField;
  update(state: PanelState): void;
}

/** Problems listed at once in the picker, around the one shown: a list of thousands helps nobody. */
const LISTED = 100;

/** What the picker of values offers; shown where a tree has both. */
const SHOWN: readonly { readonly shown: ShownValues; readonly label: string }[] = [
  { shown: 'labels', label: 'Labels' },
  { shown: 'model', label: 'Model' },
];

export function createToolbar(document: Document, actions: ToolbarActions): Toolbar {
  const problems = picker(document, 'Problem', actions.pickProblem);
  const previous = button(document, {
    label: 'Previous problem',
    icon: 'chevron-left',
    onClick: () => actions.pickProblem(shown.problem - 1),
  });
  const next = button(document, { label: 'Next problem', icon: 'chevron-right', onClick: () => actions.pickProblem(shown.problem + 1) });
  const problemGroup = element(document, 'div', { class: 'group problems' }, previous, problems.host, next);
  const values = picker(document, 'Values shown', (index) => actions.pickValues(SHOWN[index]!.shown));
  values.host.classList.add('values-picker');
  const search = searchField(document, 'Search steps and answers', actions.search);
  const count = element(document, 'span', { class: 'match-count', 'aria-live': 'polite' });
  const up = button(document, { label: 'Previous match (Shift+Enter)', icon: 'arrow-up', onClick: () => actions.match(-1) });
  const down = button(document, { label: 'Next match (Enter)', icon: 'arrow-down', onClick: () => actions.match(1) });
  search.host.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') actions.match(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') actions.leaveSearch();
    else return;
    event.preventDefault();
  });
  const low = button(document, {
    label: 'Go to the first low step',
    icon: 'flag',
    text: 'First low step',
    appearance: 'secondary',
    className: 'first-low-button',
    onClick: actions.firstLow,
  });
  const label = button(document, { label: 'Label this problem', icon: 'beaker', onClick: actions.label });
  const view = element(
    document,
    'div',
    { class: 'group', role: 'group', 'aria-label': 'Zoom and fold' },
    button(document, { label: 'Zoom out (-)', icon: 'zoom-out', onClick: () => actions.zoom(-1) }),
    button(document, { label: 'Zoom in (+)', icon: 'zoom-in', onClick: () => actions.zoom(1) }),
    button(document, { label: 'Fit the tree (0)', icon: 'screen-full', onClick: actions.fit }),
    button(document, { label: 'Fold all', icon: 'collapse-all', onClick: () => actions.foldAll(true) }),
    button(document, { label: 'Unfold all', icon: 'expand-all', onClick: () => actions.foldAll(false) }),
    button(document, { label: 'Keyboard help (?)', icon: 'keyboard', className: 'help-button', onClick: actions.help }),
  );
  const host = element(
    document,
    'div',
    { class: 'toolbar', role: 'group', 'aria-label': 'Tree tools' },
    problemGroup,
    element(document, 'div', { class: 'group search', role: 'search' }, search.host, count, up, down),
    values.host,
    low,
    label,
    element(document, 'span', { class: 'spring' }),
    view,
  );
  let shown = { problem: 0 };
  return {
    host,
    search,
    update(state) {
      const { model, query, matches, selected, labeling } = state;
      const hasTree = model !== null;
      for (const control of [...view.children, low, search.host]) setDisabled(control as HTMLElement, !hasTree);
      // Without a reference answer no rollout can be judged.
      label.hidden = model === null || model.view.question === '' || model.view.answer === undefined;
      setDisabled(label, labeling !== null);
      label.title =
        model?.view.isSearchTree === true
          ? 'Label this problem again: a new search with the policy'
          : 'Label this problem: search with the policy';
      problemGroup.hidden = model === null || model.view.problemCount < 2;
      values.host.hidden = model === null || !model.hasChoice;
      if (model?.hasChoice === true)
        values.show(
          SHOWN.map(({ label }, value) => ({ value, label })),
          SHOWN.findIndex(({ shown }) => shown === model.shown),
        );
      if (model !== null) {
        const { problem, problemCount, titles } = model.view;
        shown = { problem };
        const from = Math.max(0, Math.min(problem - LISTED / 2, problemCount - LISTED));
        const listed = Array.from({ length: Math.min(LISTED, problemCount) }, (_, i) => from + i);
        if (problemCount > 1)
          problems.show(
            listed.map((index) => ({ value: index, label: `${index + 1}/${problemCount}  ${titles[index] ?? ''}` })),
            problem,
          );
        setDisabled(previous, problem === 0);
        setDisabled(next, problem >= problemCount - 1);
        setDisabled(low, model.low.length === 0);
        low.title =
          model.low.length === 0
            ? 'No step is below the threshold'
            : `Go to the first low step: ${plural(model.firstLow.size, 'path')} with one`;
      }
      const at = selected === null ? -1 : matches.indexOf(selected);
      const isSearching = query.trim() !== '';
      count.textContent = !isSearching
        ? ''
        : matches.length === 0
          ? 'No match'
          : at < 0
            ? plural(matches.length, 'match', 'matches')
            : `${at + 1} of ${matches.length}`;
      count.classList.toggle('none', isSearching && matches.length === 0);
      for (const control of [up, down]) {
        control.hidden = !isSearching;
        setDisabled(control, matches.length === 0);
      }
      if (search.value !== query) search.value = query;
    },
  };
}
