/** Runs the in-host suite in a VS Code server driven by Chromium. The last line is `N passed, N failed`. */
import { join } from 'node:path';
import { format } from 'node:util';
import { root, slowness } from '../../scripts/run.mjs';
import { startHost } from '../../scripts/vscodeHost.mjs';
import { openWorkbench } from '../../scripts/workbench.mjs';
import { buildSuite } from './buildSuite.mjs';

/** A suite without output for this many milliseconds counts as hung. The total time is not limited. */
const silenceMs = 5 * 60_000 * slowness;
const resultMark = 'STEPLENS-RESULT ';

const { passed, failed } = await runHostSuite();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** @returns {Promise<{ passed: number, failed: number }>} rejects when the suite did not finish */
async function runHostSuite() {
  const extensionTestsPath = await buildSuite();
  const host = await startHost({
    workspace: join(root, 'test', 'fixtures', 'workspace'),
    extensionDevelopmentPath: root,
    extensionTestsPath,
  });
  let close = async () => {};
  try {
    const outcome = await new Promise((resolve, reject) => {
      let last = 'nothing';
      const hangs = () => reject(new Error(`The in-host suite said nothing for ${silenceMs / 60_000} minutes, last: ${last}`));
      const timer = setTimeout(hangs, silenceMs);
      let result;
      const onLog = (type, args) => {
        const text = format(...args);
        if (/^\s+(✔|\d+\))/.test(text)) {
          last = text.trim();
          timer.refresh();
        }
        if (text.startsWith(resultMark)) result = JSON.parse(text.slice(resultMark.length));
        else if (process.env.STEPLENS_VERBOSE || /^\s+(✔|\d+\)|[A-Za-z])/.test(text)) console.log(text);
      };
      const onExit = (code) => {
        clearTimeout(timer);
        if (result) resolve(result);
        else reject(new Error(`The in-host suite ended with ${code} and without a result.`));
      };
      openWorkbench(host.url, { onLog, onExit }).then((workbench) => (close = workbench.close), reject);
    });
    for (const failure of outcome.failures) console.error(failure);
    return { passed: outcome.passed, failed: outcome.failed };
  } finally {
    await close();
    await host.stop();
  }
}
