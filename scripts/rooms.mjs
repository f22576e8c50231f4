/**
 * The only table of the code's folders: what each contains and what it may import. The lint rule of the walls
 * (scripts/walls.mjs), the test of the walls and ARCHITECTURE's table (`npm run house`) are made from it.
 */

/**
 * @typedef {object} Room
 * @property {string} folder or, for a file at the top of a process, the file
 * @property {string} holds
 * @property {readonly string[]} imports folders, or single files of a folder; its own files are always allowed
 * @property {true} [isPure] no Node built-ins, no I/O: the world is passed in
 */

/** @type {readonly Room[]} */
export const rooms = [
  {
    folder: 'server/l10n.ts',
    holds: 'the texts a person reads, in the language of the editor: English in the code, other languages in `l10n/`',
    imports: [],
    isPure: true,
  },
  {
    folder: 'server/protocol',
    holds:
      'the messages between server and client, one file a topic: descriptors whose parameters and results are checked at both ends; the table of settings',
    imports: [],
    isPure: true,
  },
  {
    folder: 'server/reasoning',
    holds: 'problem, solution, step value, tree, statistics: plain data and pure functions',
    imports: [],
    isPure: true,
  },
  {
    folder: 'server/formats',
    holds: 'one file per on-disk format: `detect(head)` and `read(text)` with exact spans; the JSON reader; the registry',
    imports: ['server/l10n.ts', 'server/reasoning'],
    isPure: true,
  },
  {
    folder: 'server/disk',
    holds: 'how files are written: whole or not at all, never through a link, inside the folder they belong to',
    imports: ['server/l10n.ts'],
  },
  {
    folder: 'server/files',
    holds: 'input files, and the one door for images on disk',
    imports: ['server/l10n.ts', 'server/disk', 'server/formats', 'server/reasoning', 'server/review', 'server/models'],
  },
  {
    folder: 'server/review',
    holds: "people's step labels: an append-only log beside the data, agreement, posteriors of all sources",
    imports: ['server/disk', 'server/reasoning'],
  },
  {
    folder: 'server/answers',
    holds: "the verifier of final answers: forms, algebra, units; verifiers of the user's own",
    imports: ['server/l10n.ts', 'server/reasoning', 'server/remote'],
  },
  {
    folder: 'server/onnx',
    holds: 'reads, rewrites and writes ONNX files without loading their weights; int8 quantizing',
    imports: ['server/disk'],
  },
  {
    folder: 'server/remote',
    holds: "servers StepLens talks to: requests with retries and time limits, OpenAI's protocol",
    imports: ['server/l10n.ts'],
  },
  {
    folder: 'server/inference',
    holds: 'the child process: sessions, execution providers, key/value cache, sampling; the client that starts it',
    imports: ['server/onnx', 'server/reasoning'],
  },
  {
    folder: 'server/models',
    holds: 'what scoring and policies share: tokenizer, chat template, model files, image preparation',
    imports: ['server/l10n.ts', 'server/disk', 'server/onnx', 'server/inference'],
  },
  {
    folder: 'server/scoring',
    holds:
      'profile, trie of prefixes, cache, the `Scorer` port; `families/` (one PRM family a file), `layouts/` (text to token ids), `readouts/` (logits to a score), `backends/` (PRMs on servers)',
    imports: [
      'server/l10n.ts',
      'server/disk',
      'server/reasoning',
      'server/onnx',
      'server/remote',
      'server/inference',
      'server/models',
      'server/bundled.ts',
    ],
  },
  {
    folder: 'server/reward',
    holds: 'the reward endpoint for trainers: requests of TRL, OpenRLHF and vLLM, step rewards, the watch over reward hacking',
    imports: ['server/reasoning', 'server/formats', 'server/models', 'server/remote', 'server/scoring'],
  },
  {
    folder: 'server/labeling',
    holds: 'MCTS and Monte-Carlo over a policy as streams of events, run folders; `policies/` (who writes rollouts), `queue/` (Redis)',
    imports: [
      'server/l10n.ts',
      'server/disk',
      'server/reasoning',
      'server/formats',
      'server/files',
      'server/answers',
      'server/remote',
      'server/inference',
      'server/models',
    ],
  },
  {
    folder: 'server/debug',
    holds: 'the debug adapter over a search: its events as a program, breakpoints, forks',
    imports: ['server/disk', 'server/reasoning', 'server/files', 'server/models', 'server/labeling'],
  },
  { folder: 'server/training', holds: 'export of training data: selection rules, one format a file', imports: ['server/reasoning'] },
  {
    folder: 'server/evaluation',
    holds: 'Best-of-N and process benchmarks: statistics, and the run over documents',
    imports: ['server/reasoning', 'server/answers'],
  },
  {
    folder: 'server/language',
    holds: "one file per LSP feature, pure functions from a scored document; the tree panel's view and replay",
    imports: ['server/l10n.ts', 'server/reasoning', 'server/protocol', 'server/labeling'],
  },
  {
    folder: 'server/editor',
    holds: 'open documents, the scoring queue, and the services an editor asks for scores, labels, evaluations and training data',
    imports: [
      'server/l10n.ts',
      'server/disk',
      'server/protocol',
      'server/reasoning',
      'server/formats',
      'server/files',
      'server/answers',
      'server/remote',
      'server/review',
      'server/models',
      'server/scoring',
      'server/labeling',
      'server/training',
      'server/evaluation',
      'server/language',
    ],
  },
  {
    folder: 'server/lsp',
    holds: 'the connection: one handler file a topic, without decisions; the composition of the world',
    imports: [
      'server/l10n.ts',
      'server/protocol',
      'server/files',
      'server/answers',
      'server/remote',
      'server/scoring',
      'server/inference/childProcess.ts',
      'server/debug',
      'server/language',
      'server/editor',
      'server/tools',
      'server/bundled.ts',
    ],
  },
  {
    folder: 'server/tools',
    holds: 'tools for agents, one file each, read-only and inside the workspace; the MCP server that offers them',
    imports: [
      'server/protocol',
      'server/reasoning',
      'server/files',
      'server/answers',
      'server/scoring',
      'server/labeling',
      'server/evaluation',
      'server/language',
      'server/editor',
    ],
  },
  {
    folder: 'server/cli',
    holds: '`steplens`, one file per command',
    imports: [
      'server/disk',
      'server/protocol',
      'server/reasoning',
      'server/remote',
      'server/files',
      'server/answers',
      'server/onnx',
      'server/inference',
      'server/models',
      'server/scoring',
      'server/reward',
      'server/labeling',
      'server/debug',
      'server/training',
      'server/evaluation',
      'server/review',
      'server/language',
      'server/lsp',
      'server/tools',
      'server/bundled.ts',
    ],
  },
  {
    folder: 'server/bundled.ts',
    holds: 'where the bundled models and the inference program are, in the sources and when bundled',
    imports: ['package.json'],
  },
  {
    folder: 'extension/shell',
    holds: 'language client, settings, consent, trust, status, log',
    imports: ['server/protocol', 'server/reasoning', 'server/formats', 'extension/panels', 'extension/views', 'extension/debug'],
  },
  {
    folder: 'extension/panels',
    holds: 'hosts of the webview panels',
    imports: [
      'server/reasoning',
      'server/formats',
      'server/protocol',
      'extension/shell',
      'extension/views',
      'webview/shared/wire.ts',
      'webview/tree/protocol.ts',
      'webview/evaluation/protocol.ts',
      'webview/review/protocol.ts',
    ],
  },
  {
    folder: 'extension/views',
    holds:
      'the views in the activity bar, the outputs of notebooks, the review under way, the files of labels it follows, and the records of containers',
    imports: ['server/protocol', 'server/formats', 'extension/shell'],
  },
  { folder: 'extension/debug', holds: 'registers the debug adapter', imports: ['server/protocol', 'extension/shell'] },
  { folder: 'extension/tools', holds: 'offers the tools for agents to VS Code', imports: ['server/protocol', 'extension/shell'] },
  {
    folder: 'extension/commands',
    holds: 'one file per command',
    imports: ['server/protocol', 'server/reasoning', 'server/formats', 'extension/shell', 'extension/debug', 'extension/views'],
  },
  {
    folder: 'extension/extension.ts',
    holds: 'activation: the parts and the table of commands',
    imports: [
      'server/protocol',
      'extension/shell',
      'extension/panels',
      'extension/debug',
      'extension/tools',
      'extension/views',
      'extension/commands',
    ],
  },
  {
    folder: 'webview/shared',
    holds: 'what both panels use: the wire, controls, theme, value scale, words',
    imports: ['server/l10n.ts', 'server/protocol'],
  },
  {
    folder: 'webview/tree',
    holds: 'the tree panel: model, layout (numbers), render (D3), store, interact',
    imports: ['server/l10n.ts', 'server/protocol', 'server/reasoning', 'webview/shared'],
  },
  {
    folder: 'webview/review',
    holds: 'the review panel: one step at a time, its evidence, the keys that judge it',
    imports: ['server/l10n.ts', 'server/protocol', 'server/reasoning', 'webview/shared'],
  },
  {
    folder: 'webview/evaluation',
    holds: 'the evaluation panel: model, layout, render, store',
    imports: ['server/l10n.ts', 'server/protocol', 'server/reasoning', 'webview/shared'],
  },
];

