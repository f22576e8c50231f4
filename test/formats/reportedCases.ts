import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../server/files/decodeText.js';
import { readDocument } from '../../server/formats/registry.js';
import { checkForest } from './fixtures.js';

/** Small files with the structure of reported files. Skipped unless they are beside the repository. */
const folder = new URL('../../../shared/data/cases/files/', import.meta.url);
const LANGUAGES: Readonly<Record<string, string>> = { json: 'json', jsonc: 'jsonc', jsonl: 'jsonl', md: 'markdown', txt: 'plaintext' };

/** Format, numbers of problems and steps, and fault codes. Undefined if no format claims the file. */
const EXPECTED: Readonly<Record<string, readonly [format: string, problems: number, steps: number, ...codes: string[]] | undefined>> = {
  '02-numlist-noSol.md': ['solutionText', 1, 3],
  '08-think-noq.md': ['solutionText', 1, 4],
  '09-chinese.md': ['solutionText', 1, 3],
  '10-chinese2.md': ['solutionText', 1, 2],
  '18-problem-bold.md': ['solutionText', 1, 2],
  '21-h1title.md': ['solutionText', 1, 2],
  '27-blockquote.md': ['solutionText', 1, 2],
  '28-roman.md': ['solutionText', 1, 3],
  '39-readme.md': undefined,
  '43-numparen.md': ['solutionText', 1, 3],
  '44-numlistblank.md': ['solutionText', 1, 3],
  '52-q-inline.md': ['solutionText', 1, 2],
  '53-ans-inline.md': ['solutionText', 1, 2],
  '57-steptags1line.md': ['solutionText', 1, 2],
  'aime.jsonl': ['problemList', 1, 0],
  'cand-empty.json': ['mmPrmCandidates', 2, 6, 'no-steps', 'no-steps'],
  'cand-strings.json': ['mmPrmCandidates', 1, 4, 'wrong-type', 'wrong-type'],
  'column.json': ['processBench', 2, 6],
  'comments.jsonc': ['processBench', 2, 6],
  'cr-only.jsonl': ['processBench', 2, 6],
  'keyed.json': ['processBench', 2, 6],
  'langfuse.jsonl': ['langfuse', 1, 1],
  'manybroken.jsonl': ['processBench', 1, 2, 'not-json'],
  'manyother.jsonl': ['processBench', 1, 2, 'unknown-record'],
  'nosteps.jsonl': ['visualProcessBench', 1, 0, 'no-steps'],
  'objsteps.jsonl': ['processBench', 1, 2],
  'paddle.jsonl': ['generic', 1, 2],
  'pb-logits.jsonl': ['processBench', 7, 18, 'scores-not-in-range'],
  'rs.jsonl': ['processBench', 2, 6],
  'shepherd.jsonl': ['mathShepherd', 1, 2],
  'single-quotes.jsonl': ['processBench', 2, 6, 'loose-json'],
  'trailing-comma.json': ['processBench', 2, 6, 'loose-json'],
  'utf16le.jsonl': ['processBench', 2, 6],
  'utf16nobom.jsonl': ['processBench', 2, 6],
  'wrapped2.json': ['processBench', 2, 6],
};

/** Registers one test per file; no tests if the folder does not exist. */
export function testReportedCases(): void {
  if (!existsSync(folder)) return;
  describe('a reported file', () => {
    it.each(readdirSync(folder))('is read into a forest of steps, with the listed format, counts and faults: %s', (name) => {
      const text = decodeText(readFileSync(new URL(name, folder)));
      const document = readDocument(text, LANGUAGES[name.split('.').at(-1)!]);
      if (document !== undefined) checkForest(document, text);
      if (!(name in EXPECTED)) return;
      const found = document && [
        document.format,
        document.problems.length,
        document.problems.flatMap((problem) => problem.steps).length,
        ...document.faults.map((fault) => fault.code),
      ];
      expect(found).toEqual(EXPECTED[name]);
    });
  });
}
