import type { Figure } from './problem.js';

const WIDTH = 360;
const HEIGHT = 240;
const INK = '#222';
const FILL = '#4c78a8';

/** A problem's figure as an SVG document of 360 x 240 pixels, black on white. */
export function figureSvg(figure: Figure): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13" fill="${INK}">`
    + `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>${body(figure)}</svg>`;
}

function body(figure: Figure): string {
  switch (figure.shape) {
    case 'bars': return bars(figure.title, figure.labels, figure.values);
    case 'pictograph': return pictograph(figure.title, figure.each, figure.labels, figure.counts);
    case 'table': return table(figure.header, figure.labels, figure.values);
    case 'rectangle': return rectangle(figure.width, figure.height, figure.unit);
    case 'triangle': return triangle(...figure.angles);
    case 'line': return line(figure.start, figure.jumps);
  }
}

const text = (x: number, y: number, content: string | number, anchor: 'start' | 'middle' | 'end' = 'middle'): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content}</text>`;

const stroke = (d: string): string => `<path d="${d}" fill="none" stroke="${INK}" stroke-width="1.5"/>`;

function bars(title: string, labels: readonly string[], values: readonly number[]): string {
  const scale = 150 / Math.max(...values);
  const columns = values.map((value, i) => {
    const x = 40 + i * 80;
    return `<rect x="${x}" y="${205 - value * scale}" width="44" height="${value * scale}" fill="${FILL}"/>`
      + text(x + 22, 200 - value * scale, value) + text(x + 22, 222, labels[i]!);
  });
  return text(WIDTH / 2, 22, title) + columns.join('') + stroke('M24 205H340');
}

function pictograph(title: string, each: number, labels: readonly string[], counts: readonly number[]): string {
  const rows = counts.map((count, i) => {
    const y = 70 + i * 48;
    const dots = Array.from({ length: count }, (_, n) => `<circle cx="${110 + n * 25}" cy="${y}" r="9" fill="${FILL}"/>`);
    return text(85, y + 5, labels[i]!, 'end') + dots.join('');
  });
  return text(WIDTH / 2, 22, title) + rows.join('') + `<circle cx="110" cy="214" r="9" fill="${FILL}"/>` + text(126, 219, `= ${each} animals`, 'start');
}

function table(header: readonly [string, string], labels: readonly string[], values: readonly number[]): string {
  const rows = [header, ...labels.map((label, i) => [label, values[i]!] as const)];
  const cells = rows.map(([left, right], i) => text(60, 40 + i * 38, left, 'start') + text(300, 40 + i * 38, right, 'end'));
  return cells.join('') + stroke('M50 54H310');
}

function rectangle(width: number, height: number, unit: string): string {
  const scale = Math.min(260 / width, 150 / height);
  const [w, h] = [width * scale, Math.max(height * scale, 12)];
  const [x, y] = [(WIDTH - w) / 2, (HEIGHT - h) / 2];
  return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}" fill="#e8eef5" stroke="${INK}"/>`
    + text(WIDTH / 2, y - 8, `${width} ${unit}`) + text(x - 8, HEIGHT / 2 + 5, `${height} ${unit}`, 'end');
}

/** Drawn to the angles on its base. */
function triangle(left: number, right: number): string {
  const [a, b] = [(left * Math.PI) / 180, (right * Math.PI) / 180];
  const base = Math.min(240, (160 * Math.sin(a + b)) / (Math.sin(a) * Math.sin(b)));
  const side = (base * Math.sin(b)) / Math.sin(a + b);
  const [x, y] = [(WIDTH - base) / 2, 205];
  const [tipX, tipY] = [x + side * Math.cos(a), y - side * Math.sin(a)];
  return stroke(`M${x.toFixed(1)} ${y}H${(x + base).toFixed(1)}L${tipX.toFixed(1)} ${tipY.toFixed(1)}Z`)
    + text(x, y + 20, `${left}&#176;`) + text(x + base, y + 20, `${right}&#176;`) + text(tipX, tipY - 8, '?');
}

function line(start: number, jumps: readonly number[]): string {
  const end = start + jumps.reduce((sum, jump) => sum + jump, 0);
  const x = (value: number): number => 30 + (300 * (value - start)) / (end - start);
  let at = start;
  const arcs = jumps.map((jump) => {
    const [from, to] = [x(at), x((at += jump))];
    return stroke(`M${from.toFixed(1)} 140Q${((from + to) / 2).toFixed(1)} 90 ${to.toFixed(1)} 140`);
  });
  return stroke('M20 140H340') + arcs.join('') + text(x(start), 162, start) + text(x(end), 162, '?');
}
