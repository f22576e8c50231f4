import { plural, t } from '../../../server/l10n.js';
import type { NodeView, StepView } from '../../../server/protocol/problemView.js';
import { rootPath } from '../../../server/reasoning/paths.js';
import { itemAt, mustHave } from '../../../server/reasoning/present.js';
import { button } from '../../shared/controls.js';
import { element, icon, svgElement } from '../../shared/element.js';
import { drawInterval } from '../../shared/intervalBar.js';
import { typeset } from '../../shared/math.js';
import { formatValue, SOURCE_NAMES, sourceLabel, valueBin } from '../../shared/valueScale.js';
import { canExplain, canSampleMore } from '../interact/keyboard.js';
import { markOutline } from '../layout/marks.js';
import { parseQuery, whyMatches } from '../model/search.js';
import { binOf, lowestScore, nodeWords, type TreeModel } from '../model/treeModel.js';
import type { PanelState } from '../state.js';
import { rolloutList } from './rolloutList.js';
import { section } from './section.js';
import { binClass } from './svgParts.js';

export interface NodePaneActions {
  select(id: number): void;
  reveal(target: { readonly node: number; readonly step?: number; readonly rollout?: number }): void;
  openImage(index: number): void;
  moreRollouts(id: number): void;
  explainTraining(id: number): void;
  showRequest(id: number, rollout: number): void;
}

/** Greatest number of a path's nodes shown as crumbs; a longer path shows its first and last ones. */
const CRUMBS = 24;

/** Everything about the selected node: its path, the evidence for its value, its steps, its rollouts, the problem. */
export function renderNodePane(document: Document, state: PanelState, actions: NodePaneActions): HTMLElement[] {
  const { model, selected } = state;
  if (model === null) return [];
  if (selected === null)
    return [
      element(document, 'p', { class: 'hint' }, t('Select a node to see its steps and what its value rests on.')),
      ...problemSection(document, model, state, actions),
    ];
  const node = itemAt(model.nodes, selected);
  return [
    crumbs(document, model, selected, actions),
    ...matchNote(document, model, state),
    ...stepsSection(document, node, state, actions),
    ...valueBlock(document, model, node),
    ...rolloutList(document, node, state.rollouts?.node === node.id ? state.rollouts.list : null, {
      reveal: (rollout) => actions.reveal({ node: node.id, rollout }),
      // Only a run's event log has requests.
      ...(state.replay !== null && { showRequest: (rollout: number) => actions.showRequest(node.id, rollout) }),
    }),
    ...nodeActions(document, selected, state, actions),
    ...problemSection(document, model, state, actions),
  ];
}

/** Why the node matches the search. */
function matchNote(document: Document, model: TreeModel, { selected, query }: PanelState): HTMLElement[] {
  const why = selected === null || query.trim() === '' ? undefined : whyMatches(model, selected, parseQuery(query));
  return why === undefined ? [] : [element(document, 'p', { class: 'hint match-note' }, t('Match: {0}', why))];
}

/** Actions on a node, for a tree that is shown whole and is not being labeled. */
function nodeActions(document: Document, selected: number, state: PanelState, actions: NodePaneActions): HTMLElement[] {
  const more = () =>
    button(document, {
      label: t('Sample more rollouts from this node (m)'),
      text: t('More rollouts from here…'),
      icon: 'beaker',
      onClick: () => actions.moreRollouts(selected),
    });
  const why = () =>
    button(document, {
      label: t('Why is this path not in the training set? (w)'),
      text: t('In the training set?'),
      icon: 'question',
      onClick: () => actions.explainTraining(selected),
    });
  const offered = [...(canSampleMore(state) ? [more()] : []), ...(canExplain(state) ? [why()] : [])];
  return offered.length === 0 ? [] : [element(document, 'p', { class: 'node-actions' }, ...offered)];
}

function crumbs(document: Document, model: TreeModel, selected: number, actions: NodePaneActions): HTMLElement {
  const path = rootPath(model.nodes, selected);
  const shown = path.length <= CRUMBS ? path : [itemAt(path, 0), null, ...path.slice(-(CRUMBS - 2))];
  const items = shown.map((id) => {
    if (id === null) return element(document, 'li', { class: 'crumb-gap' }, t('… {0} more', path.length - CRUMBS + 1));
    const node = itemAt(model.nodes, id);
    const bin = binOf(model, id);
    const isLow = node.value !== null && node.value < model.view.threshold;
    const label = id === 0 ? t('Problem') : formatValue(node.value);
    const crumb = element(
      document,
      'button',
      {
        class: `crumb${isLow ? ' low' : ''}`,
        type: 'button',
        title: nodeWords(model, id, 160),
        ...(id === selected ? { 'aria-current': 'true' } : {}),
      },
      element(document, 'span', {
        class: `swatch ${isLow ? 'diamond' : ''} ${bin === undefined ? 'none' : `v${bin}`}`,
        'aria-hidden': 'true',
      }),
      label,
    );
    if (model.firstLow.has(id)) crumb.append(icon(document, 'flag'));
    crumb.addEventListener('click', () => actions.select(id));
    return element(document, 'li', {}, crumb);
  });
  return element(document, 'nav', { 'aria-label': t('Path from the problem') }, element(document, 'ol', { class: 'crumbs' }, ...items));
}

