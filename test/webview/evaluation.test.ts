import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layoutChart } from '../../webview/evaluation/layout.js';
import {
  intervalText,
  markdownTable,
  notesOf,
  percent,
  processRows,
  selectionCurves,
  selectionRows,
  sweepCurves,
} from '../../webview/evaluation/model.js';
import { readEvaluationState } from '../../webview/evaluation/protocol.js';
import { initialState, persistedState, shownSize, shownThreshold } from '../../webview/evaluation/store.js';
import { THEMES, type ThemeName } from '../browser/themes.js';
import { manyCandidates, processBenchmark, resultOf, sampleCandidates } from './evaluations.js';

const size = { width: 600, height: 300 };

describe('the model of an evaluation', () => {
  it('has one curve per selection method, each with its own look', async () => {
    const line = await sampleCandidates();
    const curves = selectionCurves(line);
    expect(curves.map(({ id }) => id).sort()).toEqual(Object.keys(line.accuracy).sort());
    expect(new Set(curves.map(({ style }) => `${style.hue}/${style.dash}`)).size).toBe(curves.length);
    expect(new Set(curves.map(({ style }) => `${style.dash}/${style.marker}`)).size).toBe(curves.length);
  });

  it('returns the table for any N, also as Markdown', async () => {
    const line = await sampleCandidates();
    const rows = selectionRows(line, 4);
    const pass = rows.find(({ curve }) => curve.id === 'pass')!;
    expect(pass.accuracy).toEqual(line.accuracy.pass[3]);
    expect(rows.find(({ curve }) => curve.id === 'random')!.gain).toBeNull();
    expect(markdownTable(line, 4)).toContain(`| pass@N | ${percent(pass.accuracy.value)} | ${intervalText(pass.accuracy)} |`);
    expect(percent(null)).toBe('–');
  });

  it('splits a process benchmark by source and model, with the headline curve first', async () => {
    const line = await processBenchmark();
    expect(processRows(line).map(({ name }) => name)).toEqual(['all', 'source gsm8k', 'source math', 'model model A', 'model model B']);
    expect(sweepCurves(line).map(({ id }) => id)).toEqual(['firstErrorF1', 'macroF1']);
    expect(notesOf(line)[0]).toMatch(/^Mean over sources \d/);
    expect(markdownTable(line, 0).split('\n')).toHaveLength(4 + 5 + 1);
  });
});

describe('the layout of a chart', () => {
  it('keeps every curve and band within the plot, for 1 to 64 candidates', async () => {
    for (const candidates of [1, 2, 16, 64]) {
      const line = await manyCandidates(candidates);
      const curves = selectionCurves(line);
      const chart = layoutChart({ curves, xs: line.sizes, isLog: true, ...size });
      expect(JSON.stringify(chart)).not.toMatch(/null|NaN/);
      for (const { markers, path, band } of chart.curves) {
        expect(path === '' || band === '').toBe(false);
        expect(path + band).not.toContain('NaN');
        const ofBand = [...band.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
        if (band !== '') expect(ofBand.length).toBeGreaterThan(0);
        for (const { x, y } of [...markers, ...ofBand]) {
          expect(x).toBeGreaterThanOrEqual(chart.plot.left);
          expect(x).toBeLessThanOrEqual(chart.plot.right);
          expect(y).toBeGreaterThanOrEqual(chart.plot.top - 1e-6);
          expect(y).toBeLessThanOrEqual(chart.plot.bottom + 1e-6);
        }
      }
      expect(chart.xTicks.at(-1)!.text).toBe(String(candidates));
      line.sizes.forEach((value, at) => expect(chart.nearest(chart.x(value) + 0.1)).toBe(at));
    }
  });

  it('leaves a gap where a point has no value', async () => {
    const [curve] = sweepCurves(await processBenchmark());
    const points = curve!.points.map((point, at) => (at === 50 ? { ...point, value: null } : point));
    const { path } = layoutChart({ curves: [{ ...curve!, points }], xs: points.map((_, at) => at / 100), isLog: false, ...size })
      .curves[0]!;
    expect(path.match(/M/g)).toHaveLength(2);
  });
});

describe('the state of the evaluation page', () => {
  it('is restored unchanged from JSON, and anything else is rejected', async () => {
    const line = await sampleCandidates();
    const state = { ...initialState(null), result: resultOf(line), size: 4 };
    const kept = persistedState(state);
    expect(readEvaluationState(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    expect(initialState(kept).hidden).toEqual(state.hidden);
    for (const other of [null, {}, { ...kept, version: 2 }, { ...kept, uris: [1] }, { ...kept, size: 0 }])
      expect(readEvaluationState(other)).toBeNull();
  });

  it('limits N to the candidates there are, and uses the threshold nearest to the one in use', () => {
    const state = initialState(null);
    expect(shownSize(state, [1, 2, 3])).toBe(3);
    expect(shownSize({ ...state, size: 8 }, [1, 2, 3])).toBe(3);
    expect(shownThreshold(state, [0, 0.5, 1], 0.6)).toBe(1);
    expect(shownThreshold({ ...state, threshold: 0.1 }, [0, 0.5, 1], 0.6)).toBe(0);
  });
});

describe.each(Object.keys(THEMES) as ThemeName[])('the curve colors in the theme %s', (name) => {
  it('have a contrast of at least 4.5:1 on the editor background', () => {
    const css = readFileSync('webview/evaluation/evaluation.css', 'utf8');
    const { bodyClass, variables } = THEMES[name];
    const block = (selector: string): [string, string][] =>
      [
        ...(new RegExp(`(?:^|\\n)${selector.replace('.', '\\.')} \\{([^}]*)\\}`).exec(css)?.[1] ?? '').matchAll(
          /(--sl-c\d): (#[0-9a-f]{6});/g,
        ),
      ].map(([, key, hex]) => [key!, hex!]);
    const colors = new Map([...block('body'), ...block(`body.${bodyClass}`)]);
    const luminance = (hex: string): number => {
      const [r, g, b] = [1, 3, 5]
        .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const background = luminance(variables['--vscode-editor-background']!);
    const ratios = [...colors.values()].map(
      (hex) => (Math.max(luminance(hex), background) + 0.05) / (Math.min(luminance(hex), background) + 0.05),
    );
    expect(ratios).toHaveLength(6);
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(4.5);
  });
});
