import type { InputFile } from '../files/inputFiles.js';
import { oneLine } from '../language/valueText.js';
import type { ChosenRule } from '../training/choices/choice.js';
import { SAMPLE_CHOICES } from '../training/choices/registry.js';
import { pathExplainer } from '../training/explainPath.js';
import { EXPORT_FORMATS, type ExportOptions } from '../training/exportFormat.js';
import { labelForest } from '../training/labelNodes.js';
import { groupAround } from '../training/problemGroup.js';
import type { Exclusion } from '../training/selection.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';
import { parseOptions, seedOption, thresholdOption } from './commandOptions.js';
import { type ExportWriteOptions, writeExport } from './exportWrite.js';
import { ReportedInput } from './reportedInput.js';

const widthWithoutTerminal = 120;

export const exportCommand: CliCommand = {
  name: 'export',
  summary: 'training data for process reward models from trees and Monte-Carlo labels',
  help: `Usage: steplens export FILE... --to FORMAT --out FILE [OPTIONS]
       steplens export FILE... --to FORMAT --explain

Writes the labeled paths of trees and solutions as training data, one JSON object a line, and
says how many were left out and why. A card beside the file (NAME.card.md) says the same for those
who train with it, with sources, rules, duplicates, overlap and costs. The solutions of a problem
that are records of their own are balanced together when they follow each other.

  --to FORMAT      ${EXPORT_FORMATS.map(({ id, title }) => `${id.padEnd(18)} ${title}`).join('\n                   ')}
  --out FILE       the file to write; - is the standard output
  --seed N         for what is drawn (default: 1)
  --threshold X    a value at or below X is an error (default: 0)
  --difficulty A-B only problems of whose solutions this share is right, such as 0.1-0.9
  --select RULE    a further rule, may be repeated; RULE:X sets its number:
                   ${SAMPLE_CHOICES.map(({ id, title, parameter }) => `${id}  ${title}${parameter ? `\n                     X: ${parameter.meaning} (default: ${parameter.usual})` : ''}`).join('\n                   ')}
  --held-out FILE  leave out the questions of this file, such as an evaluation; may be repeated
  --counts         write right and all rollouts behind each value, too (correct, total)
  --explain        instead of writing, say of every node or step why its path is in the set or not
  --json           with --explain: one JSON object a line

Exit codes: 0 done, 2 bad usage or unreadable input (what can be read is still exported).
`,
  async run(args, world) {
    const options = readOptions(args);
    const input = new ReportedInput(options.files, world);
    const rules = { ...options, ...(await heldOut(options.heldOutFiles, world)) };
    if (options.explain) {
      for await (const file of input.files()) {
        world.signal.throwIfAborted();
        explainFile(file, rules, world);
      }
    } else if (!(await writeExport(input, rules, world))) input.failed++;
    return input.failed > 0 ? exitCodes.unusable : exitCodes.done;
  },
};

/** Returns the questions in the files of an evaluation. */
async function heldOut(files: readonly string[], world: CliWorld): Promise<Pick<ExportOptions, 'heldOut'>> {
  if (files.length === 0) return {};
  const input = new ReportedInput(files, world);
  const questions = new Set<string>();
  for await (const { reasoning } of input.blocks()) for (const { question } of reasoning.problems) questions.add(question.trim());
  if (input.failed > 0) throw new UsageError('--held-out names files that cannot be read whole, so its questions could be in the export');
  return { heldOut: questions };
}

/** A line of `--explain --json`. */
export interface ExplainLine {
  readonly file: string;
  readonly problem: number;
  /** The tree node or, without a tree, the step of the problem. */
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
    const explain = pathExplainer(problem, options.format, options, groupAround(reasoning.problems, problem.index));
    const width = out.columns ?? widthWithoutTerminal;
    if (!options.json)
      out.write(
        `${oneLine(`Problem ${problem.index + 1}, line ${lines.position(problem.span.start).line + 1}: ${problem.question}`, width)}\n`,
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
        out.write(`  ${included ? '+' : '-'} ${isTree ? 'node' : 'step'} ${source}: ${oneLine(text, 40)}\n      ${sentence}\n`);
      }
    }
  }
}

interface ExportCliOptions extends ExportWriteOptions {
  readonly heldOutFiles: readonly string[];
  readonly files: readonly string[];
  readonly explain: boolean;
  readonly json: boolean;
}

function readOptions(args: readonly string[]): ExportCliOptions {
  const { values, positionals } = parseOptions(args, {
    to: { type: 'string' },
    out: { type: 'string' },
    seed: { type: 'string', default: '1' },
    threshold: { type: 'string' },
    difficulty: { type: 'string' },
    select: { type: 'string', multiple: true, default: [] },
    'held-out': { type: 'string', multiple: true, default: [] },
    counts: { type: 'boolean', default: false },
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
    counts: values.counts,
    heldOutFiles: values['held-out'],
    ...(values.difficulty !== undefined && { difficulty: difficultyOption(values.difficulty) }),
    ...(values.select.length > 0 && { choices: values.select.map(choiceOption) }),
    ...(threshold !== undefined && { threshold }),
  };
}

/** `A-B`, both from 0 to 1. */
function difficultyOption(given: string): { readonly least: number; readonly most: number } {
  const [, least, most] = (/^(\d*\.?\d+)-(\d*\.?\d+)$/.exec(given) ?? []).map(Number);
  if (least === undefined || most === undefined || least > most || most > 1)
    throw new UsageError(`--difficulty is A-B with numbers from 0 to 1, such as 0.1-0.9, not "${given}"`);
  return { least, most };
}

/** `RULE` or `RULE:X`. */
function choiceOption(given: string): ChosenRule {
  const [id, text] = given.split(':', 2);
  const choice = SAMPLE_CHOICES.find((one) => one.id === id);
  if (choice === undefined) throw new UsageError(`--select is one of ${SAMPLE_CHOICES.map((one) => one.id).join(', ')}, not "${id}"`);
  if (text === undefined) return { choice, parameter: choice.parameter?.usual ?? 0 };
  const parameter = Number(text);
  if (choice.parameter === undefined || text === '' || !(parameter >= 0 && parameter <= 1))
    throw new UsageError(
      choice.parameter === undefined ? `--select ${id} takes no number` : `--select ${id}:X needs a number from 0 to 1, not "${text}"`,
    );
  return { choice, parameter };
}