/** Packages that only some folders import: `name` is matched with the whole specifier. */
export const packages = [
  { name: /^vscode$/, folders: ['extension'], why: 'pass the value in' },
  { name: /^vscode-languageclient/, folders: ['extension'], why: 'only the extension starts the server' },
  { name: /^onnxruntime/, folders: ['server/inference'], why: 'ask the inference client' },
  { name: /^(d3-|katex|@vscode\/webview-ui-toolkit)/, folders: ['webview'], why: 'drawing belongs in webview/' },
];

/** Folders without walls, for ARCHITECTURE's table. */
export const others = [
  ['media/', 'icons, schemas, walkthrough, `samples/` (a workspace made by real runs), `models/mini/` (the bundled models and their card)'],
  [
    'scripts/',
    'the commands of `package.json`: start, test, package, screenshots, bench; `miniature/` makes the bundled models and samples',
  ],
  ['test/', 'mirrors the above, and `lsp/`, `browser/`, `host/`, `pack/`, `structure/`, `bench/`'],
];

/** The table's row for a file; undefined if it has none. `file`: from the root, with `/`. */
export function roomOf(file) {
  return rooms.find(({ folder }) => file === folder || file.startsWith(`${folder}/`));
}

/** Why `file` must not import `target` (both from the root); undefined when it may. */
export function wallBetween(file, target) {
  const from = roomOf(file);
  if (!from) return undefined;
  const to = roomOf(target);
  if (to === from) return undefined;
  if (from.imports.some((one) => one === target || one === to?.folder)) return undefined;
  const own = from.imports.length === 0 ? 'only itself' : `only itself, ${from.imports.join(', ')}`;
  return `${from.folder} imports ${own}; not ${target}. Pass the value in, or move the code to the room it belongs to (scripts/rooms.mjs).`;
}

/** Why `file` must not import the package `name`; undefined when it may. */
export function packageWall(file, name) {
  const room = roomOf(file);
  if (!room) return undefined;
  const rule = packages.find((one) => one.name.test(name));
  if (rule && !rule.folders.some((folder) => file.startsWith(`${folder}/`)))
    return `${name} is imported in ${rule.folders.join(', ')} only: ${rule.why}.`;
  if (room.isPure) return `${room.folder} is pure: it imports no package and no Node built-in. Pass the value in.`;
  return undefined;
}
