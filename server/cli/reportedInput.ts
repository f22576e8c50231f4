import { readInputBlocks } from '../files/inputBlocks.js';
import { InputError, type InputFile, inputFiles, readInputs } from '../files/inputFiles.js';
import type { CliWorld } from './command.js';

/** Reads the files of the arguments one by one, and reports on the error stream what is wrong with them. */
export class ReportedInput {
  /** Number of files that could not be read completely: if there are any, the exit code is 2. */
  failed = 0;
  read = 0;

  /** `beforeNote` makes room on the terminal for a message. */
  constructor(
    readonly args: readonly string[],
    readonly world: CliWorld,
    readonly beforeNote: () => void = () => undefined,
  ) {}

  files(): AsyncGenerator<InputFile> {
    return this.#all(readInputs);
  }

  /** Like `files`, but a large file of lines comes in parts. */
  blocks(): AsyncGenerator<InputFile> {
    return this.#all(readInputBlocks);
  }

  async *#all(read: Read): AsyncGenerator<InputFile> {
    for await (const file of inputFiles(this.args)) yield* this.#read(file, read);
    if (this.read === 0 && this.failed === 0) this.complain(`no file to read in ${this.args.join(', ')}`);
  }

  async *#read(file: string, read: Read): AsyncGenerator<InputFile> {
    try {
      for await (const input of read(file)) {
        this.read++;
        for (const { span, severity, message, code } of input.reasoning.faults) {
          const { line: at, character } = input.lines.position(span.start);
          const line = at + (input.linesBefore ?? 0);
          if (severity === 'error') this.failed++;
          this.note(`${input.file}:${line + 1}:${character + 1}: ${severity}: ${message} [${code}]`);
        }
        yield input;
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.complain(`${file}: ${error.message}`);
    }
  }

  complain(message: string): void {
    this.failed++;
    this.note(message);
  }

  note(message: string): void {
    this.beforeNote();
    this.world.err.write(`steplens: ${message}\n`);
  }
}

type Read = (file: string) => AsyncGenerator<InputFile & { readonly linesBefore?: number }>;
