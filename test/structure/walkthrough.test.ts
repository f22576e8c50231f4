import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readManifest } from './manifest.js';

interface Step {
  readonly id: string;
  readonly description: string;
  readonly media: { readonly markdown: string };
  readonly completionEvents?: readonly string[];
}
interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly walkthroughs: readonly { readonly id: string; readonly steps: readonly Step[] }[];
  };
}

const { contributes } = readManifest<Manifest>();
const own = new Set(contributes.commands.map(({ command }) => command));
const [walkthrough] = contributes.walkthroughs;

it('the walkthrough leads from a first file to a model of your own', () => {
  expect(walkthrough!.id).toBe('start');
  expect(walkthrough!.steps.map(({ id }) => id)).toEqual(['open', 'lowStep', 'hover', 'tree', 'label', 'replay', 'evaluate', 'model']);
});

it('every command that the walkthrough names exists', () => {
  for (const { id, description, completionEvents = [] } of walkthrough!.steps) {
    const linked = [...description.matchAll(/\(command:([\w.]+)\)/g)].map((match) => match[1]!);
    const awaited = completionEvents.flatMap((event) => /^onCommand:(.*)/.exec(event)?.[1] ?? []);
    expect(linked.length, id).toBeGreaterThan(0);
    for (const command of [...linked, ...awaited]) expect(command.startsWith('steplens.') ? own.has(command) : true, command).toBe(true);
  }
});

it('every page of the walkthrough exists, and is packaged', () => {
  for (const { id, media } of walkthrough!.steps) {
    expect(existsSync(media.markdown), id).toBe(true);
    expect(media.markdown).toBe(`media/walkthrough/${id}.md`);
    for (const [, picture] of readFileSync(media.markdown, 'utf8').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g))
      expect(existsSync(`media/walkthrough/${picture!}`), picture).toBe(true);
  }
  const packaged = readFileSync('scripts/package.mjs', 'utf8');
  for (const listed of ['media/walkthrough/*.{md,webp}', 'media/samples/solutions/wrong.md']) expect(packaged).toContain(`'${listed}'`);
});
