import { itemAt } from '../../../server/reasoning/present.js';
import type { Draw } from './draw.js';
import { glyphPath, LINE_HEIGHT as LINE } from './glyphs.js';
import type { Figure } from './problem.js';

/** Size of every figure. A model that reads it sees a third of that: 128 x 80. */
export const WIDTH = 384;
export const HEIGHT = 240;
const INK = '#222';
const FILL = '#4c78a8';

/** A problem's figure as an SVG document, black on white; its text is drawn, so that no font is needed. */
export function figureSvg(figure: Figure): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>${body(figure)}</svg>`
  );
}

/** The content of the figure as text: its numbers with their labels. */
export function figureText(figure: Figure): string {
  switch (figure.shape) {
    case 'bars':
    case 'table':
      return figure.labels.map((label, i) => `${label} ${itemAt(figure.values, i)}`).join(', ');
    case 'pictograph':
      return `${figure.labels.map((label, i) => `${label} ${itemAt(figure.counts, i)}`).join(', ')}, each ${figure.each}`;
    case 'rectangle':
      return `${figure.labels[0]} by ${figure.labels[1] ?? '?'}`;
    case 'triangle':
      return `${figure.names[0]} ${figure.labels[0]}, ${figure.names[1]} ${figure.labels[1] ?? '?'}`;
    case 'line':
      return `start ${figure.start}, ${figure.jumps} jumps of ${figure.size}`;
  }
}

/** The figure with columns or rows in another order: a model then has to find numbers by label, not by place. */
export function reordered(figure: Figure, draw: Draw): Figure {
  if (!('labels' in figure) || figure.shape === 'rectangle' || figure.shape === 'triangle') return figure;
  const order = draw.several([...figure.labels.keys()], figure.labels.length);
  const labels = order.map((i) => itemAt(figure.labels, i));
  if (figure.shape === 'pictograph') return { ...figure, labels, counts: order.map((i) => itemAt(figure.counts, i)) };
  return { ...figure, labels, values: order.map((i) => itemAt(figure.values, i)) };
}

function body(figure: Figure): string {
  switch (figure.shape) {
    case 'bars':
      return bars(figure.title, figure.labels, figure.values);
    case 'pictograph':
      return pictograph(figure.each, figure.labels, figure.counts);
    case 'table':
      return table(figure.header, figure.labels, figure.values);
    case 'rectangle':
      return rectangle(figure.width, figure.height, figure.labels, figure.unit);
    case 'triangle':
      return triangle(figure.names, figure.angles, figure.labels);
    case 'line':
      return line(figure.start, figure.jumps, figure.size);
  }
}

/** `y` is the top of the line. */
const text = (x: number, y: number, content: string | number, anchor: 'start' | 'middle' | 'end' = 'middle'): string =>
  `<path d="${glyphPath(String(content), x, y, anchor)}" fill="none" stroke="${INK}" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>`;

const stroke = (d: string): string => `<path d="${d}" fill="none" stroke="${INK}" stroke-width="3"/>`;

const known = (value: number | undefined, unit: string): string => (value === undefined ? '?' : `${value}${unit}`);

function bars(title: string, labels: readonly string[], values: readonly number[]): string {
  const scale = 120 / Math.max(...values);
  const pitch = (WIDTH - 24) / labels.length;
  const columns = values.map((value, i) => {
    const middle = 12 + (i + 0.5) * pitch;
    const height = value * scale;
    return (
      `<rect x="${middle - 24}" y="${(201 - height).toFixed(1)}" width="48" height="${height.toFixed(1)}" fill="${FILL}"/>` +
      text(middle, 201 - height - LINE - 6, value) +
      text(middle, 213, itemAt(labels, i).slice(0, labels.length > 3 ? 3 : 5))
    );
  });
  return text(WIDTH / 2, 12, title) + columns.join('') + stroke('M9 202.5H375');
}

function pictograph(each: number, labels: readonly string[], counts: readonly number[]): string {
  const rows = counts.map((count, i) => {
    const y = 30 + i * 48;
    const dots = Array.from({ length: count }, (_, n) => `<circle cx="${171 + n * 24}" cy="${y + 9}" r="9" fill="${FILL}"/>`);
    return text(12, y, itemAt(labels, i), 'start') + dots.join('');
  });
  return rows.join('') + stroke('M9 177H375') + `<circle cx="21" cy="207" r="9" fill="${FILL}"/>` + text(48, 198, `= ${each}`, 'start');
}

function table(header: readonly [string, string], labels: readonly string[], values: readonly number[]): string {
  const rows = [header, ...labels.map((label, i) => [label, itemAt(values, i)] as const)];
  const cells = rows.map(([left, right], i) => text(30, 18 + i * 45, left, 'start') + text(354, 18 + i * 45, right, 'end'));
  return cells.join('') + stroke('M21 48H363');
}

function rectangle(width: number, height: number, labels: readonly [number, number | undefined], unit: string): string {
  const scale = Math.min(240 / width, 150 / height);
  const [w, h] = [width * scale, Math.max(height * scale, 24)];
  const [x, y] = [96, (HEIGHT - h) / 2 + 12];
  return (
    `<rect x="${x}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}" fill="#e8eef5" stroke="${INK}" stroke-width="3"/>` +
    text(x + w / 2, y - LINE - 9, known(labels[0], ` ${unit}`)) +
    text(x - 12, HEIGHT / 2 + 3, known(labels[1], ` ${unit}`), 'end')
  );
}

/** Drawn to the angles on its base. */
function triangle(
  names: readonly [string, string, string],
  [left, right]: readonly [number, number],
  labels: readonly [number, number | undefined],
): string {
  const [a, b] = [(left * Math.PI) / 180, (right * Math.PI) / 180];
  const base = Math.min(210, (126 * Math.sin(a + b)) / (Math.sin(a) * Math.sin(b)));
  const side = (base * Math.sin(b)) / Math.sin(a + b);
  const [x, y] = [(WIDTH - base) / 2, 198];
  const [tipX, tipY] = [x + side * Math.cos(a), y - side * Math.sin(a)];
  return (
    stroke(`M${x.toFixed(1)} ${y}H${(x + base).toFixed(1)}L${tipX.toFixed(1)} ${tipY.toFixed(1)}Z`) +
    text(WIDTH / 2 - 18, y + 15, `${names[0]} ${known(labels[0], '°')}`, 'end') +
    text(WIDTH / 2 + 18, y + 15, `${names[1]} ${known(labels[1], '°')}`, 'start') +
    text(tipX, tipY - LINE - 9, `${names[2]} ?`)
  );
}

function line(start: number, jumps: number, size: number): string {
  const x = (jump: number): number => 36 + (312 * jump) / jumps;
  const arcs = Array.from({ length: jumps }, (_, i) =>
    stroke(`M${x(i).toFixed(1)} 150Q${x(i + 0.5).toFixed(1)} 90 ${x(i + 1).toFixed(1)} 150`),
  );
  return stroke('M12 151.5H372') + arcs.join('') + text(Math.max(x(0.5), 48), 84, `+${size}`) + text(36, 168, start) + text(348, 168, '?');
}
