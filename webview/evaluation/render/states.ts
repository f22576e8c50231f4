import { plural, t } from '../../../server/l10n.js';
import { button } from '../../shared/controls.js';
import { element, icon } from '../../shared/element.js';
import type { PageState } from '../store.js';

export interface StateActions {
  readonly again: () => void;
  readonly cancel: () => void;
}

/** Renders the placeholder for missing numbers: why they are missing, and what to do next. */
export function renderPlaceholder(document: Document, { run, result }: PageState, { again, cancel }: StateActions): HTMLElement | null {
  const box = (role: string, ...children: (Node | string)[]) => element(document, 'div', { class: 'placeholder', role }, ...children);
  const retry = button(document, {
    label: t('Evaluate again'),
    text: t('Evaluate again'),
    icon: 'refresh',
    appearance: 'primary',
    onClick: again,
  });
  if (result !== null && result.lines.length > 0) return null;
  if (run.kind === 'running') {
    const words = run.progress === null ? t('Reading the file…') : progressWords(run.progress);
    return box(
      'status',
      element(document, 'h2', {}, t('Evaluating')),
      progressBar(document, run.progress),
      element(document, 'p', {}, words),
      button(document, { label: t('Cancel'), text: t('Cancel'), onClick: cancel }),
    );
  }
  if (run.kind === 'failed')
    return box(
      'alert',
      icon(document, 'error'),
      element(document, 'h2', {}, t('The file could not be evaluated')),
      element(document, 'p', {}, run.message),
      retry,
    );
  if (run.kind === 'cancelled')
    return box(
      'status',
      icon(document, 'circle-slash'),
      element(document, 'h2', {}, t('Cancelled')),
      element(
        document,
        'p',
        {},
        t('Nothing is shown, because only part of the steps has a score. What was scored is kept: evaluating again resumes from there.'),
      ),
      retry,
    );
  const reasons = result?.faults.map(({ uri, message }) => element(document, 'p', {}, `${fileName(uri)}: ${message}`)) ?? [];
  const next = t(
    'Evaluate a candidate set (several solutions a problem, each judged right or wrong, or with a reference answer), or a file of VisualProcessBench, ProcessBench or PRMBench.',
  );
  return box(
    'status',
    icon(document, 'graph-line'),
    element(document, 'h2', {}, t('Nothing to evaluate')),
    ...reasons,
    element(document, 'p', {}, next),
    retry,
  );
}

/** Renders a one-line notice above the numbers; null when there is nothing to report. */
export function renderBanner(
  document: Document,
  { run, result, isOutdated }: PageState,
  { again, cancel }: StateActions,
): HTMLElement | null {
  if (result === null || result.lines.length === 0) return null;
  const banner = (name: string, text: string, ...more: Node[]) =>
    element(document, 'div', { class: 'banner', role: 'status' }, icon(document, name), element(document, 'span', {}, text), ...more);
  const retry = () => button(document, { label: t('Evaluate again'), text: t('Evaluate again'), onClick: again });
  if (run.kind === 'running')
    return banner(
      'sync',
      t('Evaluating again; these are the numbers from before. {0}', run.progress === null ? '' : progressWords(run.progress)),
      progressBar(document, run.progress),
      button(document, { label: t('Cancel'), text: t('Cancel'), onClick: cancel }),
    );
  if (run.kind === 'failed') return banner('warning', t('Not up to date: {0}', run.message), retry());
  if (run.kind === 'cancelled') return banner('warning', t('Cancelled: these are the numbers from before.'), retry());
  if (isOutdated) return banner('warning', t('The file has changed since.'), retry());
  if (result.faults.length > 0)
    return banner(
      'warning',
      t(
        '{0} not taken: {1}',
        plural(result.faults.length, '{0} place', '{0} places'),
        result.faults
          .slice(0, 2)
          .map(({ uri, message }) => `${fileName(uri)}: ${message}`)
          .join(' '),
      ),
    );
  return null;
}

/** A progress bar; the visible text is beside it. */
function progressBar(document: Document, progress: { readonly done: number; readonly total: number } | null): HTMLElement {
  return element(document, 'progress', {
    'aria-label': t('Steps scored'),
    ...(progress === null ? {} : { value: String(progress.done), max: String(Math.max(1, progress.total)) }),
  });
}

function progressWords({ uri, done, total }: { readonly uri: string; readonly done: number; readonly total: number }): string {
  return t('{0}: {1} of {2} scored', fileName(uri), done.toLocaleString('en'), plural(total, '{0} step', '{0} steps'));
}

export function fileName(uri: string): string {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    // A path, not a URI: it may hold a percent sign.
    return name;
  }
}
