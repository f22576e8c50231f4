import { button } from '../../shared/controls.js';
import { element, icon } from '../../shared/element.js';
import { plural } from '../../shared/words.js';
import type { PageState } from '../store.js';

export interface StateActions {
  readonly again: () => void;
  readonly cancel: () => void;
}

/** What is in the place of numbers that are not there: why, and what to do next. */
export function renderPlaceholder(document: Document, { run, result }: PageState, { again, cancel }: StateActions): HTMLElement | null {
  const box = (role: string, ...children: (Node | string)[]) => element(document, 'div', { class: 'placeholder', role }, ...children);
  const retry = button(document, {
    label: 'Evaluate again',
    text: 'Evaluate again',
    icon: 'refresh',
    appearance: 'primary',
    onClick: again,
  });
  if (result !== null && result.lines.length > 0) return null;
  if (run.kind === 'running') {
    const words = run.progress === null ? 'Reading the file…' : progressWords(run.progress);
    return box(
      'status',
      element(document, 'h2', {}, 'Evaluating'),
      progressBar(document, run.progress),
      element(document, 'p', {}, words),
      button(document, { label: 'Cancel', text: 'Cancel', onClick: cancel }),
    );
  }
  if (run.kind === 'failed')
    return box(
      'alert',
      icon(document, 'error'),
      element(document, 'h2', {}, 'The file could not be evaluated'),
      element(document, 'p', {}, run.message),
      retry,
    );
  if (run.kind === 'cancelled')
    return box(
      'status',
      icon(document, 'circle-slash'),
      element(document, 'h2', {}, 'Cancelled'),
      element(
        document,
        'p',
        {},
        'Nothing is shown, because only part of the steps has a score. What was scored is kept: evaluating again resumes from there.',
      ),
      retry,
    );
  const reasons = result?.faults.map(({ uri, message }) => element(document, 'p', {}, `${fileName(uri)}: ${message}`)) ?? [];
  const next =
    'Evaluate a candidate set (several solutions a problem, each judged right or wrong, or with a reference answer), or a file of VisualProcessBench, ProcessBench or PRMBench.';
  return box(
    'status',
    icon(document, 'graph-line'),
    element(document, 'h2', {}, 'Nothing to evaluate'),
    ...reasons,
    element(document, 'p', {}, next),
    retry,
  );
}

/** One line above the numbers, when something about them needs saying. */
export function renderBanner(
  document: Document,
  { run, result, isOutdated }: PageState,
  { again, cancel }: StateActions,
): HTMLElement | null {
  if (result === null || result.lines.length === 0) return null;
  const banner = (name: string, text: string, ...more: Node[]) =>
    element(document, 'div', { class: 'banner', role: 'status' }, icon(document, name), element(document, 'span', {}, text), ...more);
  const retry = () => button(document, { label: 'Evaluate again', text: 'Evaluate again', onClick: again });
  if (run.kind === 'running')
    return banner(
      'sync',
      `Evaluating again; these are the numbers from before. ${run.progress === null ? '' : progressWords(run.progress)}`,
      progressBar(document, run.progress),
      button(document, { label: 'Cancel', text: 'Cancel', onClick: cancel }),
    );
  if (run.kind === 'failed') return banner('warning', `Not up to date: ${run.message}`, retry());
  if (run.kind === 'cancelled') return banner('warning', 'Cancelled: these are the numbers from before.', retry());
  if (isOutdated) return banner('warning', 'The file has changed since.', retry());
  if (result.faults.length > 0)
    return banner(
      'warning',
      `${plural(result.faults.length, 'place')} not taken: ${result.faults
        .slice(0, 2)
        .map(({ uri, message }) => `${fileName(uri)}: ${message}`)
        .join(' ')}`,
    );
  return null;
}

/** Its words are beside it. */
function progressBar(document: Document, progress: { readonly done: number; readonly total: number } | null): HTMLElement {
  return element(document, 'progress', {
    'aria-label': 'Steps scored',
    ...(progress === null ? {} : { value: String(progress.done), max: String(Math.max(1, progress.total)) }),
  });
}

function progressWords({ uri, done, total }: { readonly uri: string; readonly done: number; readonly total: number }): string {
  return `${fileName(uri)}: ${done.toLocaleString('en')} of ${plural(total, 'step')} scored`;
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
