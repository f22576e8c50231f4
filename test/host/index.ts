import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { slowness } from './support.js';

/** Prefix of the line with the suite's result as JSON, which the runner reads. */
export const resultMark = 'STEPLENS-RESULT ';

/**
 * Runs every `*.test.ts` of this folder (bundled beside this file) inside an extension host. Called both by VS Code's
 * server driven by Chromium and by `@vscode/test-electron`.
 */
export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ ui: 'bdd', timeout: 180_000 * slowness, color: false, reporter: 'spec' });
  for (const file of readdirSync(__dirname)
    .filter((name) => name.endsWith('.test.cjs'))
    .sort())
    mocha.addFile(join(__dirname, file));
  const failures: string[] = [];
  const failed = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    runner.on('fail', (test, error: Error) => failures.push(`${test.fullTitle()}: ${error.stack ?? error.message}`));
    runner.once('end', () => {
      const { passes = 0, pending = 0 } = runner.stats ?? {};
      // eslint-disable-next-line no-console -- the host hands the console to the runner
      console.log(resultMark + JSON.stringify({ passed: passes, failed: failures.length + pending, failures }));
    });
  });
  if (failed > 0) throw new Error(`${failed} in-host tests failed.`);
}
