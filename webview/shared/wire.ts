/**
 * What every panel and its host send to each other: calls with an id each, their answers, and events by name. A failure is
 * an answer like any other. Which calls and events there are is in each panel's own `protocol.ts`.
 */
export type PanelFrame =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

export type HostFrame =
  | { readonly kind: 'done'; readonly id: number; readonly ok: unknown }
  | { readonly kind: 'fail'; readonly id: number; readonly error: string }
  | { readonly kind: 'event'; readonly name: string; readonly data: unknown };

/** Requests of a panel by name. */
export type Requests<R> = { readonly [K in keyof R]: { readonly args: unknown; readonly result: unknown } };
