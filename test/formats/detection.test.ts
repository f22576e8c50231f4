import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { detectFormat, readDocument } from '../../server/formats/registry.js';
import { checkForest, fixture, read } from './fixtures.js';

vi.setConfig({ testTimeout: 30_000 });

const FILES: [name: string, format: string, enough: number][] = [
  ['mm-prm-tree.json', 'mmPrmTree', 190],
  ['steplens-trees.jsonl', 'mmPrmTree', 110],
  ['mm-prm-flattened.json', 'mmPrmFlattened', 250],
  ['mm-prm-annotation.jsonl', 'mmPrmAnnotation', 240],
  ['mm-prm-candidates.json', 'mmPrmCandidates', 200],
  ['visualprm-raw.jsonl', 'visualPrmRaw', 130],
  ['visualprm400k.jsonl', 'visualPrmConversations', 240],
  ['problems.json', 'problemList', 230],
  ['solution.md', 'solutionText', 150],
  ['several.md', 'solutionText', 100],
  ['tagged.txt', 'solutionText', 60],
  ['bad-line.jsonl', 'mmPrmFlattened', 250],
  ['lines-in.json', 'mmPrmFlattened', 250],
];

describe('format detection', () => {
  it.each(FILES)('recognizes %s as %s, also when the text ends anywhere after character %i', (name, format, enough) => {
    const text = fixture(name);
    for (let cut = enough; cut <= text.length; cut += 7) expect(detectFormat(text.slice(0, cut))?.id, `cut at ${cut}`).toBe(format);
    for (let cut = 0; cut < enough; cut += 7) expect([format, undefined], `cut at ${cut}`).toContain(detectFormat(text.slice(0, cut))?.id);
  });

  it('recognizes a file that begins with a value of up to 5,000,000 characters', () => {
    const rollouts = JSON.stringify(Array<string[]>(5000).fill(['a step of some length']));
    const tree = `{"question":"q","mc_value":0.5,"visit_count":1,"correct_rollouts":${rollouts},"incorrect_rollouts":[],"children":[]}`;
    expect(detectFormat(tree)?.id).toBe('mmPrmTree');
    for (const length of [70_000, 5_000_000]) {
      const padded = `{"image":"${'x'.repeat(length)}","question":"q","mc_value":0.5,"visit_count":1}`;
      expect(detectFormat(padded)?.id).toBe('mmPrmTree');
    }
  });

  it('recognizes prose only in Markdown and plain text, but JSON in plain text too', () => {
    const prose = fixture('solution.md');
    expect(detectFormat(prose, 'markdown')?.id).toBe('solutionText');
    expect(detectFormat(prose, 'plaintext')?.id).toBe('solutionText');
    for (const language of ['json', 'jsonl', 'python', 'latex']) expect(detectFormat(prose, language)).toBeUndefined();
    expect(detectFormat(fixture('mm-prm-tree.json'), 'plaintext')?.id).toBe('mmPrmTree');
  });
});

describe('a file that has no reasoning data', () => {
  it.each([
    ['an empty text', ''],
    ['blanks', ' \n\n'],
    ['a number', '42'],
    ['a package.json', '{"name": "x", "version": "1.0.0", "scripts": {"test": "Step 1: a"}}'],
    ['a tsconfig with comments', '// Step 1: x\n{ "compilerOptions": { "strict": true } }'],
    ['GeoJSON', '{"type":"FeatureCollection","features":[{"children":[],"label":1}]}'],
    ['a menu tree', '{"label":"File","children":[{"label":"Open","children":[]}]}'],
    ['a chat log', '{"conversations":[{"from":"human","value":"hi"},{"from":"gpt","value":"hello"}]}'],
    ['a README', '# tool\n\nInstall it.\n\n## Step 1: Clone\n\n```sh\ngit clone x\n```\n\n## Step 2: Build\n\nRun make.\n'],
    ['a guide with steps below its title', '# Install\n\nStep 1: clone it.\n\nStep 2: build it.\n'],
    ['notes on a problem', '# Problem statement\n\nThe disk is full.\n\nWe delete logs.\n'],
    ['an FAQ', '# Questions and answers\n\n## Question: How do I start?\n\nType make.\n'],
    ['one step of many words', 'We said Step 1: and then\nStep 7: nothing.\n'],
    ['steps in a code fence', 'Example:\n\n```\nStep 1: a\nStep 2: b\n```\n'],
    ['a format described', 'A step is written `<step>` and closed `</step>`.\n\nEach `<step>` stands on its own line.\n'],
    ['a list in brackets', '[Step 1: a]\n[Step 2: b]\n'],
    ['a change log', '## 1.0.0\n\n- Problem: it was slow\n- Solution: it is fast\n'],
  ])('is not claimed by any format: %s', (_, text) => {
    expect(detectFormat(text)).toBeUndefined();
    expect(readDocument(text)?.problems ?? []).toEqual([]);
  });
});

// Written by real runs. `npm run samples` writes them again.
const made = new URL('../../media/samples/', import.meta.url);
const sampleFiles = existsSync(made)
  ? readdirSync(made, { recursive: true, encoding: 'utf8' }).filter(
      (file) => /\.(jsonl?|md|txt)$/.test(file) && !/(^|\/)(README\.md|problems\.json|run\.json|\.)|\.events\.jsonl$/.test(file),
    )
  : [];
if (sampleFiles.length > 0) {
  describe('the sample workspace', () => {
    it.each(sampleFiles)('has steps in %s, with every span inside the text', (file) => {
      const text = readFileSync(new URL(file, made), 'utf8');
      const document = read(text);
      checkForest(document, text);
      expect(document.problems.flatMap((problem) => problem.steps).length).toBeGreaterThan(0);
    });
  });
}
