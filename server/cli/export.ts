import { isSameFile, writeWhole } from '../disk/writeWhole.js';
import type { InputFile } from '../files/inputFiles.js';
import { count } from '../language/solutionValues.js';
import { firstWords } from '../language/valueText.js';
import { pathExplainer } from '../training/explainPath.js';
import { EXPORT_FORMATS, type ExportFormat, type ExportOptions, exportProblems } from '../training/exportFormat.js';
import { labelForest } from '../training/labelNodes.js';
import { EXCLUSIONS, type Exclusion } from '../training/selection.js';
import { type CliWorld, type Command, exitCodes, UsageError } from './command.js';
import { parseOptions, seedOption, thresholdOption } from './commandOptions.js';
import { ReportedInput } from './reportedInput.js';

const widthWithoutTerminal = 120;

export const exportCommand: Command = {
  name: 'export',
  summary: 'training data for process reward models from trees and Monte-Carlo labels',
  help: `Usage: steplens export FILE... --to FORMAT --out FILE [OPTIONS]
       steplens export FILE... --to FORMAT --explain

Writes the labelled paths of trees and solutions as training data, one JSON object a line, and
says how many were left out and why.

  --to FORMAT      ${EXPORT_FORMATS.map(({ id, title }) => `${id.padEnd(10)} ${title}`).join('\n                   ')}
  --out FILE       the file to write; - is the standard output
  --seed N         for what is drawn (default: 1)
  --threshold X    a value at or below X is an error (default: 0)
  --explain        instead of writing, say of every node or step why its path is in the set or not
  --json           with --explain: one JSON object a line

Exit codes: 0 done, 2 bad usage or unreadable input (what can be read is still exported).
`,
  async run(args, world) {
    const options = readOptions(args);
    const input = new ReportedInput(options.files, world);
    const files: InputFile[] = [];
    for await (const file of input.files()) files.push(file);
    world.signal.throwIfAborted();
    if (options.explain) {
      for (const file of files) explainFile(file, options, world);
    } else if (files.length > 0 && !(await writeRecords(files, options, world))) input.failed++;
    return input.failed > 0 ? exitCodes.unusable : exitCodes.done;
  },
};

/** Whether the file could be written. */
async function writeRecords(files: readonly InputFile[], options: ExportCliOptions, { out, err }: CliWorld): Promise<boolean> {
  const { records, samplesWithError, paths, excluded } = exportProblems(
    files.flatMap((file) => file.reasoning.problems),
    options.format,
    options,
  );
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  if (options.out === '-') out.write(text);
  else {
    const input = await sameFile(files, options.out);
    if (input !== undefined) {
      err.write(
        `steplens: ${options.out}: it is ${input}, which it would be made of, and is not overwritten; name another file with --out\n`,
      );
      return false;
    }
    try {
      await writeWhole(options.out, text);
    } catch (error) {
      err.write(`steplens: ${options.out}: it cannot be written: ${(error as Error).message}\n`);
      return false;
    }
  }
  // The summary is no part of the data, so it goes where messages go.
  const summary = `${count(records.length, 'sample')} of ${count(paths, 'path')}, ${samplesWithError} with an error`;
  err.write(`${options.format.title}: ${summary}${options.out === '-' ? '' : ` -> ${options.out}`}\n`);
  for (const [reason, number] of Object.entries(excluded))
    err.write(`  ${String(number).padStart(7)} left out (${reason}): ${EXCLUSIONS[reason as Exclusion]}\n`);
  return true;
}

/** The input that `out` is, by any of its names. */
async function sameFile(files: readonly InputFile[], out: string): Promise<string | undefined> {
  for (const { file } of files) if (await isSameFile(file, out)) return file;
  return undefined;
}

/** A line of `--explain --json`. */
export interface ExplainLine {
  readonly file: string;
  readonly problem: number;
  /** Tree node, or step of the problem without a tree. */
  readonly node?: number;
  readonly step?: number;
  readonly included: boolean;
  readonly exclusion?: Exclusion;
  readonly why: string;
}

function explainFile({ file, reasoning, lines }: InputFile, options: ExportCliOptions, { out }: CliWorld): void {
  if (!options.json) out.write(`${file}\n`);
  for (const problem of reasoning.problems) {
    const { nodes, isTree } = labelForest(problem);
    const explain = pathExplainer(problem, options.format, options);
    const width = out.columns ?? widthWithoutTerminal;
    if (!options.json)
      out.write(
        `${firstWords(`Problem ${problem.index + 1}, line ${lines.position(problem.span.start).line + 1}: ${problem.question}`, width)}\n`,
      );
    for (const { source, text } of nodes) {
      const { included, exclusion, sentence } = explain(source);
      if (options.json) {
        const line: ExplainLine = {
          file,
          problem: problem.index,
          ...(isTree ? { node: source } : { step: source }),
          included,
          ...(exclusion !== undefined && { exclusion }),
          why: sentence,
        };
        out.write(`${JSON.stringify(line)}\n`);
      } else {
        out.write(`  ${included ? '+' : '-'} ${isTree ? 'node' : 'step'} ${source}: ${firstWords(text, 40)}\n      ${sentence}\n`);
      }
    }
  }
}

interface ExportCliOptions extends ExportOptions {
  readonly files: readonly string[];
  readonly format: ExportFormat;
  readonly out: string;
  readonly explain: boolean;
  readonly json: boolean;
}

function readOptions(args: readonly string[]): ExportCliOptions {
  const { values, positionals } = parseOptions(args, {
    to: { type: 'string' },
    out: { type: 'string' },
    seed: { type: 'string', default: '1' },
    threshold: { type: 'string' },
    explain: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const names = EXPORT_FORMATS.map(({ id }) => id).join(', ');
  if (positionals.length === 0) throw new UsageError('export needs a file or folder');
  const format = EXPORT_FORMATS.find(({ id }) => id === values.to);
  if (!format)
    throw new UsageError(values.to === undefined ? `export needs --to, one of ${names}` : `--to is one of ${names}, not "${values.to}"`);
  if ((values.out === undefined) !== values.explain) throw new UsageError('export needs either --out FILE or --explain');
  if (values.json && !values.explain) throw new UsageError('--json goes with --explain; the exported file is JSON Lines anyway');
  const threshold = thresholdOption(values.threshold);
  return {
    files: positionals,
    format,
    out: values.out ?? '',
    seed: seedOption(values.seed),
    explain: values.explain,
    json: values.json,
    ...(threshold !== undefined && { threshold }),
  };
}
