/** Time an event stays before the next one, in milliseconds: long enough to read its line. */
export const EVENT_MS = 500;

export interface Player {
  /** Starts or stops the player. Does nothing if it is in that state already. */
  update(isPlaying: boolean): void;
}

/** Steps through a replay at a constant rate. */
export function createPlayer(window: Pick<Window, 'setInterval' | 'clearInterval'>, step: () => void): Player {
  let timer: number | undefined;
  return {
    update(isPlaying) {
      if (isPlaying === (timer !== undefined)) return;
      window.clearInterval(timer);
      timer = isPlaying ? window.setInterval(step, EVENT_MS) : undefined;
    },
  };
}
