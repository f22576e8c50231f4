import {
  type Command,
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  TabInputText,
  type TextDocument,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  type Uri,
  window,
  workspace,
} from 'vscode';
import { type FileOutline, FileOutlineRequest } from '../../server/protocol/steps.js';
import type { Claims } from '../shell/claims.js';
import type { Client } from '../shell/client.js';
import { listed } from '../shell/listed.js';
import { messageForUser } from '../shell/log.js';

/** Id of the view that the manifest contributes. */
const filesViewId = 'steplens.files';
/** ms within which changes of several documents are combined. */
const settleMs = 200;

type ProblemOutline = FileOutline['problems'][number];
type LowOutline = ProblemOutline['low'][number];

/** A message below a file, in place of its problems. */
interface Note {
  readonly label: string;
  readonly tooltip: string;
  readonly icon: string;
  readonly opens: Command;
}

/** A row. The commands of its menu read `uri`, `problem` and `range`. */
type Line =
  | { readonly kind: 'file'; readonly uri: Uri }
  | { readonly kind: 'problem'; readonly uri: Uri; readonly problem: number; readonly outline: ProblemOutline }
  | {
      readonly kind: 'low';
      readonly uri: Uri;
      readonly problem: number;
      readonly range: LowOutline['range'];
      readonly step: LowOutline;
      readonly parent: Line;
    }
  | { readonly kind: 'note'; readonly uri: Uri; readonly note: Note; readonly parent: Line }
  | { readonly kind: 'more'; readonly uri: Uri; readonly problem: number; readonly count: number; readonly of: string };

/** The open files with reasoning, their problems and low steps, in the activity bar. A click opens them. */
export class FilesView implements TreeDataProvider<Line>, Disposable {
  readonly #client: Client;
  readonly #claims: Claims;
  readonly #view: TreeView<Line>;
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #own: Disposable[];
  readonly #outlines = new Map<string, FileOutline | null>();
  /** Why a file has no outline. */
  readonly #failures = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Client, claims: Claims) {
    this.#client = client;
    this.#claims = claims;
    this.#view = window.createTreeView(filesViewId, { treeDataProvider: this, showCollapseAll: true });
    this.#own = [
      this.#view,
      this.#changed,
      claims.onDidClaim(() => this.#refreshSoon()),
      workspace.onDidCloseTextDocument(({ uri }) => this.#refreshSoon(uri.toString())),
      window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
        if (opened.length + closed.length > 0) this.#refreshSoon();
      }),
      client.onDidChangeDocument(({ uri }) => this.#refreshSoon(uri)),
    ];
    this.#tellFiles();
  }

  getTreeItem(line: Line): TreeItem {
    switch (line.kind) {
      case 'file':
        return this.#fileItem(line.uri);
      case 'problem':
        return problemItem(line.uri, line.outline);
      case 'low':
        return lowItem(line.uri, line.step);
      case 'more':
        return moreItem(line);
      case 'note':
        return noteItem(line.note);
    }
  }

  async getChildren(line?: Line): Promise<Line[]> {
    if (!line) return this.#files().map((uri) => ({ kind: 'file', uri }));
    if (line.kind === 'file') return this.#fileLines(line);
    return line.kind === 'problem' ? lowLines(line, line.outline) : [];
  }

  getParent(line: Line): Line | undefined {
    if (line.kind === 'low' || line.kind === 'note') return line.parent;
    return line.kind === 'problem' ? { kind: 'file', uri: line.uri } : undefined;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const one of this.#own) one.dispose();
  }

  /** Lists files in a tab first: VS Code keeps others open for a while after their tab was closed. */
  #files(): Uri[] {
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    const shown = new Set(tabs.flatMap(({ input }) => (input instanceof TabInputText ? [input.uri.toString()] : [])));
    const rank = (uri: Uri): number => (shown.has(uri.toString()) ? 0 : 1);
    return this.#claims.documents.map(({ uri }) => uri).sort((a, b) => rank(a) - rank(b));
  }

  async #fileLines(line: Line & { readonly kind: 'file' }): Promise<Line[]> {
    const { uri } = line;
    const outline = await this.#outline(uri);
    const failure = this.#failures.get(uri.toString());
    if (failure !== undefined) return [{ kind: 'note', uri, note: failed(failure), parent: line }];
    if (!outline) return [];
    const [only] = outline.problems;
    if (!only) return [{ kind: 'note', uri, note: empty(), parent: line }];
    // A file with a single problem has no level for it.
    if (outline.problemCount === 1) return lowLines(line, only);
    const problems = outline.problems.map((one): Line => ({ kind: 'problem', uri, problem: one.problem, outline: one }));
    const rest = outline.problemCount - problems.length;
    return rest > 0 ? [...problems, { kind: 'more', uri, problem: problems.length, count: rest, of: 'problems' }] : problems;
  }

  #fileItem(uri: Uri): TreeItem {
    const outline = this.#outlines.get(uri.toString());
    // A file with a single problem and no low steps has nothing to expand.
    const isLeaf = outline?.problemCount === 1 && outline.problems[0]?.lowCount === 0;
    const item = new TreeItem(uri, isLeaf ? TreeItemCollapsibleState.None : TreeItemCollapsibleState.Expanded);
    item.id = uri.toString();
    item.iconPath = ThemeIcon.File;
    const found = outline ? counted(outline.firstLow, 'first low step') : '';
    item.description = found;
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    item.accessibilityInformation = { label: found === '' ? l10n.t('File {0}', name) : l10n.t('File {0}: {1}', name, found) };
    item.command = { title: l10n.t('Open'), command: 'vscode.open', arguments: [uri] };
    item.contextValue = 'file';
    return item;
  }

  async #outline(uri: Uri): Promise<FileOutline | null> {
    const key = uri.toString();
    const known = this.#outlines.get(key);
    if (known !== undefined) return known;
    const outline = await this.#client.request(FileOutlineRequest, { uri: key }).catch((error: unknown) => {
      this.#failures.set(key, messageForUser(error));
      return null;
    });
    if (outline) this.#failures.delete(key);
    this.#outlines.set(key, outline);
    // The row of the file was drawn before its content was known.
    this.#refreshSoon();
    return outline;
  }

  #refreshSoon(uri?: string): void {
    if (uri !== undefined) this.#outlines.delete(uri);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#refresh();
    }, settleMs);
  }

  async #refresh(): Promise<void> {
    this.#tellFiles();
    // A hidden view shows only its badge, and nothing is read for it.
    if (this.#view.visible) await Promise.all(this.#claims.documents.map(({ uri }) => this.#outline(uri)));
    this.#changed.fire(undefined);
  }

  /** Sets the context key for the view's welcome, which is shown while there is no such file. */
  #tellFiles(): void {
    const documents: readonly TextDocument[] = this.#claims.documents;
    void commands.executeCommand('setContext', 'steplens.hasFiles', documents.length > 0);
  }
}

