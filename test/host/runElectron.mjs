/** `npm run test:electron`: the in-host suite in a desktop VS Code, fetched by `@vscode/test-electron`. */
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { root, run } from '../../scripts/run.mjs';
import { buildSuite } from './buildSuite.mjs';

await run([process.execPath, join(root, 'esbuild.mjs')]);
await runTests({
  version: process.env.STEPLENS_VSCODE_VERSION ?? 'stable',
  extensionDevelopmentPath: root,
  extensionTestsPath: await buildSuite(),
  launchArgs: [join(root, 'test', 'fixtures', 'workspace'), '--disable-extensions', '--disable-workspace-trust'],
});
