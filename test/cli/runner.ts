import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { runCli } from '../../server/cli/cli.js';
import type { CliWorld } from '../../server/cli/command.js';
import type { ScoreLine } from '../../server/cli/scoreLines.js';
import { FakeScorer } from '../editor/fakeScorer.js';

export interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
  readonly scorer: FakeScorer;
  readonly created: Parameters<CliWorld['createScorer']>[];
}

/** Runs the command in this process, with a fake scorer and its output as strings. */
export async function run(args: readonly string[], world: Partial<CliWorld> = {}, scorer = new FakeScorer()): Promise<Ran> {
  let out = '';
  let err = '';
  const created: Parameters<CliWorld['createScorer']>[] = [];
  const code = await runCli(args, {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
    version: '1.2.3',
    isColorful: false,
    signal: new AbortController().signal,
    createScorer(...given) {
      created.push(given);
      return scorer;
    },
    openVerifier: localVerifier,
    openPolicy: () => {
      throw new Error('this test opens no policy');
    },
    program: ['node', 'cli.js'],
    env: {},
    cacheFolder: '/cache',
    now: () => 0,
    date: () => 0,
    serve: () => undefined,
    ...world,
  });
  return { code, out, err, scorer, created };
}

/** The lines of `--json`, each of them checked against the public schema. */
export async function scoreLines(out: string): Promise<ScoreLine[]> {
  const schema = JSON.parse(await readFile('media/schemas/score.schema.json', 'utf8')) as object;
  const validate = new Ajv({ strict: false }).compile(schema);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value: unknown = JSON.parse(line);
      if (!validate(value)) throw new Error(`${JSON.stringify(validate.errors)}\n${line}`);
      return value as ScoreLine;
    });
}
