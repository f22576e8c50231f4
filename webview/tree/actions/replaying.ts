import { t } from '../../../server/l10n.js';
import type { Announce } from '../../shared/announce.js';
import { createPlayer } from '../interact/player.js';
import { frameWords } from '../model/replay.js';
import type { PanelStore } from '../state.js';
import { moveReplay } from '../store.js';

export interface Replaying {
  /** Shows the tree after the first `count` events. */
  readonly move: (count: number) => void;
  readonly step: (direction: 1 | -1) => void;
  readonly play: () => void;
  /** Opens the bar at the first event, or closes it and shows the whole tree. */
  readonly show: (isShown: boolean) => void;
  /** Shows the tree as the debugger sees it, at a line of the event log; null ends that. */
  readonly showLine: (line: number | null) => void;
}

/** Replays how the tree was built, event by event. The selection and the details follow the event. */
export function createReplaying(window: Window, store: PanelStore, announce: Announce): Replaying {
  const position = () => store.state.replayAt ?? store.state.replay?.frames.length ?? 0;
  const move = (count: number, isPlaying = false) => {
    const moved = moveReplay(store.state, count);
    store.update({ ...moved, selected: moved.event ?? store.state.selected, selectedStep: null, rollouts: null, isPlaying });
  };
  /** Announces the line of the current event to screen readers. */
  const announceEvent = () => {
    const { model, replay } = store.state;
    const frame = replay?.frames[position() - 1];
    if (model !== null && frame !== undefined) announce(frameWords(frame, model.whole));
  };
  const player = createPlayer(window, () => {
    const isLast = position() + 1 >= (store.state.replay?.frames.length ?? 0);
    move(position() + 1, !isLast);
    if (isLast) announceEvent();
  });
  store.subscribe(({ isPlaying }, before) => {
    if (isPlaying !== before.isPlaying) player.update(isPlaying);
  });
  const show = (isShown: boolean): void => {
    const { replay, selected } = store.state;
    if (replay === null || replay.frames.length === 0) return;
    if (isShown) store.update({ isReplayShown: true });
    else store.update({ ...moveReplay(store.state, replay.frames.length), selected, event: null, isPlaying: false, isReplayShown: false });
    announce(isShown ? t('Replay of the search') : t('The whole tree is shown'));
  };
  return {
    showLine(line) {
      const { replay, isReplayShown } = store.state;
      if (line === null) {
        if (isReplayShown) show(false);
        return;
      }
      if (replay === null) return;
      store.update({ isReplayShown: true, isPlaying: false });
      move(replay.frames.filter((frame) => frame.line <= line).length);
      announceEvent();
    },
    move: (count) => move(count),
    step(direction) {
      move(position() + direction);
      announceEvent();
    },
    play() {
      const { replay, replayAt, isPlaying } = store.state;
      if (replay === null || replay.frames.length === 0) return;
      if (isPlaying) {
        store.update({ isPlaying: false });
        announceEvent();
      } else move(replayAt ?? 1, true);
    },
    show,
  };
}
