import { basename } from 'node:path';
import { isSameFile, writeWhole } from '../disk/writeWhole.js';
import { readInputBlocks } from '../files/inputBlocks.js';
import { InputError, type InputFile, inputFiles } from '../files/inputFiles.js';
import { costLines } from '../labeling/economy/costLines.js';
import { countedNoun } from '../language/solutionValues.js';
import type { Problem } from '../reasoning/problem.js';
import { cardPath, datasetCard } from '../training/datasetCard.js';
import { type Cuts, Exporter, type ExportFormat, type ExportOptions, rulesOf, ScoreList } from '../training/exportFormat.js';
import { ProblemGroups } from '../training/problemGroup.js';
import { SeenTexts } from '../training/seenTexts.js';
import { EXCLUSIONS, type Exclusion, selectGroup } from '../training/selection.js';
import { SourceList } from '../training/sourceList.js';
import type { CliWorld } from './command.js';
import type { ReportedInput } from './reportedInput.js';

export interface ExportWriteOptions extends ExportOptions {
  readonly format: ExportFormat;
  /** `-`: the standard output. */
  readonly out: string;
}

/** Text is written in pieces of about this many characters. */
const PIECE = 2 ** 18;

/** The export cannot be written; the message says why. */
class ExportError extends Error {}

/**
 * Writes training data and its card as the input is read. Returns whether that worked; `input` reports unreadable
 * parts.
 */
export async function writeExport(input: ReportedInput, options: ExportWriteOptions, world: CliWorld): Promise<boolean> {
  const { out, format } = options;
  const { err, signal } = world;
  const sources = new SourceList();
  const exporter = new Exporter(format, options, await cutsOf(input.args, options));
  async function* pieces(): AsyncGenerator<string> {
    let text = '';
    for await (const group of groups(input.blocks(), out, sources)) {
      signal.throwIfAborted();
      for (const record of exporter.add(group)) text += `${JSON.stringify(record)}\n`;
      if (text.length < PIECE) continue;
      yield text;
      text = '';
    }
    if (input.read === 0) throw new ExportError();
    yield text;
  }
  try {
    if (out === '-') for await (const piece of pieces()) world.out.write(piece);
    else
      await writeWhole(out, async (file) => {
        for await (const piece of pieces()) await file.writeFile(piece);
      });
    tellCounts(exporter, options, err);
    if (out !== '-') await writeCard(exporter, sources, options, world);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ExportError) {
      if (error.message !== '') err.write(`steplens: ${error.message}\n`);
      return error.message === '';
    }
    if ((error as NodeJS.ErrnoException).code === undefined && (error as Error).name !== 'WriteError') throw error;
    err.write(`steplens: ${out}: it cannot be written: ${(error as Error).message}\n`);
    return false;
  }
}

/** Yields groups of problems as they are read. Rejects with ExportError when the output is one of the files. */
async function* groups(files: AsyncIterable<InputFile>, out: string, sources?: SourceList): AsyncGenerator<readonly Problem[]> {
  const open = new ProblemGroups();
  let last: string | undefined;
  for await (const { file, reasoning } of files) {
    if (file !== last && out !== '-' && (await isSameFile(file, out)))
      throw new ExportError(`${out}: it is ${file}, which it would be made of, and is not overwritten; name another file with --out`);
    last = file;
    for (const problem of reasoning.problems) {
      sources?.add(file, problem);
      const ended = open.add(problem);
      if (ended.length > 0) yield ended;
    }
  }
  const ended = open.end();
  if (ended.length > 0) yield ended;
}

/** Reads the input once for the rules that rank samples over the whole export. */
async function cutsOf(args: readonly string[], options: ExportWriteOptions): Promise<Cuts> {
  const rules = rulesOf(options.format, options);
  const scores = new ScoreList(rules);
  if (!scores.isNeeded) return scores.cuts;
  const seen = new SeenTexts();
  for await (const group of groups(readable(args), '-')) {
    scores.add(selectGroup(group, rules, options.seed, seen).samples);
  }
  return scores.cuts;
}

/** Yields what can be read; faults are reported in the pass that writes. */
async function* readable(args: readonly string[]): AsyncGenerator<InputFile> {
  for await (const file of inputFiles(args)) {
    try {
      yield* readInputBlocks(file);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
}

/** The summary is not part of the data, so it is written to the error stream. */
function tellCounts(exporter: Exporter, { format, out }: ExportWriteOptions, err: CliWorld['err']): void {
  const { samples, samplesWithError, paths, excluded } = exporter.counts;
  const summary = `${countedNoun(samples, 'sample')} of ${countedNoun(paths, 'path')}, ${samplesWithError} with an error`;
  err.write(`${format.title}: ${summary}${out === '-' ? '' : ` -> ${out}`}\n`);
  for (const [reason, number] of Object.entries(excluded))
    err.write(`  ${String(number).padStart(7)} left out (${reason}): ${EXCLUSIONS[reason as Exclusion]}\n`);
}

async function writeCard(exporter: Exporter, sources: SourceList, options: ExportWriteOptions, { err }: CliWorld): Promise<void> {
  const { out, format, seed } = options;
  const card = datasetCard({
    file: basename(out),
    format,
    rules: rulesOf(format, options),
    seed,
    ...exporter.counts,
    sources: sources.sources,
    questions: sources.questions,
    costs: await costLines(sources.sources.map(({ file }) => file)),
  });
  await writeWhole(cardPath(out), card);
  err.write(`Dataset card -> ${cardPath(out)}\n`);
}
