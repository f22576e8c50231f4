import { commands, l10n, Uri, window, workspace } from 'vscode';
import { Agreement, type AgreementView } from '../../server/protocol/review.js';
import { type Command, filesOf } from './command.js';

/** Shows how much reviewers agree, as a Markdown preview. */
export const showAgreement: Command = {
  id: 'steplens.showAgreement',
  async run(stepLens, target, selected) {
    const files = filesOf(stepLens, target, selected);
    if (files.length === 0) {
      void window.showInformationMessage(l10n.t('Open a file that was reviewed, or choose files in the explorer.'));
      return;
    }
    const report = await stepLens.client.request(Agreement, { uris: files.map(String) });
    await stepLens.reports.show(l10n.t('Agreement of reviewers'), agreementText(report, files));
    if (report.pairs.some(({ cells }) => cells.some(({ a, b }) => a !== b))) void offerDisagreements(files);
  },
};

async function offerDisagreements(files: readonly Uri[]): Promise<void> {
  const review = l10n.t('Review Disagreements…');
  const chosen = await window.showInformationMessage(
    l10n.t('Some steps are judged differently by people, or by people and other sources.'),
    review,
  );
  if (chosen === review) await commands.executeCommand('steplens.reviewSteps', files[0], [...files], { queue: 'disagreements' });
}

const names: Readonly<Record<string, string>> = { '-1': l10n.t('wrong'), '0': l10n.t('neutral'), '1': l10n.t('right') };
/** Maximum number of steps listed for a cell. */
const listed = 5;

function agreementText({ reviewers, fleiss, krippendorff, pairs }: AgreementView, files: readonly Uri[]): string {
  if (reviewers.length === 0)
    return `${l10n.t('Nobody has judged a step of these files yet. *StepLens: Review Steps…* begins a review.')}\n`;
  const lines = [
    `# ${l10n.t('Agreement on {0}', files.map((uri) => workspace.asRelativePath(uri)).join(', '))}`,
    '',
    row(l10n.t('reviewer'), l10n.t('judged steps')),
    '|---|---|',
    ...reviewers.map(({ name, labels }) => `| ${name} | ${labels} |`),
    '',
    row(l10n.t('among people'), l10n.t('value'), l10n.t('95 % interval'), l10n.t('steps')),
    '|---|---|---|---|',
    row("Fleiss' kappa", ...coefficient(fleiss)),
    row(l10n.t("Krippendorff's alpha (ordinal)"), ...coefficient(krippendorff)),
    '',
    `## ${l10n.t("Pairs (Cohen's kappa)")}`,
    '',
    row('', '', 'kappa', l10n.t('95 % interval'), l10n.t('steps')),
    '|---|---|---|---|---|',
    ...pairs.map(({ a, b, kappa }) => row(a, b, ...coefficient(kappa))),
  ];
  for (const pair of pairs) {
    const { a, b, cells } = pair;
    const isApart = cells.some((cell) => cell.a !== cell.b);
    lines.push(
      '',
      `### ${isApart ? l10n.t('{0} and {1} differ', a, b) : l10n.t('{0} and {1} agree', a, b)}`,
      '',
      ...confusionTable(pair),
      '',
    );
    // Cells in which the two differ come first.
    for (const cell of cells.toSorted((x, y) => Number(x.a === x.b) - Number(y.a === y.b))) {
      const shown = cell.steps
        .slice(0, listed)
        .map(({ uri, problem, step }) =>
          l10n.t('{0}, problem {1}, step {2}', workspace.asRelativePath(Uri.parse(uri, true)), problem + 1, step + 1),
        );
      if (cell.steps.length > listed) shown.push(l10n.t('{0} more', cell.steps.length - listed));
      lines.push(`- ${a} ${nameOf(cell.a)}, ${b} ${nameOf(cell.b)}: ${cell.steps.length} (${shown.join('; ')})`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Counts the pairs of judgments, over the steps that both judged. */
function confusionTable({ a, b, cells }: AgreementView['pairs'][number]): string[] {
  const values = [-1, 0, 1].filter((value) => cells.some((cell) => cell.a === value || cell.b === value));
  const count = (of: number, other: number): number => cells.find((cell) => cell.a === of && cell.b === other)?.steps.length ?? 0;
  return [
    row(`${a} ↓ ${b} →`, ...values.map(nameOf)),
    `|---|${values.map(() => '---|').join('')}`,
    ...values.map((value) => row(nameOf(value), ...values.map((other) => String(count(value, other))))),
  ];
}

function nameOf(value: number): string {
  return names[value] ?? String(value);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function coefficient({ value, low, high, steps }: AgreementView['fleiss']): string[] {
  const number = (one: number | null): string => (one === null ? '–' : one.toFixed(2));
  return [number(value), `${number(low)} – ${number(high)}`, String(steps)];
}
