import { plural, t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { button, setDisabled } from '../../shared/controls.js';
import { element } from '../../shared/element.js';
import { frameWords } from '../model/replay.js';
import type { PanelState } from '../state.js';

export interface ReplayBarActions {
  /** Shows the tree after the first `count` frames. */
  move(count: number): void;
  step(direction: 1 | -1): void;
  play(): void;
  /** Shows the node of the current event. */
  showEvent(): void;
  stopLabeling(): void;
  close(): void;
}

export interface ReplayBar {
  readonly host: HTMLElement;
  update(state: PanelState): void;
}

/** The bar below the drawing: how the tree was built, event by event, and the progress of a running labeling. */
export function createReplayBar(document: Document, actions: ReplayBarActions): ReplayBar {
  const back = button(document, { label: t('One event back ([)'), icon: 'debug-step-back', onClick: () => actions.step(-1) });
  const play = playButton(document, () => actions.play());
  const forward = button(document, { label: t('One event on (])'), icon: 'debug-step-over', onClick: () => actions.step(1) });
  const slider = element(document, 'input', {
    type: 'range',
    min: '1',
    step: '1',
    class: 'replay-slider',
    'aria-label': t('Event of the search'),
  }) as HTMLInputElement;
  slider.addEventListener('input', () => actions.move(Number(slider.value)));
  slider.addEventListener('keydown', (event) => {
    const act = { ' ': () => actions.play(), '[': () => actions.step(-1), ']': () => actions.step(1) }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  const count = element(document, 'span', { class: 'replay-count' });
  const close = button(document, { label: t('End the replay'), icon: 'close', onClick: () => actions.close() });
  const controls = element(document, 'div', { class: 'replay-controls' }, back, play.host, forward, slider, count, close);
  const line = element(document, 'button', { type: 'button', class: 'replay-line', title: t('Select the node this is about') });
  line.addEventListener('click', () => actions.showEvent());
  const undone = element(document, 'span', { class: 'quiet' });
  const progress = element(document, 'span', { class: 'replay-progress' });
  const stop = button(document, {
    label: t('Stop labeling; what was sampled is kept'),
    text: t('Stop'),
    icon: 'debug-stop',
    onClick: () => actions.stopLabeling(),
  });
  const live = element(
    document,
    'div',
    { class: 'replay-live' },
    element(document, 'span', { class: 'codicon codicon-loading codicon-modifier-spin', 'aria-hidden': 'true' }),
    progress,
    stop,
  );
  const host = element(
    document,
    'div',
    { class: 'replay', role: 'group', 'aria-label': t('How the tree was built') },
    controls,
    element(document, 'div', { class: 'replay-text' }, line, undone),
    live,
  );
  return {
    host,
    update({ model, replay, replayAt, isPlaying, labeling, isReplayShown }) {
      const frames = replay?.frames ?? [];
      const isShown = isReplayShown && frames.length > 0;
      host.hidden = model === null || (!isShown && labeling === null);
      controls.hidden = line.hidden = !isShown;
      live.hidden = labeling === null;
      stop.hidden = labeling?.isElsewhere === true;
      if (labeling !== null) progress.textContent = labelingWords(labeling);
      undone.hidden = !isShown || replay === null || replay.undone === 0;
      undone.textContent = t(
        'The log holds {0} that the file does not: undone.',
        plural(replay?.undone ?? 0, '{0} more rollout', '{0} more rollouts'),
      );
      if (model === null || frames.length === 0) return;
      const at = replayAt ?? frames.length;
      const words = frameWords(itemAt(frames, at - 1), model.whole);
      slider.max = String(frames.length);
      slider.value = String(at);
      slider.setAttribute('aria-valuetext', t('Event {0} of {1}: {2}', at, frames.length, words));
      line.textContent = words;
      count.textContent = `${at} / ${frames.length}`;
      play.show(isPlaying);
      setDisabled(back, at === 1);
      setDisabled(forward, at === frames.length);
    },
  };
}

/** `Labeling: 96 of 200 rollouts`; the last search may exceed the budget. */
export function labelingWords({ rollouts, budget, isElsewhere }: NonNullable<PanelState['labeling']>): string {
  return t(
    'Labeling{0}: {1}',
    isElsewhere === true ? t(' in another process') : '',
    budget === undefined
      ? plural(rollouts, '{0} rollout', '{0} rollouts')
      : t('{0} of {1}', rollouts, plural(budget, '{0} rollout', '{0} rollouts')),
  );
}

/** The play and pause buttons in one place. The focus is kept when one replaces the other. */
function playButton(document: Document, onClick: () => void): { readonly host: HTMLElement; show(isPlaying: boolean): void } {
  const make = (label: string, icon: string) => button(document, { label, icon, onClick });
  const [start, pause] = [make(t('Play the search (Space)'), 'play'), make(t('Pause (Space)'), 'debug-pause')];
  return {
    host: element(document, 'span', { class: 'replay-play' }, start, pause),
    show(isPlaying) {
      const hadFocus = (isPlaying ? start : pause).contains(document.activeElement);
      start.hidden = isPlaying;
      pause.hidden = !isPlaying;
      if (hadFocus) (isPlaying ? pause : start).focus();
    },
  };
}
