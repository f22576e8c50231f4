import type { ReasoningDocument } from '../reasoning/problem.js';
import { FAULTS } from './faults.js';
import { type Format, HEAD_LENGTH } from './format.js';
import { mmPrmAnnotation } from './mmPrmAnnotation.js';
import { mmPrmCandidates } from './mmPrmCandidates.js';
import { mmPrmFlattened } from './mmPrmFlattened.js';
import { mmPrmTree } from './mmPrmTree.js';
import { prmBench } from './prmBench.js';
import { problemList } from './problemList.js';
import { processBench } from './processBench.js';
import { solutionText } from './solutionText.js';
import { visualPrmConversations } from './visualPrmConversations.js';
import { visualPrmRaw } from './visualPrmRaw.js';
import { visualProcessBench } from './visualProcessBench.js';

/** Asked in this order; the first that recognises a text reads it. */
export const FORMATS: readonly Format[] = [
  mmPrmTree,
  mmPrmCandidates,
  mmPrmFlattened,
  mmPrmAnnotation,
  visualPrmRaw,
  visualPrmConversations,
  visualProcessBench,
  processBench,
  prmBench,
  problemList,
  solutionText,
];

const JSON_LANGUAGES = new Set(['json', 'jsonl', 'jsonc']);
const TEXT_LANGUAGES = new Set(['markdown', 'plaintext']);

/**
 * The format a text is in, or undefined when none claims it. Looks at the first `HEAD_LENGTH` characters only, so a whole
 * text may be passed. `languageId` as VS Code gives it, when known: prose is looked for in Markdown and plain text only.
 */
export function detectFormat(text: string, languageId?: string): Format | undefined {
  const head = text.length > HEAD_LENGTH ? text.slice(0, HEAD_LENGTH) : text;
  return FORMATS.find((format) => mayBe(format, head, languageId) && format.detect(head));
}

function mayBe(format: Format, head: string, languageId: string | undefined): boolean {
  if (format.syntax === 'text') return languageId === undefined || TEXT_LANGUAGES.has(languageId);
  // A broken first line may stand before the first record.
  return languageId === undefined || JSON_LANGUAGES.has(languageId) || /^\s*[[{]/.test(head);
}

/**
 * Reads a text in whichever format it is; undefined when none claims it. An empty text is a document without problems and
 * with a fault that says so. Of a text longer than `maxLength` (UTF-16 units) the part before it is read.
 */
export function readDocument(text: string, languageId?: string, maxLength = Infinity): ReasoningDocument | undefined {
  if (text.trim() === '') {
    const { severity } = FAULTS['empty-file'];
    return {
      format: 'none',
      problems: [],
      faults: [{ code: 'empty-file', severity, message: 'This file is empty; there is nothing to read.', span: { start: 0, end: 0 } }],
    };
  }
  const format = detectFormat(text, languageId);
  if (format === undefined) return undefined;
  if (text.length <= maxLength) return format.read(text);
  const part = text.slice(0, maxLength);
  const document = format.read(part);
  // That the part read ends in the middle of a record is our doing.
  const faults = document.faults.filter((fault) => fault.code !== 'truncated-json' && fault.span.end < maxLength);
  const million = (length: number): string => `${(length / 1e6).toFixed(1)} million`;
  const line = part.split('\n').length;
  const message = `This file has ${million(text.length)} characters; the first ${million(maxLength)}, to line ${line}, were read. Split it, or read it whole with the command "steplens score".`;
  return {
    ...document,
    faults: [...faults, { code: 'too-large', severity: FAULTS['too-large'].severity, message, span: { start: 0, end: 0 } }],
  };
}
