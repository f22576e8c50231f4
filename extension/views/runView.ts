import {
  type Command,
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  Range,
  RelativePattern,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  Uri,
  window,
  workspace,
} from 'vscode';
import { RunReport, type RunReportView, type WasteView } from '../../server/protocol/run.js';
import type { Client } from '../shell/client.js';
import { listed } from '../shell/listed.js';
import { messageForUser } from '../shell/log.js';

/** Id of the view that the manifest contributes. */
export const runViewId = 'steplens.run';
/** Minimum ms between two readings of a running run. */
const readAgainMs = 1000;

interface Line {
  readonly label: string;
  readonly description?: string;
  readonly icon?: string;
  readonly tooltip?: string;
  readonly command?: Command;
  readonly lines?: readonly Line[];
}

/**
 * Shows a labeling run in the activity bar: its problems, failures, decisions to review, and where rollouts added no
 * information. It follows a running run.
 */
export class RunView implements TreeDataProvider<Line>, Disposable {
  readonly #client: Client;
  readonly #view: TreeView<Line>;
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  #folder: Uri | undefined;
  #lines: readonly Line[] = [];
  #watch: Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#view = window.createTreeView(runViewId, { treeDataProvider: this, showCollapseAll: true });
  }

  /** Shows the run of a folder. Rejects if the folder has no event logs. */
  async show(folder: Uri): Promise<void> {
    const lines = linesOf(await this.#client.request(RunReport, { folder: folder.toString() }));
    this.#folder = folder;
    this.#watch?.dispose();
    const watcher = workspace.createFileSystemWatcher(new RelativePattern(folder, '*'));
    const soon = (): void => this.#readSoon();
    watcher.onDidChange(soon);
    watcher.onDidCreate(soon);
    watcher.onDidDelete(soon);
    this.#watch = watcher;
    await commands.executeCommand('setContext', 'steplens.hasRun', true);
    this.#set(lines, folder);
    const [first] = lines;
    if (first) await this.#view.reveal(first, { focus: false, select: false });
  }

  getTreeItem({ label, description, icon, tooltip, command, lines }: Line): TreeItem {
    const item = new TreeItem(label, lines ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None);
    return Object.assign(item, {
      ...(description !== undefined && { description }),
      // Without it, a screen reader reads only the tooltip.
      accessibilityInformation: { label: description === undefined ? label : `${label}, ${description}` },
      ...(icon !== undefined && { iconPath: new ThemeIcon(icon) }),
      ...(tooltip !== undefined && { tooltip }),
      ...(command && { command }),
    });
  }

  getChildren(line?: Line): Line[] {
    return [...(line ? (line.lines ?? []) : this.#lines)];
  }

  getParent(): undefined {
    return undefined;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watch?.dispose();
    this.#view.dispose();
    this.#changed.dispose();
  }

  #set(lines: readonly Line[], folder: Uri): void {
    this.#lines = lines;
    this.#view.description = folder.path.slice(folder.path.lastIndexOf('/') + 1);
    this.#changed.fire(undefined);
  }

  #readSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, readAgainMs);
  }

  async #read(): Promise<void> {
    const folder = this.#folder;
    if (!folder) return;
    try {
      const report = await this.#client.request(RunReport, { folder: folder.toString() });
      if (folder === this.#folder) this.#set(linesOf(report), folder);
    } catch (error) {
      this.#set([{ label: messageForUser(error), icon: 'error' }], folder);
    }
  }
}

function linesOf(report: RunReportView): Line[] {
  const { problems, failures, decisions, depths } = report;
  const begun = problems.filter(({ state }) => state !== 'not begun');
  const waiting = problems.filter(({ state }) => state === 'not begun');
  const states = (['running', 'open', 'finished', 'not begun'] as const).map((state) => ({
    state,
    count: problems.filter((one) => one.state === state).length,
  }));
  return [
    {
      label: progressText(report),
      icon: 'pulse',
      tooltip: l10n.t('Seconds left, if the other problems take as many rollouts as the finished ones.'),
    },
    { label: costText(report), icon: 'credit-card' },
    {
      label: l10n.t('Problems'),
      description: listed(states.filter(({ count }) => count > 0).map(({ state, count }) => `${count} ${stateWords[state]}`)),
      icon: 'list-tree',
      lines: [...begun.map(problemLine), ...(waiting.length > 0 ? [waitingLine(waiting)] : [])],
    },
    {
      label: l10n.t('Failures by cause'),
      description: String(failures.reduce((sum, { count }) => sum + count, 0)),
      icon: 'warning',
      lines: failures.map(({ cause, count }) => ({ label: cause, description: `${count}×`, tooltip: cause })),
    },
    {
      label: l10n.t('Decisions to review'),
      description: String(decisions.length),
      icon: 'law',
      tooltip: l10n.t('Answers that the rules could not decide: an LLM did, or nobody.'),
      lines: decisions.map(({ problem, log, line, answer, reference, verdict, method, reason, count }) => ({
        label: `${answer ?? l10n.t('no answer found')} ↔ ${reference}`,
        description: `${verdictWords[verdict]} (${method}), ${count}×, ${problem}`,
        ...(reason !== null && { tooltip: reason }),
        command: openLine(log, line),
      })),
    },
    {
      label: l10n.t('Wasted rollouts by depth'),
      icon: 'flame',
      tooltip: wasteHelp,
      lines: depths.map(({ depth, ...waste }) => ({
        label: depth === 0 ? l10n.t('From the question') : l10n.t('After {0} steps', depth),
        description: wasteText(waste),
      })),
    },
    {
      label: l10n.t('Wasted rollouts by problem'),
      icon: 'flame',
      tooltip: wasteHelp,
      lines: begun
        .toSorted((a, b) => wasted(b.waste) - wasted(a.waste))
        .map(({ id, waste, log }) => ({ label: id, description: wasteText(waste), command: openLine(log, 0) })),
    },
  ];
}

