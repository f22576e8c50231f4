import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { textsOf } from './manifest.js';
import { sourcesIn } from './sources.js';
import { errorsOfSource, textsOfSource } from './texts.js';

interface Visited {
  readonly path: string;
  readonly value: string;
}

/** Every string below a value of the manifest, with its path. */
function strings(value: unknown, path = ''): Visited[] {
  if (typeof value === 'string') return [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => strings(one, `${path}/${key}`));
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly contributes: Record<string, unknown>;
  readonly capabilities: unknown;
};
const all = strings({ contributes: manifest.contributes, capabilities: manifest.capabilities });
const english = textsOf('');
const chinese = textsOf('zh-cn');

/** Paths of strings that VS Code shows to people. Models read the tools' schemas and model descriptions. */
const shown =
  /\/(title|shortTitle|description|markdownDescription|markdownEnumDescriptions\/\d+|enumDescriptions\/\d+|contents|displayName|userDescription|altText)$|\/(views|submenus)\/.*\/(name|label)$|\/debuggers\/\d+\/(label|(initialConfigurations\/\d+|configurationSnippets\/\d+\/body)\/name|configurationSnippets\/\d+\/label)$/;
const isForModels = ({ path }: Visited): boolean => path.includes('/languageModelTools/') && path.includes('/inputSchema/');
/** The name is the same in every language. */
const brand = 'StepLens';

describe('the texts of the manifest', () => {
  it('are all in package.nls.json, and none is written in the manifest itself', () => {
    const written = all.filter((one) => shown.test(one.path) && !isForModels(one) && one.value !== brand && !/^%.+%$/.test(one.value));
    expect(written).toEqual([]);
  });

  it('are exactly those that the manifest refers to, in both languages', () => {
    const asked = [...new Set(strings(manifest).flatMap(({ value }) => /^%(.+)%$/.exec(value)?.[1] ?? []))].sort();
    expect(Object.keys(english).sort()).toEqual(asked);
    expect(Object.keys(chinese).sort()).toEqual(asked);
  });

  it('are Chinese in package.nls.zh-cn.json, with the same links, settings and code as in English', () => {
    const marks = (text: string): string[] => [...text.matchAll(/\(command:[\w.]+\)|`[^`]+`/g)].map(([mark]) => mark).sort();
    for (const [key, text] of Object.entries(chinese)) {
      expect(text, key).toMatch(/\p{Script=Han}/u);
      expect(marks(text), key).toEqual(marks(english[key]!));
      // A sentence that was not translated.
      expect(text.replace(/`[^`]+`|\([^)]*\)/g, ''), key).not.toMatch(/(?:[A-Za-z]{2,} ){4}/);
    }
  });
});

/** Literals that look like texts but are for machines or developers, by file. */
const exempt: Readonly<Record<string, readonly string[]>> = {
  'extension/commands/forkSearch.ts': ['cPuct = 0.5, rollouts = 32, rollout 3 = wrong, verifier = now', 'what if ·'],
  'extension/commands/showAgreement.ts': ["Fleiss' kappa"],
  'extension/panels/html.ts': ["style-src · 'nonce-·'", 'font-src ·', 'img-src · data:'],
  'extension/panels/panel.ts': ['The panel was closed.'],
  'extension/panels/panelWire.ts': [
    'A panel sent a message that is not part of its protocol.',
    'A panel sent the unknown request "·".',
    'Unknown request "·".',
    'Panel, ·: ·',
  ],
  'extension/shell/status.ts': ['· on ·', '  passed over ·: ·'],
  'extension/shell/tooLarge.ts': ['steplens score "·"'],
  'extension/views/cellOutputs.ts': ['·/cell ··.·', ' output ·'],
  'extension/views/filesView.ts': ['first low step', 'low steps', 'low step'],
  'extension/views/runView.ts': ['not begun'],
  'extension/views/recordDocuments.ts': [' from ·'],
  'extension/views/requestDocuments.ts': ['/request ·.·.json', '/request ·.· again.json'],
  'server/editor/openDocument.ts': ['The present reading has no problem ·.'],
  'server/editor/reviewService.ts': ['· cannot be read: ·'],
  'server/editor/service.ts': ['The language server is shutting down.', 'Scoring was cancelled.'],
  'webview/evaluation/render/bestOfNView.ts': ['codicon codicon-·'],
  'webview/evaluation/render/chartDrawing.ts': ['tick y', 'tick x', 'title x', 'band · ·', 'line · ·', 'mark ·'],
  'webview/shared/element.ts': ['No window shows the document.', 'The browser cannot draw on a canvas.'],
  'webview/shared/math.ts': ['math math-error'],
  'webview/shared/rpc.ts': ['There is no request ·.', 'Cancelled', 'The panel was closed.'],
  'webview/tree/protocol.ts': ['the tree', 'a persisted state'],
  'webview/tree/render/drawing.ts': ['tree to draw', 'view of the tree', '12px ·', '600 12px ·', '11px ·'],
  'webview/tree/render/statisticsPane.ts': ['depth:· rollouts>0'],
  'webview/tree/render/nodePane.ts': ['tree of the step'],
  'webview/tree/render/svgTree.ts': ['block · ·', 'parent of the node ·'],
  'webview/tree/render/svgBlock.ts': ['note flag', 'words small'],
};

