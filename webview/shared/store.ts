export interface Store<S> {
  readonly state: S;
  update(change: Partial<S>): void;
  subscribe(listener: (state: S, previous: S) => void): void;
}

/** A page's state, updated in parts and passed to the listeners in their order. `derive` updates the derived parts. */
export function createStore<S>(initial: S, derive: (state: S, previous: S) => S = (state) => state): Store<S> {
  let state = initial;
  const listeners: ((state: S, previous: S) => void)[] = [];
  return {
    get state() {
      return state;
    },
    update(change) {
      const previous = state;
      state = derive({ ...state, ...change }, previous);
      for (const listener of listeners) listener(state, previous);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}
