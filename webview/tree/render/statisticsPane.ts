import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { listed, plural, t } from '../../../server/l10n.js';
import type { Replay } from '../../../server/protocol/replay.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { rolloutCount, treeStatistics } from '../../../server/reasoning/treeStatistics.js';
import { element, svgElement } from '../../shared/element.js';
import { formatValue, valueBin } from '../../shared/valueScale.js';
import { firstLowWords, rolloutWords } from '../model/countWords.js';
import { nodeWords, type TreeModel } from '../model/treeModel.js';
import { costSections } from './costTable.js';
import { section } from './section.js';

/** Bars of the value histogram. */
const HISTOGRAM = 20;
/** Greatest number of rows of a chart; the others are summed up in one row. */
const ROWS = 12;
/** Nodes in the ranking. */
const RANKED = 8;

export interface StatisticsActions {
  /** Searches for the nodes of a bar. */
  search(query: string): void;
  select(id: number): void;
}

/** Small charts about the tree and its rollouts, each with its numbers as text; every bar selects its nodes. */
export function renderStatisticsPane(
  document: Document,
  model: TreeModel,
  replay: Replay | null,
  actions: StatisticsActions,
): HTMLElement[] {
  const statistics = treeStatistics(model.nodes, HISTOGRAM);
  const { correct, incorrect, distinct, duplicate } = statistics.rollouts;
  const all = correct + incorrect;
  // Nodes that are absent at this moment of the replay have no value either and are not counted.
  const missing = statistics.missing - (model.nodes.length - model.order.length);
  const parts = [
    element(
      document,
      'p',
      { class: 'summary' },
      `${listed([plural(model.order.length, '{0} node', '{0} nodes'), firstLowWords(model)])}. `,
      all === 0
        ? t('The file holds no rollouts.')
        : t(
            '{0}: {1} correct, {2} incorrect; {3} distinct, {4}.',
            rolloutWords(model),
            correct,
            incorrect,
            distinct,
            plural(duplicate, '{0} duplicate', '{0} duplicates'),
          ),
    ),
    section(
      document,
      t('Step values'),
      histogram(document, statistics.values, model.view.threshold, actions),
      note(document, [
        missing > 0 ? t('{0} without a value', missing) : '',
        statistics.assumed > 0 ? t('{0} assumed, not counted', statistics.assumed) : '',
      ]),
    ),
  ];
  const costs = replay === null ? [] : costSections(document, replay);
  if (all === 0) return [...parts, ...costs];
  return [
    ...parts,
    section(document, t('Most rollouts'), ranking(document, model, actions)),
    section(
      document,
      t('Rollouts by depth'),
      verdictRows(
        document,
        t('Correct and incorrect rollouts by depth'),
        statistics.byDepth.map((row) => ({ label: t('depth {0}', row.depth), query: `depth:${row.depth} rollouts>0`, ...row })),
        actions,
      ),
    ),
    section(document, t('Steps per rollout'), columns(document, statistics.stepsPerRollout, actions)),
    section(
      document,
      t('Final answers'),
      verdictRows(
        document,
        t('Final answers of the rollouts'),
        statistics.answers.map((row) => ({ ...row, label: row.answer ?? t('none read'), query: `answer:"${row.answer ?? 'none'}"` })),
        actions,
      ),
    ),
    ...costs,
  ];
}

function note(document: Document, facts: readonly string[]): HTMLElement {
  return element(document, 'p', { class: 'hint' }, listed(facts.filter((fact) => fact !== '')));
}

const HEIGHT = 84;

