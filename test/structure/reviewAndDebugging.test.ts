import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventKinds } from '../../server/debug/eventKinds.js';
import { forkSettings } from '../../server/debug/whatIf.js';
import { readManifest } from './manifest.js';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category?: string }[];
    readonly keybindings: readonly { readonly command: string; readonly key: string; readonly mac?: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
    readonly debuggers: readonly {
      readonly configurationAttributes: Readonly<
        Record<'launch' | 'attach', { readonly properties: Readonly<Record<string, { readonly default?: unknown }>> }>
      >;
    }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
  };
}

const read = (file: string): string => readFileSync(file, 'utf8');
const { commands, keybindings, configuration, debuggers, views } = readManifest<Manifest>().contributes;
const { launch, attach } = debuggers[0]!.configurationAttributes;
const review = read('docs/review.md');
const debugging = read('docs/debugging.md');
const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Returns the cells of the table whose header begins with these words. */
function table(page: string, head: string): string[][] {
  const lines = page.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  expect(begin, head).toBeGreaterThanOrEqual(0);
  const end = lines.findIndex((line, at) => at > begin && !line.startsWith('|'));
  return lines.slice(begin + 2, end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
const pressed = (cell: string): string[] => [...cell.matchAll(/<kbd>(.+?)<\/kbd>/g)].map(([, key]) => key!);

describe('the README and the pages in docs/', () => {
  it('name only commands that exist, with their titles', () => {
    const titles = commands.map(({ title, category }) => `${category === undefined ? '' : `${category}: `}${title}`);
    const named = pages.flatMap((page) => [...read(page).matchAll(/\*(StepLens: [^*]+)\*/g)].map(([, title]) => `${page}: ${title}`));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((one) => !titles.some((title) => one.endsWith(`: ${title}`)))).toEqual([]);
  });

  it('name only settings that exist', () => {
    const named = pages.flatMap((page) => [...read(page).matchAll(/`(steplens\.[\w.]+)`/g)].map(([, name]) => [page, name!] as const));
    expect(named.length).toBeGreaterThan(30);
    // The file of mappings has a name of the same form.
    expect(named.filter(([, name]) => name !== 'steplens.json' && !(name in configuration.properties))).toEqual([]);
  });
});

describe('docs/review.md', () => {
  it('lists the queues that the review command offers', () => {
    const offered = read('extension/commands/reviewSteps.ts').split('const ways')[0]!;
    const labels = [...offered.matchAll(/label: (?:l10n\.t\()?'([^']+)'/g)].map(([, label]) => label!);
    expect(labels.length).toBeGreaterThan(4);
    expect(table(review, 'queue').map(([label]) => label)).toEqual(labels);
    const named = [...review.matchAll(/queue \*([^*]+)\*/g)].map(([, label]) => label!);
    expect(named.filter((label) => !labels.includes(label))).toEqual([]);
  });

  it('lists the keys of the review panel and of the manifest', () => {
    const rows = table(review, 'key in the panel');
    const named = new Map(rows.map(([panel, , does]) => [does!, pressed(panel!)]));
    const panel = read('webview/review/keys.ts');
    const judgments = [...panel.matchAll(/ key: '(\w)', name: t\('(\w+)'\)/g)].map(([, key, name]) => [name!, [key!]]);
    expect(judgments).toHaveLength(5);
    for (const [name, keys] of judgments) expect(named.get(name as string), String(name)).toEqual(keys);
    const kindKeys = /kindKeys = '(\w+)'/.exec(panel)![1]!;
    const kinds = named.get('kind of error')!;
    expect(kinds.join('')).toBe(kindKeys.slice(0, kinds.length));
    const inEditor = rows
      .filter(([, editor]) => editor !== '')
      .map(([, editor, does]) => [does!, pressed(editor!).join('+').toLowerCase()]);
    const commandOf = (does: string): string =>
      does === 'undo' ? 'steplens.undoJudgment' : `steplens.judge${does.charAt(0).toUpperCase()}${does.slice(1)}`;
    expect(inEditor.map(([does, key]) => [commandOf(does!), key])).toEqual(
      keybindings.filter(({ command }) => /^steplens\.(?:judge|undo)/.test(command)).map(({ command, key }) => [command, key]),
    );
    for (const { command, key, mac } of keybindings) if (command.startsWith('steplens.judge')) expect(mac).toBe(`ctrl+${key}`);
  });
});

describe('docs/debugging.md', () => {
  it('lists every field of a launch and of an attach configuration', () => {
    const rows = table(debugging, 'field').flatMap(([names, of]) => quoted(names!).map((name) => [name, of!] as const));
    const known = [...new Set([...Object.keys(launch.properties), ...Object.keys(attach.properties)])].map((name) => [
      name,
      name in launch.properties ? (name in attach.properties ? 'both' : 'launch') : 'attach',
    ]);
    expect(rows.toSorted()).toEqual(known.toSorted());
  });

  it('shows configurations whose fields are in the manifest', () => {
    const shown = JSON.parse(/```json\n([\s\S]+?)```/.exec(debugging)![1]!) as {
      readonly configurations: readonly Readonly<Record<string, unknown>>[];
    };
    expect(shown.configurations).toHaveLength(2);
    for (const { type: _type, name: _name, request, ...fields } of shown.configurations)
      for (const field of Object.keys(fields)) expect((request === 'launch' ? launch : attach).properties).toHaveProperty(field);
  });

  it('names every kind of event that a breakpoint can stop at', () => {
    const sentence = /\*\*By kind of event\*\*: check ([\s\S]+?) in the Breakpoints view/.exec(debugging)![1]!;
    expect(quoted(sentence)).toEqual(Object.keys(eventKinds));
  });

  it('lists every name that a condition can use', () => {
    const asked = quoted(lookupNames());
    const named = table(debugging, 'name').flatMap(([names]) => quoted(names!));
    expect(asked.length).toBeGreaterThan(20);
    expect(named.toSorted()).toEqual(asked.toSorted());
  });

  it('names the settings that a fork may change', () => {
    const [, ofSearch, ofMonteCarlo] = /A tree search can change ([\s\S]+?), a Monte-Carlo run ([\s\S]+?)\. /.exec(debugging)!;
    expect(quoted(ofSearch!).toSorted()).toEqual(Object.keys(forkSettings.mcts).toSorted());
    expect(quoted(ofMonteCarlo!).toSorted()).toEqual(Object.keys(forkSettings['monte-carlo']).toSorted());
  });

  it('names the view of a run and its parts', () => {
    const names = Object.values(views).flatMap((some) => some.map(({ name }) => name));
    const view = /opens the view \*([^*]+)\*/.exec(debugging)![1]!;
    expect(names).toContain(view);
    const source = read('extension/views/runView.ts');
    const parts = table(debugging, 'part').map(([part]) => part!);
    expect(parts.filter((part) => part !== 'first lines' && !source.includes(`label: l10n.t('${part}`))).toEqual([]);
  });
});

/** Returns the names that `lookupAt` supports, each in backticks, as in the list of its comment. */
function lookupNames(): string {
  const source = read('server/debug/eventKinds.ts');
  const fields = source.split('const fields')[1]!.split('  };')[0]!;
  return [...fields.matchAll(/^ {4}'?([\w.]+)'?: \(\) =>/gm)].map(([, name]) => `\`${name}\``).join(' ');
}