/** Folders whose errors reach the editor. Errors that only the command line can report stay English. */
const readFolders = ['answers', 'remote', 'models', 'scoring', 'labeling', 'files', 'disk', 'formats'].map((name) => `server/${name}/`);
const commandLineOnly = /^server\/labeling\/(queue\/|(runJson|undecided|searchTree|settingRanges)\.ts)/;

/** Folders in which every text is translated. */
const translatedFolders = ['webview', 'server/language', 'server/editor', 'extension'];

describe('the messages of extension, panels and server', () => {
  const bundle = JSON.parse(readFileSync('l10n/bundle.l10n.zh-cn.json', 'utf8')) as Readonly<Record<string, string>>;
  const sources = ['extension', 'webview', 'server']
    .flatMap(sourcesIn)
    .filter(({ file, text }) => file !== 'server/l10n.ts' && (isWhole(file) || /\b(t|plural|english)\(/.test(text)));
  const texts = sources.map((source) => ({ ...source, ...textsOfSource(source, new Set(exempt[source.file])) }));

  it('are all in the Chinese bundle, which has no others', () => {
    const keys = new Set(texts.flatMap(({ translated }) => translated));
    expect(Object.keys(bundle).sort()).toEqual([...keys].sort());
  });

  it('are all passed to `t` where a person reads them', () => {
    const missed = texts.flatMap(({ file, missed }) => missed.filter((one) => isWhole(file) || /not a literal|too early/.test(one)));
    expect(missed).toEqual([]);
  });

  it('are made with `english` if they are errors that may reach the editor', () => {
    const read = sourcesIn('server').filter(
      ({ file }) => readFolders.some((folder) => file.startsWith(folder)) && !commandLineOnly.test(file),
    );
    expect(read.length).toBeGreaterThan(60);
    expect(read.flatMap(errorsOfSource)).toEqual([]);
  });

  it('keep their placeholders for numbers and names in Chinese', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\d\}/g)].map(([place]) => place).sort();
    for (const [message, text] of Object.entries(bundle)) {
      expect(text.replace(/rollout|\b[A-Z]\w*/g, ''), message).toMatch(/\p{Script=Han}|^[^A-Za-z]*$/u);
      expect(places(text), message).toEqual(places(message));
    }
  });
});

describe('the check for untranslated texts', () => {
  const found = (text: string) => textsOfSource({ file: 'a.ts', text });

  it('finds texts of elements and attributes that a person may read', () => {
    expect(found("element(document, 'p', { title: 'Try again' }, `No ${what} here`)").missed).toEqual([
      'a.ts:1 Try again',
      'a.ts:1 No · here',
    ]);
  });

  it('reads the literals of t, l10n.t and plural as keys, and reports a key that is not a literal', () => {
    const { translated, missed } = found("t('A {0}', t('b c')); plural(n, '{0} node', '{0} nodes'); l10n.t('D e'); t(`x ${y}`);");
    expect(translated).toEqual(['A {0}', 'b c', '{0} node', '{0} nodes', 'D e']);
    expect(missed).toEqual(['a.ts: not a literal: `x ${y}`']);
  });

  it('reports a text of the server that is translated before the language is known', () => {
    const text = "const a = t('At once'); const b = () => t('Later');";
    expect(textsOfSource({ file: 'server/a.ts', text }).missed).toEqual(['server/a.ts: too early: At once']);
    expect(textsOfSource({ file: 'webview/a.ts', text }).missed).toEqual([]);
  });

  it('reports why a verifier failed, but not the reasons of its rules, which only the command line shows', () => {
    const text =
      "undecided('limit', 'It took too long.'); undecided('unreadable', 'An equation and a value.'); undecided('error', english('It failed.'));";
    expect(errorsOfSource({ file: 'server/a.ts', text })).toEqual(["server/a.ts:1 'It took too long.'"]);
  });

  it('ignores selectors, classes, compared words and log messages', () => {
    expect(
      found(
        "host.querySelector('.a b'); element(document, 'p', { class: 'big one' }); if (kind === 'Empty pool') log.info(`Went on with ${it}`);",
      ).missed,
    ).toEqual([]);
  });
});

/** Whether every text of a file is translated. */
function isWhole(file: string): boolean {
  return translatedFolders.some((folder) => file.startsWith(`${folder}/`));
}
