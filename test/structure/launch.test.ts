import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Configuration {
  readonly name: string;
  readonly request: 'launch' | 'attach';
  readonly program?: string;
  readonly args?: readonly string[];
  readonly port?: number;
  readonly timeout?: number;
  readonly preLaunchTask?: string;
  readonly outFiles?: readonly string[];
}

interface Task {
  readonly label: string;
  readonly type: 'npm' | 'shell';
  readonly script?: string;
  readonly command?: string;
}

const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
const { configurations, compounds } = read<{
  readonly configurations: readonly Configuration[];
  readonly compounds: readonly { readonly configurations: readonly string[] }[];
}>('.vscode/launch.json');
const { tasks } = read<{ readonly tasks: readonly Task[] }>('.vscode/tasks.json');
const { scripts } = read<{ readonly scripts: Readonly<Record<string, string>> }>('package.json');
const bundler = readFileSync('esbuild.mjs', 'utf8');

/** Returns the repository paths in a configuration. The bundler writes those in `dist/`. */
function pathsOf({ program, args = [] }: Configuration): string[] {
  return [program ?? '', ...args]
    .flatMap((text) => /^(?:--extensionDevelopmentPath=)?(?:\$\{workspaceFolder\}\/?)?([\w./-]*)$/.exec(text)?.[1] ?? [])
    .filter((path) => path.includes('/'));
}

describe('the debug configurations in .vscode/launch.json', () => {
  it('name files that exist or that the bundler writes', () => {
    const paths = configurations.flatMap(pathsOf);
    expect(paths).toContain('media/samples');
    for (const path of paths) {
      const built = /^dist\/(\w+)\.js$/.exec(path)?.[1];
      if (built === undefined) expect(existsSync(path), path).toBe(true);
      else expect(bundler).toMatch(new RegExp(`\\b${built}: 'server/`));
    }
  });

  it('build the files in dist/ before they run them, with source maps', () => {
    const labels = tasks.map(({ label }) => label);
    for (const one of configurations.filter(
      ({ request, outFiles, program }) => request === 'launch' && (outFiles ?? program?.includes('/dist/')),
    ))
      expect(labels, one.name).toContain(one.preLaunchTask);
    expect(tasks.find(({ label }) => label === 'build')?.command).toBe('node esbuild.mjs --dev');
    expect(bundler).toContain('sourcemap: isDev');
  });

  it('attach to the ports that the extension opens under a debugger', () => {
    const client = readFileSync('extension/shell/client.ts', 'utf8');
    const opened = [/'--inspect=(\d+)'/, /STEPLENS_INFERENCE_INSPECT: '(\d+)'/].map((pattern) => Number(pattern.exec(client)?.[1]));
    expect(configurations.flatMap(({ port }) => port ?? [])).toEqual(opened);
    expect(readFileSync('server/inference/childProcess.ts', 'utf8')).toContain('STEPLENS_INFERENCE_INSPECT');
  });

  it('wait at least 10 minutes for the server, which starts with the first file', () => {
    const attached = configurations.filter(({ request }) => request === 'attach');
    expect(attached).toHaveLength(2);
    // VS Code gives up after 10 s by default.
    for (const { name, timeout = 10_000 } of attached) expect(timeout, name).toBeGreaterThanOrEqual(600_000);
  });

  it('include everything that a compound starts', () => {
    const names = configurations.map(({ name }) => name);
    for (const { configurations: members } of compounds) expect(names).toEqual(expect.arrayContaining([...members]));
  });

  it('have tasks beside them that run existing scripts and files', () => {
    for (const { type, script = '', command = '' } of tasks) {
      if (type === 'npm') expect(scripts).toHaveProperty([script]);
      else expect(existsSync(/^node (\S+)/.exec(command)?.[1] ?? ''), command).toBe(true);
    }
  });

  it('include those that CONTRIBUTING.md names', () => {
    const page = readFileSync('CONTRIBUTING.md', 'utf8');
    const [paragraph = ''] = /^In VS Code, [^]*?\n\n/m.exec(page) ?? [];
    const named = [...paragraph.matchAll(/\*\*([^*]+)\*\*/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(2);
    for (const name of named) expect(readFileSync('.vscode/launch.json', 'utf8')).toContain(`"name": "${name}"`);
  });
});