/** Values in even bins over [0, 1], colored by the value scale, with the threshold. */
function histogram(document: Document, counts: readonly number[], threshold: number, actions: StatisticsActions): HTMLElement {
  const most = max(counts) ?? 0;
  const scale = scaleLinear([0, Math.max(1, most)], [0, HEIGHT - 16]);
  const width = 100 / counts.length;
  const low = counts.reduce((sum, count, bin) => sum + ((bin + 0.5) / counts.length < threshold ? count : 0), 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const svg = chart(
    document,
    HEIGHT + 18,
    t(
      'Histogram of {0}: about {1} below the threshold {2}, {3} from it upwards',
      plural(total, '{0} step value', '{0} step values'),
      low,
      formatValue(threshold),
      total - low,
    ),
  );
  counts.forEach((count, bin) => {
    const height = count === 0 ? 0 : Math.max(2, scale(count));
    const middle = (bin + 0.5) / counts.length;
    const bar = svgElement(document, 'rect', {
      class: `bar v${valueBin(middle, threshold) ?? ''}`,
      x: `${bin * width + 0.4}%`,
      width: `${width - 0.8}%`,
      y: HEIGHT - height,
      height,
    });
    const range = `${formatValue(bin / counts.length)}–${formatValue((bin + 1) / counts.length)}`;
    svg.append(bar);
    if (count > 0)
      svg.append(
        barButton(
          document,
          t('Select the {0} with values {1}', plural(count, '{0} node', '{0} nodes'), range),
          { x: `${bin * width}%`, width: `${width}%` },
          () => actions.search(`value:${formatValue(bin / counts.length)}..${formatValue((bin + 1) / counts.length)}`),
        ),
      );
    if (count > 0 && count === most)
      svg.append(svgElement(document, 'text', { class: 'count', x: `${(bin + 0.5) * width}%`, y: HEIGHT - height - 4 }, String(count)));
  });
  svg.append(
    svgElement(document, 'line', { class: 'axis', x1: 0, x2: '100%', y1: HEIGHT, y2: HEIGHT }),
    svgElement(document, 'line', { class: 'threshold', x1: `${threshold * 100}%`, x2: `${threshold * 100}%`, y1: 10, y2: HEIGHT + 4 }),
    svgElement(document, 'text', { class: 'tick start', x: 0, y: HEIGHT + 14 }, '0'),
    svgElement(document, 'text', { class: 'tick', x: `${threshold * 100}%`, y: HEIGHT + 14 }, t('threshold {0}', formatValue(threshold))),
    svgElement(document, 'text', { class: 'tick end', x: '100%', y: HEIGHT + 14 }, '1'),
  );
  return figure(document, svg);
}

/** A column chart of solutions by their number of steps. */
function columns(
  document: Document,
  rows: readonly { readonly steps: number; readonly count: number }[],
  actions: StatisticsActions,
): HTMLElement {
  const most = max(rows, (row) => row.count) ?? 0;
  const scale = scaleLinear([0, Math.max(1, most)], [0, HEIGHT - 16]);
  const shown = rows.slice(0, 24);
  const width = 100 / shown.length;
  const svg = chart(
    document,
    HEIGHT + 18,
    t('Steps per rollout: {0}', listed(shown.map((row) => t('{0} steps {1}', row.steps, row.count)))),
  );
  shown.forEach((row, i) => {
    const height = Math.max(2, scale(row.count));
    const middle = `${(i + 0.5) * width}%`;
    svg.append(
      svgElement(document, 'rect', {
        class: 'bar plain',
        x: `${i * width + Math.max(0.6, width * 0.15)}%`,
        width: `${width - 2 * Math.max(0.6, width * 0.15)}%`,
        y: HEIGHT - height,
        height,
      }),
      svgElement(document, 'text', { class: 'count', x: middle, y: HEIGHT - height - 4 }, String(row.count)),
      svgElement(document, 'text', { class: 'tick', x: middle, y: HEIGHT + 14 }, String(row.steps)),
      barButton(
        document,
        t('Select the nodes with rollouts of {0}', plural(row.steps, '{0} step', '{0} steps')),
        { x: `${i * width}%`, width: `${width}%` },
        () => actions.search(`length:${row.steps}`),
      ),
    );
  });
  svg.append(svgElement(document, 'line', { class: 'axis', x1: 0, x2: '100%', y1: HEIGHT, y2: HEIGHT }));
  return figure(document, svg);
}

interface VerdictRow {
  readonly label: string;
  /** The query that finds the row's nodes; absent for a row of summed-up rows. */
  readonly query?: string;
  readonly correct: number;
  readonly incorrect: number;
}

/** A table whose rows have a bar. Its numbers are the text equivalent. */
function verdictRows(document: Document, caption: string, rows: readonly VerdictRow[], actions: StatisticsActions): HTMLElement {
  const scale = scaleLinear([0, max(rows, (row) => row.correct + row.incorrect) ?? 1], [0, 100]);
  const rest = rows.slice(ROWS);
  const sum = (pick: (row: VerdictRow) => number) => rest.reduce((total, row) => total + pick(row), 0);
  const shown: readonly VerdictRow[] =
    rest.length === 0
      ? rows.slice(0, ROWS)
      : [
          ...rows.slice(0, ROWS),
          { label: t('{0} more', rest.length), correct: sum((row) => row.correct), incorrect: sum((row) => row.incorrect) },
        ];
  const unseen = (text: string) => element(document, 'span', { class: 'visually-hidden' }, text);
  const head = element(
    document,
    'tr',
    {},
    ...[unseen(t('Group')), unseen(t('Bar')), t('right'), t('wrong')].map((title) => element(document, 'th', { scope: 'col' }, title)),
  );
  const body = shown.map((row) => {
    const svg = svgElement(document, 'svg', { class: 'row-bar', width: '100%', height: 10, 'aria-hidden': 'true' });
    const right = Math.min(100, scale(row.correct));
    const wrong = Math.min(100 - right, scale(row.incorrect));
    svg.append(
      svgElement(document, 'rect', { class: 'bar right', x: 0, width: `${right}%`, height: 10 }),
      svgElement(document, 'rect', { class: 'bar wrong', x: `${right}%`, width: `${wrong}%`, height: 10 }),
    );
    const cell = element(document, 'td', { class: 'bar-cell' });
    cell.append(svg);
    return element(
      document,
      'tr',
      {},
      element(document, 'th', { scope: 'row', title: row.label }, rowLabel(document, row, actions)),
      cell,
      element(document, 'td', {}, String(row.correct)),
      element(document, 'td', {}, String(row.incorrect)),
    );
  });
  return element(
    document,
    'table',
    { class: 'verdicts', 'aria-label': caption },
    element(document, 'thead', {}, head),
    element(document, 'tbody', {}, ...body),
  );
}

/** A row's name, as a button that selects the row's nodes if a query finds them. */
function rowLabel(document: Document, { label, query }: VerdictRow, actions: StatisticsActions): HTMLElement {
  if (query === undefined) return element(document, 'span', {}, label);
  const host = element(document, 'button', { type: 'button', class: 'row-button', title: t('Select the nodes: {0}', label) }, label);
  host.addEventListener('click', () => actions.search(query));
  return host;
}

/** The whole column of a bar as a button, so that a low bar is as easy to hit as a high one. */
function barButton(
  document: Document,
  label: string,
  place: { readonly x: string; readonly width: string },
  onClick: () => void,
): SVGElement {
  const host = svgElement(document, 'rect', {
    class: 'bar-button',
    role: 'button',
    tabindex: 0,
    'aria-label': label,
    ...place,
    y: 0,
    height: HEIGHT,
  });
  host.append(svgElement(document, 'title', {}, label));
  host.addEventListener('click', onClick);
  host.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    onClick();
  });
  return host;
}

