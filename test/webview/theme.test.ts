import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BINS } from '../../webview/shared/valueScale.js';
import { THEMES, type ThemeName } from '../browser/themes.js';

const css = readFileSync(new URL('../../webview/shared/theme.css', import.meta.url), 'utf8');

/** The colors that theme.css sets for a theme. The theme's own block overrides `body`. */
function colors(bodyClass: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const selector of ['body', `body.${bodyClass}`]) {
    const block = new RegExp(`(?:^|\\n)${selector.replace('.', '\\.')} \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
    for (const [, name, hex] of block.matchAll(/(--sl-[\w]+): (#[0-9a-f]{6});/g)) found.set(name!, hex!);
  }
  return found;
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** WCAG 2 contrast ratio. */
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

/** The color that a person without green cones sees (Viénot, Brettel & Mollon 1999), in linear light. */
function deuteranope(hex: string): [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255) ** 2.2) as [number, number, number];
  const l = 17.8824 * r + 43.5161 * g + 4.11935 * b;
  const s = 0.02996 * r + 0.184309 * g + 1.46709 * b;
  const m = 0.494207 * l + 1.24827 * s;
  return [0.0809 * l - 0.1305 * m + 0.1167 * s, -0.0102 * l + 0.054 * m - 0.1136 * s, -0.0003 * l - 0.0041 * m + 0.6935 * s];
}

describe.each(Object.keys(THEMES) as ThemeName[])('the value colors in the theme %s', (name) => {
  const { bodyClass, variables } = THEMES[name];
  const found = colors(bodyClass);
  const backgrounds = [variables['--vscode-editor-background']!, variables['--vscode-editorWidget-background']!];

  it('have a contrast of at least 4.5:1 on every background that they are used on', () => {
    const ratios = Array.from({ length: BINS }, (_, bin) =>
      Math.min(...backgrounds.map((background) => contrast(found.get(`--sl-v${bin}`)!, background))),
    );
    process.stdout.write(`  ${name}: contrast ${ratios.map((ratio) => ratio.toFixed(1)).join(' ')}\n`);
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(4.5);
    expect(Math.min(...backgrounds.map((background) => contrast(found.get('--sl-missing')!, background)))).toBeGreaterThanOrEqual(4.5);
  });

  it('separate low from high values without green cones, by blue against yellow', () => {
    const blueness = (hex: string) => {
      const [r, , b] = deuteranope(hex);
      return b / (r + b);
    };
    const low = Array.from({ length: 5 }, (_, bin) => blueness(found.get(`--sl-v${bin}`)!));
    const high = Array.from({ length: 5 }, (_, bin) => blueness(found.get(`--sl-v${bin + 5}`)!));
    expect(Math.min(...high) - Math.max(...low)).toBeGreaterThan(0.1);
  });
});
