import { english } from '../l10n.js';
import type { Fault, ReasoningDocument } from '../reasoning/problem.js';
import { agentTurns } from './agentTurns.js';
import { atif } from './atif.js';
import { chatCompletion } from './chatCompletion.js';
import { encodingFault, withoutNulls } from './encodingFaults.js';
import { FAULTS, FaultList } from './faults.js';
import type { Format, JsonFormat, TextFormat } from './format.js';
import { generic } from './generic.js';
import { gsm8kSolutions } from './gsm8kSolutions.js';
import { readJson } from './json.js';
import { claimOf, readJsonFile } from './jsonFile.js';
import { labelTurns } from './labelTurns.js';
import { langfuse } from './langfuse.js';
import { llmReasoners } from './llmReasoners.js';
import { mathShepherd } from './mathShepherd.js';
import { mmPrmAnnotation } from './mmPrmAnnotation.js';
import { mmPrmCandidates } from './mmPrmCandidates.js';
import { mmPrmFlattened } from './mmPrmFlattened.js';
import { mmPrmTree } from './mmPrmTree.js';
import { mrMath } from './mrMath.js';
import { openRFlat } from './openRFlat.js';
import { openRProcess } from './openRProcess.js';
import { openRTree } from './openRTree.js';
import { perturbation } from './perturbation.js';
import { prm800k } from './prm800k.js';
import { prmBench } from './prmBench.js';
import { problemList } from './problemList.js';
import { processBench } from './processBench.js';
import { qwenMessages } from './qwenMessages.js';
import { restMcts } from './restMcts.js';
import { rlhFlowEval } from './rlhFlowEval.js';
import { rStar } from './rStar.js';
import { rStarMath } from './rStarMath.js';
import { rStarMathData } from './rStarMathData.js';
import { rStarTreeText } from './rStarTreeText.js';
import { runEvents } from './runEvents.js';
import { searchAndLearn } from './searchAndLearn.js';
import { solutionText } from './solutionText.js';
import { stepLensScores } from './stepLensScores.js';
import { trl } from './trl.js';
import { visualPrmConversations } from './visualPrmConversations.js';
import { visualPrmRaw } from './visualPrmRaw.js';
import { visualProcessBench } from './visualProcessBench.js';

/** Formats in the order in which they are asked about each record; the first that claims a record reads the file. */
export const JSON_FORMATS: readonly JsonFormat[] = [
  mmPrmTree,
  mmPrmCandidates,
  mmPrmFlattened,
  mmPrmAnnotation,
  visualPrmRaw,
  visualPrmConversations,
  visualProcessBench,
  stepLensScores,
  runEvents,
  prm800k,
  mrMath,
  perturbation,
  processBench,
  prmBench,
  mathShepherd,
  openRProcess,
  openRTree,
  openRFlat,
  trl,
  labelTurns,
  qwenMessages,
  rlhFlowEval,
  searchAndLearn,
  llmReasoners,
  rStar,
  rStarMath,
  rStarMathData,
  restMcts,
  gsm8kSolutions,
  atif,
  langfuse,
  chatCompletion,
  agentTurns,
  problemList,
  generic,
];

export const TEXT_FORMATS: readonly TextFormat[] = [rStarTreeText, solutionText];

export const FORMATS: readonly Format[] = [...JSON_FORMATS, ...TEXT_FORMATS];

const JSON_LANGUAGES = new Set(['json', 'jsonl', 'jsonc']);
const TEXT_LANGUAGES = new Set(['markdown', 'plaintext']);

/**
 * Lengths, in characters, of the beginnings of a text that are examined in turn. The first is enough to recognize or
 * reject most files; a longer one is parsed only when it has a key of some format.
 */
export const HEAD_LENGTHS = [65_536, 4_194_304, Infinity] as const;

/** Any key of a format, as it is written in JSON. */
const TELLING = new RegExp(`["'](?:${[...new Set(JSON_FORMATS.flatMap((format) => format.keys))].join('|')})["']\\s*:`);

/**
 * The format of a text, or undefined when none claims it. `textUpTo` returns the beginning of the text of the given length (all
 * of a shorter text). `languageId` as in VS Code, when known: prose is recognized in Markdown and plain text only.
 */