/** The nodes that the most rollouts were sampled from, with the share of all rollouts at or below each node. */
function ranking(document: Document, model: TreeModel, actions: StatisticsActions): HTMLElement {
  const ranked = [...model.order].filter((id) => rolloutCount(itemAt(model.nodes, id).rollouts) > 0);
  ranked.sort((a, b) => rolloutCount(itemAt(model.nodes, b).rollouts) - rolloutCount(itemAt(model.nodes, a).rollouts));
  const items = ranked.slice(0, RANKED).map((id) => {
    const node = itemAt(model.nodes, id);
    const label = t(
      '{0}, {1} % at or below: {2}',
      plural(rolloutCount(node.rollouts), '{0} rollout', '{0} rollouts'),
      (itemAt(model.share, id) * 100).toFixed(0),
      nodeWords(model, id, 80),
    );
    const host = element(document, 'button', { type: 'button', class: 'row-button', title: t('Select this node') }, label);
    host.addEventListener('click', () => actions.select(id));
    return element(document, 'li', {}, host);
  });
  return element(document, 'ol', { class: 'ranking' }, ...items);
}

function chart(document: Document, height: number, label: string): SVGElement {
  return svgElement(document, 'svg', { class: 'chart', width: '100%', height, role: 'group', 'aria-label': label });
}

function figure(document: Document, svg: SVGElement): HTMLElement {
  const host = element(document, 'figure', {});
  host.append(svg);
  return host;
}
