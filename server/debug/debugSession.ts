import { basename } from 'node:path';
import { DebugSession, InitializedEvent, OutputEvent, Source, StoppedEvent, TerminatedEvent, Thread } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { RunEvent } from '../labeling/runEvents.js';
import { ExpressionError, parseExpression } from '../reasoning/expression.js';
import { BreakpointSet, type Request, refused } from './breakpointSet.js';
import type { DebugTarget, DebugWorld } from './debugWorld.js';
import { type EventKind, eventKinds, isEventKind, lookupAt } from './eventKinds.js';
import { forkAt, labelsFileOf } from './forkAt.js';
import type { Moment } from './moment.js';
import { batchVariables, pathOf, scopesAt, summary, type Variable } from './scopes.js';
import { Timeline } from './timeline.js';
import { readWhatIf, type WhatIf } from './whatIf.js';

/** The only thread: there is one search at a time. */
const THREAD = 1;

type Stop = (event: RunEvent, number: number) => string | undefined;

/**
 * A Debug Adapter over one problem's events: the program is the search, an instruction is an event. It can step back,
 * as the tree is a function of its events. Conditions and watches use the language of `reasoning/expression.ts`.
 */
export class SearchDebugSession extends DebugSession {
  readonly #world: DebugWorld;
  readonly #timeline = new Timeline();
  #target: DebugTarget | undefined;
  #stopOnEntry = true;
  /** Aborts the current movement; undefined while stopped. */
  #running: AbortController | undefined;
  readonly #breakpoints = new BreakpointSet();
  #handles: Variable[] = [];

  constructor(world: DebugWorld) {
    super();
    this.#world = world;
    this.setDebuggerLinesStartAt1(true);
    this.setDebuggerColumnsStartAt1(true);
  }

  protected override initializeRequest(response: DebugProtocol.InitializeResponse): void {
    response.body = {
      supportsConfigurationDoneRequest: true,
      supportsConditionalBreakpoints: true,
      supportsHitConditionalBreakpoints: true,
      supportsLogPoints: true,
      supportsFunctionBreakpoints: true,
      supportsStepBack: true,
      supportsRestartRequest: true,
      supportsTerminateRequest: true,
      supportsEvaluateForHovers: true,
      supportsExceptionOptions: false,
      supportsExceptionFilterOptions: true,
      exceptionBreakpointFilters: Object.entries(eventKinds).map(([filter, description]) => ({
        filter,
        label: filter,
        description,
        supportsCondition: true,
        conditionDescription: "mc == 0, verdict.method == 'judge', pool > 3",
      })),
    };
    this.sendResponse(response);
  }

