/** Something that is loaded when it is first asked for. */
export interface RetryingLoad<T> {
  /** One attempt serves everybody who asks meanwhile; after a failure the next call tries again, because the cause may be gone. */
  get(): Promise<T>;
  /** The attempt that was made last, if it did not fail. */
  readonly current: Promise<T> | undefined;
  /** The next call loads again. */
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
