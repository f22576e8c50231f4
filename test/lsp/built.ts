import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds `dist/` when it is missing or older than the server's sources. */
export function ensureBuilt(): void {
  const built = ['server', 'cli', 'inference'].map((name) => statSync(`dist/${name}.js`, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const sources = readdirSync('server', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const changed = sources.map((file) => statSync(join('server', file)).mtimeMs);
  if (Math.max(...changed) > Math.min(...built))
    execFileSync(process.execPath, ['esbuild.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
