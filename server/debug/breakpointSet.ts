import type { DebugProtocol } from '@vscode/debugprotocol';
import type { RunEvent } from '../labeling/runEvents.js';
import type { SearchTree } from '../labeling/searchTree.js';
import { messageOf } from '../reasoning/errorText.js';
import { Breakpoint, type BreakpointHit, type BreakpointSpec } from './breakpoints.js';

/** A breakpoint that a client requests, or why it cannot be set. */
export type Request = Omit<BreakpointSpec, 'id'> | { readonly refusal: string };

export function refused(refusal: string): Request {
  return { refusal };
}

/** The breakpoints of a session, by owner: a file, the list of functions, the list of exceptions. */
export class BreakpointSet {
  readonly #owners = new Map<string, readonly Breakpoint[]>();
  #next = 1;

  /** Replaces an owner's breakpoints. One that cannot be read is reported as not verified, with the reason. */
  set(owner: string, requests: readonly Request[]): DebugProtocol.Breakpoint[] {
    const made = requests.map((request) => this.#make(request));
    this.#owners.set(
      owner,
      made.flatMap(({ breakpoint }) => breakpoint ?? []),
    );
    return made.map(({ answer }) => answer);
  }

  hits(event: RunEvent, number: number, tree: SearchTree, isForward: boolean): BreakpointHit[] {
    return [...this.#owners.values()].flat().flatMap((breakpoint): BreakpointHit[] => {
      const hit = breakpoint.hit(event, number, tree, isForward);
      return hit ? [hit] : [];
    });
  }

  #make(request: Request): { readonly answer: DebugProtocol.Breakpoint; readonly breakpoint?: Breakpoint } {
    const id = this.#next++;
    if ('refusal' in request) return { answer: { id, verified: false, message: request.refusal } };
    try {
      return { answer: { id, verified: true }, breakpoint: new Breakpoint({ ...request, id }) };
    } catch (error) {
      return { answer: { id, verified: false, message: messageOf(error) } };
    }
  }
}
