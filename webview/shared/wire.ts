/**
 * Messages between every panel and its host: calls with an id each, their answers, and events by name. A failure is sent as
 * an answer. Each panel's `protocol.ts` describes its calls and events. Both ends check received messages against it.
 */
import { type Answer, type NotificationType, notification, type RequestType, request } from '../../server/protocol/message.js';
import type { Shape } from '../../server/protocol/shape.js';

export type PanelFrame =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

export type HostFrame =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer<unknown> }
  | { readonly kind: 'event'; readonly name: string; readonly data: unknown };

/**
 * A large frame as the bytes of its JSON. VS Code passes bytes on unchanged, but it traverses an object, writes it as text
 * twice and parses it twice.
 */
export interface PackedFrame {
  readonly kind: 'packed';
  readonly json: ArrayBuffer;
}

/** Frames of more characters than this are packed. */
const PACKED_FROM = 200_000;

export function packFrame(frame: HostFrame): HostFrame | PackedFrame {
  const json = JSON.stringify(frame);
  if (json.length < PACKED_FROM) return frame;
  const { buffer, byteOffset, byteLength } = new TextEncoder().encode(json);
  return { kind: 'packed', json: buffer.slice(byteOffset, byteOffset + byteLength) };
}

export function unpackFrame(frame: HostFrame | PackedFrame): HostFrame {
  return frame.kind === 'packed' ? (JSON.parse(new TextDecoder().decode(frame.json)) as HostFrame) : frame;
}

/** Requests of a panel by name. */
export type PanelRequests = Readonly<Record<string, RequestType<'host', unknown, unknown>>>;
/** Events from the host to a panel, by name. */
export type PanelEvents = Readonly<Record<string, NotificationType<'panel', unknown>>>;

export interface PanelProtocol<R extends PanelRequests, E extends PanelEvents> {
  readonly requests: R;
  readonly events: E;
}

export type ArgsOf<T> = T extends RequestType<string, infer Args, unknown> ? Args : never;
export type ResultOf<T> = T extends RequestType<string, unknown, infer Result> ? Result : never;
export type DataOf<T> = T extends NotificationType<string, infer Data> ? Data : never;

/** A request of a panel, by the name it has in its protocol. */
export function call<Args, Result>(method: string, params: Shape<Args>, result: Shape<Result>): RequestType<'host', Args, Result> {
  return request({ method, to: 'host', params, result });
}

/** An event of a panel, by the name it has in its protocol. */
export function event<Data>(method: string, params: Shape<Data>): NotificationType<'panel', Data> {
  return notification({ method, to: 'panel', params });
}