  protected override launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments & EntryArguments,
  ): void {
    void this.#begin(response, () => this.#world.launch(args), args);
  }

  protected override attachRequest(
    response: DebugProtocol.AttachResponse,
    args: DebugProtocol.AttachRequestArguments & EntryArguments,
  ): void {
    void this.#begin(response, () => this.#world.attach(args), args);
  }

  async #begin(response: DebugProtocol.Response, open: () => Promise<DebugTarget>, { stopOnEntry = true }: EntryArguments): Promise<void> {
    try {
      this.#target = await open();
      this.#stopOnEntry = stopOnEntry;
      this.sendResponse(response);
      // Breakpoints arrive between this and `configurationDone`.
      this.sendEvent(new InitializedEvent());
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    this.sendResponse(response);
    this.#go(this.#stopOnEntry ? () => 'entry' : () => undefined);
  }

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    response.body = { threads: [new Thread(THREAD, this.#timeline.tree?.problem.id ?? 'search')] };
    this.sendResponse(response);
  }

  protected override continueRequest(response: DebugProtocol.ContinueResponse): void {
    response.body = { allThreadsContinued: true };
    this.sendResponse(response);
    this.#go(() => undefined);
  }

  /** Steps by one event. */
  protected override stepInRequest(response: DebugProtocol.StepInResponse): void {
    this.sendResponse(response);
    this.#go(() => 'step');
  }

  /** Steps to the next selection: one search. */
  protected override nextRequest(response: DebugProtocol.NextResponse): void {
    this.sendResponse(response);
    this.#go(({ event }) => (event === 'selected' ? 'step' : undefined));
  }

  /** Runs to the end of the problem. */
  protected override stepOutRequest(response: DebugProtocol.StepOutResponse): void {
    this.sendResponse(response);
    this.#go(() => undefined);
  }

  protected override stepBackRequest(response: DebugProtocol.StepBackResponse): void {
    this.sendResponse(response);
    this.#back(true);
  }

  protected override reverseContinueRequest(response: DebugProtocol.ReverseContinueResponse): void {
    this.sendResponse(response);
    this.#back(false);
  }

  protected override pauseRequest(response: DebugProtocol.PauseResponse): void {
    this.sendResponse(response);
    this.#running?.abort();
  }

  /** Goes back to the first event; what was sampled stays in the log and is not sampled again. */
  protected override restartRequest(response: DebugProtocol.RestartResponse): void {
    this.sendResponse(response);
    this.#timeline.moveTo(0);
    this.#stopped('entry');
  }

  protected override terminateRequest(response: DebugProtocol.TerminateResponse): void {
    void this.#close().then(() => {
      this.sendResponse(response);
      this.sendEvent(new TerminatedEvent());
    });
  }

  protected override disconnectRequest(response: DebugProtocol.DisconnectResponse): void {
    void this.#close().then(() => this.sendResponse(response));
  }

  async #close(): Promise<void> {
    this.#running?.abort();
    const target = this.#target;
    this.#target = undefined;
    await target?.dispose();
  }

  /** Runs `move`, which resolves with the reason why it stopped; a pause aborts it. */
  #start(move: (signal: AbortSignal) => Promise<string>): void {
    if (this.#running || !this.#target) return;
    const running = new AbortController();
    this.#running = running;
    void move(running.signal).then(
      (reason) => this.#stopped(reason),
      (error: unknown) => this.#stopped(running.signal.aborted ? 'pause' : 'exception', error),
    );
  }

  /** Goes forward until a breakpoint, `stop` or the end. */
  #go(stop: Stop): void {
    this.#start(async (signal) => {
      for (;;) {
        const number = this.#timeline.position + 1;
        if (number >= this.#timeline.length) {
          const event = await this.#target?.feed.next(signal);
          if (event === undefined) return 'end';
          this.#timeline.push(event);
        }
        await heardPause(number, signal);
        this.#timeline.moveTo(number);
        const event = this.#timeline.event(number);
        if (event === undefined) return 'end';
        const reason = this.#hits(event, number, true) ? 'breakpoint' : stop(event, number);
        if (reason !== undefined) return reason;
      }
    });
  }

  /** Goes back by one event, or until a breakpoint or the first event. */
  #back(isStep: boolean): void {
    this.#start(async (signal) => {
      for (let number = this.#timeline.position - 1; number >= 0; number--) {
        await heardPause(number, signal);
        this.#timeline.moveTo(number);
        const event = this.#timeline.event(number);
        if (event && (isStep || this.#hits(event, number, false))) return isStep ? 'step' : 'breakpoint';
      }
      this.#timeline.moveTo(0);
      return 'entry';
    });
  }

  /** Whether to stop at an event; logpoints write their line and do not stop. */
  #hits(event: RunEvent, number: number, isForward: boolean): boolean {
    const { tree } = this.#timeline;
    const hits = tree ? this.#breakpoints.hits(event, number, tree, isForward) : [];
    for (const { log } of hits) if (log !== undefined && isForward) this.sendEvent(new OutputEvent(`${log}\n`, 'console'));
    return hits.some(({ log }) => log === undefined);
  }

  #stopped(reason: string, error?: unknown): void {
    this.#running = undefined;
    this.#handles = [];
    if (!this.#target) return;
    const message = error instanceof Error ? error.message : undefined;
    const body: DebugProtocol.StoppedEvent['body'] = {
      reason,
      description:
        reason === 'end' ? 'The search has ended' : reason === 'exception' ? 'The search failed' : `Event ${this.#timeline.position}`,
      threadId: THREAD,
      allThreadsStopped: true,
      ...(reason === 'exception' && message !== undefined && { text: message }),
    };
    if (reason === 'exception') this.sendEvent(new OutputEvent(`${message ?? String(error)}\n`, 'stderr'));
    const stopped = new StoppedEvent(reason, THREAD);
    stopped.body = body;
    this.sendEvent(stopped);
    this.#showMoment();
  }

  /** Current position of the search, for views of its tree or its file; undefined before the first event. */
  get moment(): Moment | undefined {
    const { tree, position } = this.#timeline;
    const event = this.#timeline.event(position);
    return tree && event && this.#target && { event, number: position, tree };
  }

  #showMoment(): void {
    const { moment } = this;
    if (!moment || !this.#target) return;
    const { logFile } = this.#target.feed;
    const body: MomentBody = { log: logFile, file: labelsFileOf(logFile, moment.tree.begin.method), event: moment.number };
    this.sendEvent({ type: 'event', seq: 0, event: 'steplens/moment', body });
  }

  protected override stackTraceRequest(response: DebugProtocol.StackTraceResponse, args: DebugProtocol.StackTraceArguments): void {
    const { tree, position } = this.#timeline;
    const event = this.#timeline.event(position);
    // A search that is still running has no fixed position.
    const path = tree && event && !this.#running ? pathOf(tree, event) : [];
    const log = this.#target?.feed.logFile ?? '';
    const source = new Source(basename(log), this.convertDebuggerPathToClient(log));
    const frames = path.map((node, i): DebugProtocol.StackFrame => {
      const name = i === 0 ? `${event?.event}: node ${node.id}, ${summary(node)}` : `node ${node.id}, ${summary(node)}`;
      return { id: node.id + 1, name, source, line: (i === 0 ? position : this.#madeAt(node.id)) + 1, column: 1 };
    });
    const first = args.startFrame ?? 0;
    response.body = { stackFrames: frames.slice(first, args.levels ? first + args.levels : undefined), totalFrames: frames.length };
    this.sendResponse(response);
  }

  /** Number of the event that made a node. */
  #madeAt(node: number): number {
    return Math.max(
      0,
      this.#timeline.events.findIndex((event) => event.event === 'node' && event.node === node),
    );
  }

  protected override scopesRequest(response: DebugProtocol.ScopesResponse, { frameId }: DebugProtocol.ScopesArguments): void {
    const { tree, position } = this.#timeline;
    const event = this.#timeline.event(position);
    const node = tree?.nodes[frameId - 1];
    const scopes = tree && event && node ? scopesAt(event, position, tree, node) : [];
    const batch = event ? batchVariables(event) : [];
    const all =
      batch.length > 0 ? [...scopes.slice(0, 1), { name: 'Batch', value: '', children: () => batch }, ...scopes.slice(1)] : scopes;
    response.body = { scopes: all.map((scope, i) => ({ name: scope.name, variablesReference: this.#handle(scope), expensive: i > 1 })) };
    this.sendResponse(response);
  }

  protected override variablesRequest(
    response: DebugProtocol.VariablesResponse,
    { variablesReference, start, count }: DebugProtocol.VariablesArguments,
  ): void {
    const children = this.#handles[variablesReference - 1]?.children?.() ?? [];
    const chosen = children.slice(start ?? 0, count ? (start ?? 0) + count : undefined);
    response.body = { variables: chosen.map((one) => ({ name: one.name, value: one.value, variablesReference: this.#handle(one) })) };
    this.sendResponse(response);
  }

  #handle(variable: Variable): number {
    return variable.children ? this.#handles.push(variable) : 0;
  }

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    const path = args.source.path ?? '';
    void (async () => {
      const requests = (args.breakpoints ?? []).map(async ({ line, ...one }): Promise<Request> => {
        const place = await this.#target?.placeOf(path, line - 1);
        return place ? { ...place, ...one } : refused('This line has no event of the log and no step of the problem.');
      });
      response.body = { breakpoints: this.#breakpoints.set(`source ${path}`, await Promise.all(requests)) };
      this.sendResponse(response);
    })().catch((error: unknown) => this.#refuse(response, error));
  }

  protected override setFunctionBreakPointsRequest(
    response: DebugProtocol.SetFunctionBreakpointsResponse,
    args: DebugProtocol.SetFunctionBreakpointsArguments,
  ): void {
    const requests = args.breakpoints.map(
      ({ name, ...one }): Request =>
        isEventKind(name.trim())
          ? { kind: name.trim() as EventKind, ...one }
          : refused(`There is no event "${name}"; there are ${Object.keys(eventKinds).join(', ')}.`),
    );
    response.body = { breakpoints: this.#breakpoints.set('function', requests) };
    this.sendResponse(response);
  }

  protected override setExceptionBreakPointsRequest(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    args: DebugProtocol.SetExceptionBreakpointsArguments,
  ): void {
    const filters = [...args.filters.map((filterId) => ({ filterId, condition: undefined })), ...(args.filterOptions ?? [])];
    const requests = filters.map(
      ({ filterId, condition }): Request => ({ kind: filterId as EventKind, ...(condition !== undefined && { condition }) }),
    );
    response.body = { breakpoints: this.#breakpoints.set('exception', requests) };
    this.sendResponse(response);
  }

  protected override evaluateRequest(response: DebugProtocol.EvaluateResponse, args: DebugProtocol.EvaluateArguments): void {
    void (async () => {
      const method = this.#timeline.tree?.begin.method ?? 'mcts';
      const whatIf = args.context === 'repl' ? readWhatIf(args.expression, method) : undefined;
      response.body = { result: whatIf ? await this.#fork(whatIf) : this.#evaluate(args.expression), variablesReference: 0 };
      this.sendResponse(response);
    })().catch((error: unknown) => this.#refuse(response, error));
  }

  #evaluate(source: string): string {
    const { tree, position } = this.#timeline;
    const event = this.#timeline.event(position);
    if (!tree || !event) return 'not known';
    const rollout = event.event === 'rollouts' ? event.rollouts[0] : undefined;
    const value = parseExpression(source)(lookupAt(event, position, tree, rollout));
    return value === undefined ? 'not known' : String(value);
  }

  /** Runs the search again with something changed from here on, and describes the difference. */
  async #fork(whatIf: WhatIf): Promise<string> {
    const { moment } = this;
    if (!moment || !this.#target) throw new Error('There is no search to fork yet.');
    const { text, body } = await forkAt(this.#target, moment, whatIf);
    this.sendEvent({ type: 'event', seq: 0, event: 'steplens/forked', body });
    return text;
  }

  #refuse(response: DebugProtocol.Response, error: unknown): void {
    const format =
      error instanceof ExpressionError
        ? `The expression cannot be read: ${error.message}.`
        : error instanceof Error
          ? error.message
          : String(error);
    this.sendErrorResponse(response, { id: 1, format, showUser: true });
  }
}

/** Lets a pause interrupt the replay of a long log. Rejects with AbortError. */
async function heardPause(number: number, signal: AbortSignal): Promise<void> {
  if (number % 256 === 255) await new Promise(setImmediate);
  signal.throwIfAborted();
}

/** Body of the event `steplens/moment`, which follows every stop: the current event, its log, and the file of the tree. */
export interface MomentBody {
  readonly log: string;
  readonly file: string;
  readonly event: number;
}

interface EntryArguments {
  /** Stop at the first event; default: true. */
  readonly stopOnEntry?: boolean;
}
