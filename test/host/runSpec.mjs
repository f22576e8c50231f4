/** `node test/host/runSpec.mjs FILE`: one Mocha file in a process of its own. Its last line is `N passed, N failed`. */
import { resolve } from 'node:path';
import Mocha from 'mocha';
import { slowness } from '../../scripts/run.mjs';

const [file = ''] = process.argv.slice(2);
const runner = new Mocha({ timeout: 180_000 * slowness, reporter: 'spec' });
runner.addFile(resolve(file));
await runner.loadFilesAsync();
const run = runner.run(() => {
  const { passes = 0, failures = 0, pending = 0 } = run.stats ?? {};
  // A skipped test proves nothing, so it counts as failed.
  console.log(`${passes} passed, ${failures + pending} failed`);
  // Resources that a failed test has left open must not delay the result.
  process.exit(failures + pending > 0 ? 1 : 0);
});