export function detectFormat(textUpTo: string | ((length: number) => string), languageId?: string): Format | undefined {
  for (const length of HEAD_LENGTHS) {
    const head = withoutNulls(typeof textUpTo === 'string' ? textUpTo.slice(0, length) : textUpTo(length));
    const format = formatOf(head, languageId);
    if (format !== undefined) return format;
    if (head.length < length) return undefined;
  }
  return undefined;
}

function formatOf(head: string, languageId: string | undefined): Format | undefined {
  if (mayBeJson(head, languageId)) {
    const found = claimOf(readJson(head, new FaultList()), JSON_FORMATS)?.format;
    if (found !== undefined) return found;
  }
  return mayBeText(languageId) ? TEXT_FORMATS.find((format) => format.detect(head)) : undefined;
}

function mayBeJson(text: string, languageId: string | undefined): boolean {
  // A damaged first line may precede the first record.
  const isJson =
    languageId === undefined || JSON_LANGUAGES.has(languageId) || text.charCodeAt(0) === 0x1e || /^\s*(?:[[{]|\/[/*])/.test(text);
  return isJson && (text.length < HEAD_LENGTHS[0] || TELLING.test(text));
}

function mayBeText(languageId: string | undefined): boolean {
  return languageId === undefined || TEXT_LANGUAGES.has(languageId);
}

/**
 * Reads a text in the format that claims it; undefined when none does. An empty text gives a document without problems
 * and with one fault. Of a text longer than `maxLength` (UTF-16 units), only the part before the limit is read.
 */
export function readDocument(text: string, languageId?: string, maxLength = Infinity): ReasoningDocument | undefined {
  if (text.trim() === '') {
    return { format: 'none', problems: [], faults: [fileFault('empty-file', english('This file is empty; there is nothing to read.'))] };
  }
  const garbled = garbledDocument(text, languageId);
  if (garbled !== undefined) return garbled;
  if (text.length <= maxLength) return withEncodingFault(readText(text, languageId), text);
  const part = text.slice(0, maxLength);
  const document = readText(part, languageId);
  if (document === undefined) return undefined;
  // The part may end inside a record, which is not a fault of the file.
  const faults = document.faults.filter((fault) => fault.code !== 'truncated-json' && fault.span.end < maxLength);
  const million = (length: number): string => english('{0} million', (length / 1e6).toFixed(1));
  const line = part.split('\n').length;
  const message = english(
    'This file has {0} characters; the first {1}, to line {2}, were read. Split it, or read it whole with the command "steplens score".',
    million(text.length),
    million(maxLength),
    line,
  );
  return withEncodingFault({ ...document, faults: [...faults, fileFault('too-large', message)] }, part);
}

function readText(text: string, languageId: string | undefined): ReasoningDocument | undefined {
  const document = mayBeJson(text, languageId) ? readJsonFile(text, JSON_FORMATS) : undefined;
  if (document !== undefined || !mayBeText(languageId)) return document;
  return TEXT_FORMATS.find((format) => format.detect(text.slice(0, HEAD_LENGTHS[1])))?.read(text);
}

/** A text with a NUL character beside every letter is UTF-16 that was opened as another encoding: its ranges cannot be given. */
function garbledDocument(text: string, languageId: string | undefined): ReasoningDocument | undefined {
  const readable = withoutNulls(text.slice(0, HEAD_LENGTHS[0]));
  if (readable.length === Math.min(text.length, HEAD_LENGTHS[0]) || formatOf(readable, languageId) === undefined) return undefined;
  const message = english(
    'This file is UTF-16 but was opened as another encoding. Reopen it with the encoding UTF-16 LE or BE, or save it as UTF-8.',
  );
  return { format: 'none', problems: [], faults: [fileFault('encoding', message)] };
}

function withEncodingFault(document: ReasoningDocument | undefined, text: string): ReasoningDocument | undefined {
  const fault = document && encodingFault(text);
  return document && fault ? { ...document, faults: [...document.faults, fault] } : document;
}

function fileFault(code: 'empty-file' | 'too-large' | 'encoding', message: string): Fault {
  return { code, severity: FAULTS[code].severity, message, span: { start: 0, end: 0 } };
}
