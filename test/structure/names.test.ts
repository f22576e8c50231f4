import { expect, it } from 'vitest';
import { sourcesIn } from './sources.js';

/** Folders of registries. A member is named after what it offers, so the code behind it may have the same name. */
const registries = [
  'extension/commands/',
  'server/cli/',
  'server/tools/',
  'server/formats/',
  'server/scoring/families/',
  'server/training/',
];

/** Names that two files export on purpose, by reason. Rename a new duplicate unless there is a reason like these. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'the same contract on both sides of a wire: `server/protocol` imports nothing': [
    'BestOfNLine',
    'EstimateLine',
    'EvaluateLine',
    'LabelValue',
    'McValue',
    'Position',
    'ProcessLine',
    'Range',
    'RecordPage',
    'RecordTexts',
    'RunReport',
    'ScoresLine',
    'StepValues',
    'problemView',
  ],
  'the same part of two panels, each a bundle of its own': ['createPage', 'renderBanner', 'renderPlaceholder'],
  'the same sentence by two translators: that of VS Code in the extension, our own in the server and the panels': ['listed'],
};

function exportedNames(): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>();
  for (const { file, text } of ['server', 'extension', 'webview', 'scripts'].flatMap(sourcesIn))
    for (const [, name] of text.matchAll(/^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm))
      files.set(name!, (files.get(name!) ?? new Set()).add(file));
  return files;
}

const isMember = (name: string, file: string): boolean => registries.some((folder) => file === `${folder}${name}.ts`);

it('no name is exported by two files, except for registry members and the allowed names', () => {
  const known = new Set(Object.values(allowed).flat());
  const twice = [...exportedNames()].flatMap(([name, files]) => {
    const others = [...files].filter((file) => !isMember(name, file));
    return others.length > 1 && !known.has(name) ? [`${name}: ${others.join(', ')}`] : [];
  });
  expect(twice, 'Use the function that is there, or call one of them by what it does.').toEqual([]);
});

it('every allowed name is still exported by two files', () => {
  const files = exportedNames();
  expect(
    Object.values(allowed)
      .flat()
      .filter((name) => (files.get(name)?.size ?? 0) < 2),
  ).toEqual([]);
});
