/** A value that is loaded on first use. */
export interface RetryingLoad<T> {
  /** Concurrent calls share one attempt. After a failure the next call tries again, because the cause may be gone. */
  get(): Promise<T>;
  /** The latest attempt, unless it has failed. */
  readonly current: Promise<T> | undefined;
  /** Makes the next call load again. */
  forget(): void;
}

export function retryingLoad<T>(load: () => Promise<T>): RetryingLoad<T> {
  let current: Promise<T> | undefined;
  return {
    get() {
      const attempt = (current ??= load());
      attempt.catch(() => {
        if (current === attempt) current = undefined;
      });
      return attempt;
    },
    get current() {
      return current;
    },
    forget() {
      current = undefined;
    },
  };
}