function valueBlock(document: Document, model: TreeModel, node: NodeView): HTMLElement[] {
  const { threshold } = model.view;
  const isLow = node.value !== null && node.value < threshold;
  const head = element(
    document,
    'div',
    { class: 'value-head' },
    element(document, 'span', {
      class: `swatch large ${isLow ? 'diamond' : ''} ${binClass(valueBin(node.value, threshold))}`,
      'aria-hidden': 'true',
    }),
    element(document, 'span', { class: 'value-number' }, formatValue(node.value)),
    element(document, 'span', { class: 'value-source' }, sourceSentence(node)),
  );
  const badges = badgeTexts(model, node).map(([text, name]) => element(document, 'span', { class: `badge ${name}` }, text));
  const facts = factRows(model, node).flatMap(([term, text]) => [element(document, 'dt', {}, term), element(document, 'dd', {}, text)]);
  return [
    head,
    ...(node.interval === undefined ? [] : [intervalFigure(document, node, node.interval, threshold)]),
    ...(badges.length > 0 ? [element(document, 'div', { class: 'badges' }, ...badges)] : []),
    ...(facts.length > 0 ? [element(document, 'dl', { class: 'facts' }, ...facts)] : []),
  ];
}

function intervalFigure(document: Document, node: NodeView, interval: readonly [number, number], threshold: number): HTMLElement {
  const svg = svgElement(document, 'svg', {
    class: 'interval-figure',
    viewBox: '-6 -10 252 34',
    role: 'img',
    'aria-label': t(
      '95 % Wilson interval {0} to {1}, threshold {2}',
      formatValue(interval[0]),
      formatValue(interval[1]),
      formatValue(threshold),
    ),
  });
  drawInterval(svg, { width: 240, value: node.value, interval, threshold, bin: valueBin(node.value, threshold) });
  const tick = (x: number, text: string) => svg.append(svgElement(document, 'text', { x, y: 19, class: 'tick' }, text));
  tick(0, '0');
  tick(240, '1');
  tick(threshold * 240, t('threshold {0}', formatValue(threshold)));
  const figure = element(document, 'figure', { class: 'interval-box' });
  figure.append(svg, element(document, 'figcaption', {}, t('95 % interval {0} – {1}', formatValue(interval[0]), formatValue(interval[1]))));
  return figure;
}

function badgeTexts(model: TreeModel, node: NodeView): [text: string, className: string][] {
  const badges: [string, string][] = [];
  // A step itself shows that it is the first low one. These badges are for nodes without such a step.
  if (!node.steps.some(({ firstLow }) => firstLow)) {
    if (model.firstLow.has(node.id)) badges.push([t('first low step'), 'warning']);
    else if (model.lowOf(node.id)) badges.push(['low', 'warning']);
  }
  const outline = markOutline(node);
  if (outline === 'assumed') badges.push([t('assumed, never sampled'), '']);
  if (outline === 'one-sample') badges.push([t('one sample'), '']);
  if (node.mc?.hard === true) badges.push([t('hard label'), '']);
  if (node.correct !== undefined) badges.push([node.correct ? t('✓ final answer right') : t('✗ final answer wrong'), '']);
  if (model.disagreements.includes(node.id)) badges.push([t('label and model disagree'), 'warning']);
  return badges;
}

function factRows(model: TreeModel, node: NodeView): [term: string, text: string][] {
  const facts: [string, string][] = [];
  const score = lowestScore(node);
  if (score !== undefined && node.source !== 'prm') facts.push([t('Model'), formatValue(score)]);
  if (node.visits !== undefined)
    facts.push([t('Visits'), node.visits === 1 ? t('selected once by the search') : t('selected {0} times by the search', node.visits)]);
  if (node.judge !== undefined) facts.push([t('LLM judge'), formatValue(node.judge)]);
  if (node.children.length > 0)
    facts.push([
      t('Continues as'),
      t(
        '{0}, {1} below',
        plural(node.children.length, '{0} branch', '{0} branches'),
        plural(itemAt(model.subtreeSize, node.id) - 1, '{0} node', '{0} nodes'),
      ),
    ]);
  return facts;
}

