import { expect, it } from 'vitest';
import { readManifest } from './manifest.js';

interface Item {
  readonly command: string;
  readonly when?: string;
}
interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly Item[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly when: string; readonly contents: string }[];
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly modelDescription: string;
      readonly inputSchema: unknown;
      readonly when: string;
    }[];
  };
}

const { contributes } = readManifest<Manifest>();
const ids = contributes.commands.map(({ command }) => command);

/** Commands that work everywhere. Every other command has a condition that says where it works. */
const anywhere = [
  'steplens.getStarted',
  'steplens.openSample',
  'steplens.openRecords',
  'steplens.clearCache',
  'steplens.selectModel',
  'steplens.selectDevice',
  'steplens.setThreshold',
  'steplens.showLog',
  'steplens.restartServer',
];

it('every command has a condition for the Command Palette, or is listed as working anywhere', () => {
  const limited = contributes.menus['commandPalette']!.map(({ command }) => command);
  expect([...limited, ...anywhere].sort()).toEqual([...ids].sort());
  for (const { command, when } of contributes.menus['commandPalette']!) expect(when, command).toBeTruthy();
});

it('commands that write or send data for a workspace are offered only in a trusted workspace', () => {
  const writing = [
    'labelProblem',
    'labelAll',
    'tryPolicy',
    'moreRollouts',
    'debugLabeling',
    'debugLog',
    'exportTrainingData',
    'mapFields',
    'reviewSteps',
    'judgeHere',
  ];
  for (const name of writing) {
    const item = contributes.menus['commandPalette']!.find(({ command }) => command === `steplens.${name}`);
    expect(item?.when, name).toContain('isWorkspaceTrusted');
  }
});

it('every menu names existing commands, and every welcome text an existing view and existing commands', () => {
  for (const [menu, items] of Object.entries(contributes.menus))
    for (const { command } of items.filter((item) => 'command' in item)) expect(ids, menu).toContain(command);
  const views = Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id));
  expect(views).toEqual(expect.arrayContaining(['steplens.files', 'steplens.run']));
  for (const { view, contents } of contributes.viewsWelcome) {
    expect(views).toContain(view);
    const linked = [...contents.matchAll(/\(command:(steplens\.\w+)\)/g)].map(([, command]) => command!);
    for (const command of linked) expect(ids).toContain(command);
    expect(contents).toMatch(/\(command:/);
  }
});
