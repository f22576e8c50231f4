import { commands, l10n, Uri, window, workspace } from 'vscode';
import { Agreement, type AgreementView } from '../../server/protocol/review.js';
import { type Command, filesOf } from './command.js';

/** How far reviewers agree, as a Markdown preview. */
export const showAgreement: Command = {
  id: 'steplens.showAgreement',
  async run(stepLens, target, selected) {
    const files = filesOf(stepLens, target, selected);
    if (files.length === 0) {
      void window.showInformationMessage(l10n.t('Open a file that was reviewed, or choose files in the explorer.'));
      return;
    }
    const report = await stepLens.client.request(Agreement, { uris: files.map(String) });
    const document = await workspace.openTextDocument({ language: 'markdown', content: agreementText(report, files) });
    await commands.executeCommand('markdown.showPreview', document.uri);
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

const names: Readonly<Record<string, string>> = { '-1': 'wrong', '0': 'neutral', '1': 'right' };
/** Steps that are listed of a cell. */
const listed = 5;

function agreementText({ reviewers, fleiss, krippendorff, pairs }: AgreementView, files: readonly Uri[]): string {
  if (reviewers.length === 0) return 'Nobody has judged a step of these files yet. *StepLens: Review Steps…* begins a review.\n';
  const lines = [
    `# Agreement on ${files.map((uri) => workspace.asRelativePath(uri)).join(', ')}`,
    '',
    '| reviewer | judged steps |',
    '|---|---|',
    ...reviewers.map(({ name, labels }) => `| ${name} | ${labels} |`),
    '',
    '| among people | value | 95 % interval | steps |',
    '|---|---|---|---|',
    `| Fleiss' kappa | ${coefficient(fleiss)} |`,
    `| Krippendorff's alpha (ordinal) | ${coefficient(krippendorff)} |`,
    '',
    "## Pairs (Cohen's kappa)",
    '',
    '| | | kappa | 95 % interval | steps |',
    '|---|---|---|---|---|',
    ...pairs.map(({ a, b, kappa }) => `| ${a} | ${b} | ${coefficient(kappa)} |`),
  ];
  for (const { a, b, cells } of pairs) {
    const apart = cells.filter((cell) => cell.a !== cell.b);
    if (apart.length === 0) continue;
    lines.push('', `### ${a} and ${b} differ`, '');
    for (const cell of apart) {
      const shown = cell.steps
        .slice(0, listed)
        .map(({ uri, problem, step }) => `${workspace.asRelativePath(Uri.parse(uri, true))}, problem ${problem + 1}, step ${step + 1}`);
      const more = cell.steps.length > listed ? `, and ${cell.steps.length - listed} more` : '';
      lines.push(`- ${a} ${names[cell.a] ?? cell.a}, ${b} ${names[cell.b] ?? cell.b}: ${cell.steps.length} (${shown.join('; ')}${more})`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function coefficient({ value, low, high, steps }: AgreementView['fleiss']): string {
  const number = (one: number | null): string => (one === null ? '–' : one.toFixed(2));
  return `${number(value)} | ${number(low)} to ${number(high)} | ${steps}`;
}