/** Note with the server's error for the file. */
function failed(message: string): Note {
  return {
    label: l10n.t('Cannot be shown: {0}', message),
    tooltip: message,
    icon: 'error',
    opens: { title: l10n.t('Show Log'), command: 'steplens.showLog' },
  };
}

/** Note for a file that a format claims but in which nothing could be read. */
function empty(): Note {
  return {
    label: l10n.t('No problem could be read'),
    tooltip: l10n.t('The Problems panel says why.'),
    icon: 'info',
    opens: { title: l10n.t('Show Problems'), command: 'workbench.actions.view.problems' },
  };
}

function noteItem({ label, tooltip, icon, opens }: Note): TreeItem {
  const item = new TreeItem(label);
  item.tooltip = tooltip;
  item.iconPath = new ThemeIcon(icon);
  item.command = opens;
  item.accessibilityInformation = { label: label === tooltip ? label : `${label}. ${tooltip}` };
  return item;
}

function lowLines(parent: Line & { readonly uri: Uri }, { problem, low, lowCount }: ProblemOutline): Line[] {
  const { uri } = parent;
  const lines = low.map((step): Line => ({ kind: 'low', uri, problem, range: step.range, step, parent }));
  const rest = lowCount - low.length;
  return rest > 0 ? [...lines, { kind: 'more', uri, problem, count: rest, of: 'low steps' }] : lines;
}

function problemItem(uri: Uri, { problem, title, size, range, lowCount }: ProblemOutline): TreeItem {
  const item = new TreeItem(`${problem + 1}. ${title}`, lowCount > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None);
  item.id = `${uri.toString()}#${problem}`;
  const facts = listed([size, counted(lowCount, 'low step')]);
  item.description = facts;
  // Without it, a screen reader reads only the tooltip.
  item.accessibilityInformation = { label: l10n.t('Problem {0}, {1}: {2}', problem + 1, facts, title) };
  item.iconPath = new ThemeIcon('comment-discussion');
  item.tooltip = title;
  item.command = { title: l10n.t('Go to Problem'), command: 'steplens.goToStep', arguments: [uri.toString(), range] };
  item.contextValue = 'problem';
  return item;
}

function lowItem(uri: Uri, { text, place, value, first, range }: LowOutline): TreeItem {
  const item = new TreeItem(text);
  item.description = `${value} · ${first ? l10n.t('{0}, first', place) : place}`;
  // The shape shows it too: the first low step is a warning sign, later ones are circles.
  item.iconPath = first ? new ThemeIcon('warning', new ThemeColor('list.warningForeground')) : new ThemeIcon('circle-outline');
  item.tooltip = `${place}: ${text}`;
  item.accessibilityInformation = {
    label: first ? l10n.t('First low step {0}. {1}: {2}', value, place, text) : l10n.t('Low step {0}. {1}: {2}', value, place, text),
  };
  item.command = { title: l10n.t('Go to Step'), command: 'steplens.goToStep', arguments: [uri.toString(), range] };
  item.contextValue = 'low';
  return item;
}

function moreItem({ uri, problem, count, of }: Line & { readonly kind: 'more' }): TreeItem {
  const item = new TreeItem(
    of === 'problems' ? l10n.t('{0} more problems', count.toLocaleString('en')) : l10n.t('{0} more low steps', count.toLocaleString('en')),
  );
  item.iconPath = new ThemeIcon('ellipsis');
  item.tooltip = of === 'problems' ? l10n.t('Open the file') : l10n.t('All of them are in the tree');
  item.accessibilityInformation = { label: `${item.label as string}. ${item.tooltip}` };
  item.command =
    of === 'problems'
      ? { title: l10n.t('Open'), command: 'vscode.open', arguments: [uri] }
      : { title: l10n.t('Open Tree'), command: 'steplens.openTree', arguments: [uri.toString(), problem] };
  return item;
}

function counted(count: number, noun: 'low step' | 'first low step'): string {
  const number = count.toLocaleString('en');
  if (noun === 'first low step') {
    if (count === 0) return l10n.t('no first low steps');
    return count === 1 ? l10n.t('1 first low step') : l10n.t('{0} first low steps', number);
  }
  if (count === 0) return l10n.t('no low steps');
  return count === 1 ? l10n.t('1 low step') : l10n.t('{0} low steps', number);
}
