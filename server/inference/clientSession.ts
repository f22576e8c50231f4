import { basename } from 'node:path';
import type { DeviceInfo } from './deviceInfo.js';
import type { LoadRequest, LoadResult, RunSize } from './protocol.js';

/** A provider that loses its device twice within this many milliseconds is not used again. */
const lossesApartMs = 60_000;

/** After more kills than this, the runs stay small. */
const killsForgiven = 1;
/** Above this many tokens, the limit after a kill is removed. */
const recoveredTokens = 8192;

/** The files of a load request. */
export interface LoadedFiles {
  /** Stays the same as long as nobody writes to the files. */
  readonly stamp: string;
  /** Rejects when the files have changed. */
  refuseChanged(): Promise<void>;
}

export interface InferenceLog {
  info(message: string): void;
  warn(message: string): void;
}

/** A graph that stays loaded across child processes: how the next child loads it, and the result in the last one. */
export class ClientSession {
  readonly number: number;
  result: Promise<LoadResult>;
  #request: LoadRequest;
  #loaded: LoadResult | undefined;
  /** Time of the last device loss, in ms. */
  #lostAt = -Infinity;
  /** Limits found so far; undefined = nothing was too large yet. */
  #fits: Partial<RunSize> | undefined;
  /** Limit of tokens at a time after the system ended the process; undefined = none, or no longer. */
  #sinceKill: number | undefined;
  #kills = 0;
  #toldKills = 0;
  /** The limits that were last reported. */
  #toldSize: Partial<RunSize> | undefined;

  /** @param identity The files of the request. */
  constructor(
    number: number,
    request: LoadRequest,
    result: Promise<LoadResult>,
    readonly identity?: LoadedFiles,
  ) {
    this.number = number;
    this.#request = request;
    this.result = result;
  }

  /** The original request, with the providers to avoid and the largest size of runs that fits. */
  get request(): LoadRequest {
    return { ...this.#request, ...(this.#size && { size: this.#size }) };
  }

  get #size(): RunSize | undefined {
    if (this.#fits === undefined && this.#sinceKill === undefined) return undefined;
    return { tokens: Math.min(this.#fits?.tokens ?? Infinity, this.#sinceKill ?? Infinity), rows: this.#fits?.rows ?? Infinity };
  }

  get loaded(): LoadResult | undefined {
    return this.#loaded;
  }

  set loaded(result: LoadResult) {
    this.#loaded = result;
    this.result = Promise.resolve(result);
  }

  /** The device in use. If it is not the requested one, it lists what was passed over. Throws before the first load. */
  get device(): DeviceInfo {
    const size = this.#size;
    const { device } = this.#loaded!;
    if (!size) return device;
    const why = this.#sinceKill === undefined ? '' : ', since the system ended the inference process';
    const note = `${describeSize(size)}${why}`;
    return { ...device, note: device.note === undefined ? note : `${device.note}; ${note}` };
  }

  avoid(provider: string, reason: string): void {
    this.#request = { ...this.#request, avoid: [...(this.#request.avoid ?? []), { provider, reason }] };
  }

  limit({ tokens, rows }: Partial<RunSize>): void {
    const known = this.#fits;
    this.#fits = {
      tokens: Math.min(tokens ?? Infinity, known?.tokens ?? Infinity),
      rows: Math.min(rows ?? Infinity, known?.rows ?? Infinity),
    };
  }

  /** The system ended the process, perhaps because of another program: runs grow again as requests succeed. */
  limitAfterKill(tokens: number): void {
    this.#kills++;
    this.#sinceKill = Math.min(tokens, this.#sinceKill ?? Infinity);
  }

  /** Returns a larger limit after a request succeeded, if there is one. After two kills the limit stays. */
  recover(): RunSize | undefined {
    if (this.#sinceKill === undefined || this.#kills > killsForgiven) return undefined;
    this.#sinceKill *= 2;
    if (this.#sinceKill > recoveredTokens) this.#sinceKill = undefined;
    return this.#size ?? { tokens: Infinity, rows: Infinity };
  }

  /**
   * Handles a lost device. It is opened again, unless it was lost a short time ago or before during the same request;
   * then its provider is left out. Returns true when it is left out.
   */
  lose(cause: string, wasLostBefore: boolean, log: InferenceLog): boolean {
    const { provider } = this.#loaded!.device;
    const now = Date.now();
    const isAgain = wasLostBefore || now - this.#lostAt < lossesApartMs;
    this.#lostAt = isAgain ? -Infinity : now;
    if (!isAgain) {
      log.warn(`${provider} lost its device (${cause}). It is opened again, and what was under way continues.`);
      return false;
    }
    const reason = `lost its device twice (${cause}); update its driver, or close what else uses it, and choose the device again`;
    log.warn(`${provider} ${reason}. Until then ${this.#name} runs on another one.`);
    this.avoid(provider, reason);
    return true;
  }

  /** Logs a new limit once, after a request has succeeded with it. */
  tellSize(log: InferenceLog): void {
    const size = this.#size;
    if (this.#sinceKill !== undefined && this.#kills > this.#toldKills) {
      this.#toldKills = this.#kills;
      const end =
        this.#kills > killsForgiven
          ? 'It was ended before, so that stays so until it is loaded anew.'
          : 'Runs become larger again as they succeed.';
      log.warn(`The system ended the inference process; ${this.#name} now runs with ${describeSize(size!)}. ${end}`);
    }
    if (!this.#fits || !size || this.#fits === this.#toldSize) return;
    this.#toldSize = this.#fits;
    log.warn(
      `The memory of ${this.#loaded?.device.provider ?? 'the device'} is small for ${this.#name}: from now on it is run with ${describeSize(size)}. ` +
        "That takes longer; a smaller precision (steplens quantise) or a smaller 'maxTokens' in its profile needs less memory.",
    );
  }

  get #name(): string {
    return basename(this.#request.graphPath);
  }
}

function describeSize({ tokens, rows }: RunSize): string {
  const parts = [
    ...(Number.isFinite(tokens) ? [`${tokens} tokens`] : []),
    ...(Number.isFinite(rows) ? [`${rows} ${rows === 1 ? 'row' : 'rows'}`] : []),
  ];
  return `at most ${parts.join(' and ')} at a time`;
}