function sourceSentence(node: NodeView): string {
  if (node.assumed) return t('assumed from a correct rollout');
  if (node.source === null) return node.parent === null ? t('the problem itself, not scored') : t('no value yet');
  if (node.source === 'mc' && node.mc?.correct !== undefined && node.mc.total !== undefined)
    return t('{0} of {1} right', node.mc.correct, plural(node.mc.total, '{0} rollout', '{0} rollouts'));
  if (node.source === 'mc') return t('share of rollouts right; their number is not in the file');
  return t('from {0}', node.source === 'prm' ? t('the PRM') : sourceLabel(node));
}

function stepsSection(document: Document, node: NodeView, state: PanelState, actions: NodePaneActions): HTMLElement[] {
  if (node.steps.length === 0) return [];
  const list = element(document, 'ol', { class: 'steps' }, ...node.steps.map((step) => stepItem(document, node, step, state, actions)));
  return [section(document, node.steps.length === 1 ? t('Step') : t('{0} steps', node.steps.length), list)];
}

function stepItem(document: Document, node: NodeView, step: StepView, state: PanelState, actions: NodePaneActions): HTMLElement {
  const { threshold } = mustHave(state.model, 'tree of the step').view;
  const { prm, recordedPrm, mc, judge, human } = step.values;
  const values: [string, number | undefined][] = [
    [SOURCE_NAMES.prm, prm],
    [mc?.assumed === true ? 'assumed' : SOURCE_NAMES.mc, mc?.value],
    [SOURCE_NAMES.recordedPrm, recordedPrm],
    [SOURCE_NAMES.judge, judge],
    [SOURCE_NAMES.human, human === undefined ? undefined : (human + 1) / 2],
  ];
  // The value of a node's only step is the node's value, which the pane already shows in full.
  const isSaid = (value: number | undefined) => node.steps.length === 1 && value === node.value;
  const chips = values
    .filter((one): one is [string, number] => one[1] !== undefined && !isSaid(one[1]))
    .map(([source, value]) => {
      const bin = valueBin(value, threshold);
      const isLow = value < threshold;
      return element(
        document,
        'span',
        { class: 'chip' },
        element(document, 'span', { class: `swatch ${isLow ? 'diamond' : ''} v${bin ?? ''}`, 'aria-hidden': 'true' }),
        `${source} `,
        element(document, 'b', {}, formatValue(value)),
      );
    });
  if (step.firstLow) chips.unshift(element(document, 'span', { class: 'chip flag' }, icon(document, 'flag'), t('first low step')));
  if (chips.length === 0 && node.value === null) chips.push(element(document, 'span', { class: 'chip quiet' }, t('no value yet')));
  const body = element(document, 'div', { class: 'step-text' });
  body.append(typeset(document, step.text));
  const go = button(document, {
    label: t('Show this step in the file'),
    icon: 'go-to-file',
    onClick: () => actions.reveal({ node: node.id, step: step.index }),
  });
  const classes = ['step', step.low ? 'low' : '', step.index === state.selectedStep ? 'current' : ''].filter((name) => name !== '');
  return element(
    document,
    'li',
    { class: classes.join(' ') },
    element(document, 'div', { class: 'step-head' }, element(document, 'div', { class: 'chips' }, ...chips), go),
    body,
  );
}

function problemSection(document: Document, model: TreeModel, state: PanelState, actions: NodePaneActions): HTMLElement[] {
  const { view } = model;
  const question = element(document, 'div', { class: 'question' });
  question.append(view.question === '' ? t('The file gives no question.') : typeset(document, view.question));
  const parts = [question];
  if (view.answer !== undefined) {
    const answer = element(document, 'p', { class: 'answer' }, element(document, 'span', { class: 'quiet' }, t('Reference answer'), ' '));
    answer.append(typeset(document, view.answer));
    parts.push(answer);
  }
  if (state.images.length > 0) {
    parts.push(
      element(
        document,
        'div',
        { class: 'images' },
        ...state.images.map((source, index) => {
          const open = element(
            document,
            'button',
            { type: 'button', class: 'image', title: t('Open the image'), 'aria-label': t('Open image {0} of the problem', index + 1) },
            element(document, 'img', { src: source, alt: t('The problem’s figure') }),
          );
          open.addEventListener('click', () => actions.openImage(index));
          return open;
        }),
      ),
    );
  }
  return [section(document, t('Problem'), ...parts)];
}