/** Puts the waiting problems below one row, because there may be very many. */
function waitingLine(problems: RunReportView['problems']): Line {
  return {
    label: l10n.t('{0} not begun', problems.length.toLocaleString('en-US')),
    icon: 'circle-large-outline',
    lines: problems.map(({ id, file }) => ({ label: id, tooltip: Uri.parse(file, true).fsPath })),
  };
}

const stateWords = {
  running: l10n.t('running'),
  open: l10n.t('open'),
  finished: l10n.t('finished'),
  'not begun': l10n.t('not begun'),
};
const verdictWords = { right: l10n.t('right'), wrong: l10n.t('wrong'), undecided: l10n.t('undecided') };
const wasteWords = {
  failed: l10n.t('failed'),
  undecided: l10n.t('undecided'),
  repeated: l10n.t('repeated'),
  unanimous: l10n.t('unanimous'),
};

const wasteHelp = l10n.t(
  'Failed and undecided rollouts and repeats of the same text add no information. Unanimous: rollouts of batches with one verdict, where fewer would have been enough.',
);

function problemLine({ id, log, file, state, searches, waste }: RunReportView['problems'][number]): Line {
  const icons = { running: 'sync', open: 'circle-outline', finished: 'pass', 'not begun': 'circle-large-outline' };
  return {
    label: id,
    description: listed([
      stateWords[state],
      l10n.t('{0} rollouts', waste.rollouts),
      ...(searches > 0 ? [l10n.t('{0} searches', searches)] : []),
      ...(waste.failed > 0 ? [l10n.t('{0} failed', waste.failed)] : []),
    ]),
    icon: icons[state],
    command: { title: l10n.t('Open Tree'), command: 'steplens.openTree', arguments: [file, 0] },
    tooltip: Uri.parse(log, true).fsPath,
  };
}

function openLine(log: string, line: number): Command {
  return {
    title: l10n.t('Open Log'),
    command: 'vscode.open',
    arguments: [Uri.parse(log, true), { selection: new Range(line, 0, line, 0) }],
  };
}

function progressText({ problems, rate, secondsLeft }: RunReportView): string {
  const rollouts = problems.reduce((sum, { waste }) => sum + waste.rollouts, 0);
  const isRunning = problems.some(({ state }) => state === 'running');
  const finished = problems.filter(({ state }) => state === 'finished').length;
  const number = (value: number): string => value.toLocaleString('en-US');
  return listed([
    l10n.t('{0} of {1} problems', number(finished), number(problems.length)),
    l10n.t('{0} rollouts', number(rollouts)),
    ...(rate === null ? [] : [l10n.t('{0} a second', rate.toFixed(1))]),
    ...(isRunning && secondsLeft !== null ? [l10n.t('about {0} s left', Math.ceil(secondsLeft))] : []),
  ]);
}

function costText({
  requests,
  promptTokens,
  completionTokens,
  judgeRequests,
  judgeTokens,
  unreported,
  price,
  seconds,
}: RunReportView): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  return listed([
    l10n.t('{0} requests', number(requests)),
    ...(unreported > 0 ? [l10n.t('{0} requests came without their tokens', number(unreported))] : []),
    ...(unreported > 0 && promptTokens + completionTokens === 0
      ? []
      : [l10n.t('{0} prompt and {1} completion tokens', number(promptTokens), number(completionTokens))]),
    ...(judgeRequests > 0 ? [l10n.t('{0} judge calls with {1} tokens', number(judgeRequests), number(judgeTokens))] : []),
    ...(price === null ? [] : [l10n.t('price {0}', price.toLocaleString('en-US', { maximumSignificantDigits: 4 }))]),
    l10n.t('{0} s of sampling', number(Math.round(seconds))),
  ]);
}

function wasted({ failed, undecided, repeated }: WasteView): number {
  return failed + undecided + repeated;
}

function wasteText(waste: WasteView): string {
  const parts = (['failed', 'undecided', 'repeated', 'unanimous'] as const)
    .filter((name) => waste[name] > 0)
    .map((name) => `${waste[name]} ${wasteWords[name]}`);
  const share = waste.rollouts === 0 ? 0 : Math.round((100 * wasted(waste)) / waste.rollouts);
  return `${l10n.t('{0} % of {1}', share, waste.rollouts)}${parts.length > 0 ? `: ${listed(parts)}` : ''}`;
}
