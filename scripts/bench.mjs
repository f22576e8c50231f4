/** `npm run bench [PART...]`: builds, then measures; see test/bench/. */
import { ensureChromium } from './chromium.mjs';
import { build, ensureDependencies } from './dependencies.mjs';
import { run } from './run.mjs';

await ensureDependencies();
process.env.CHROMIUM_PATH = await ensureChromium();
await build();
await run([process.execPath, 'node_modules/tsx/dist/cli.mjs', 'test/bench/main.ts', ...process.argv.slice(2)]);
