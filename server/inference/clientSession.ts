import { basename } from 'node:path';
import type { DeviceInfo } from './deviceInfo.js';
import type { LoadRequest, LoadResult, RunSize } from './protocol.js';

/** A provider that loses its device twice in so short a time is not used again. */
const lossesApartMs = 60_000;

/** After more kills the runs stay small. */
const killsForgiven = 1;
/** Runs of so many tokens are as large as any. */
const recoveredTokens = 8192;

/** The files that a load request means. */
export interface LoadedFiles {
  /** The same as long as nobody writes to them. */
  readonly stamp: string;
  /** Rejects when the files are others now. */
  refuseChanged(): Promise<void>;
}

export interface InferenceLog {
  info(message: string): void;
  warn(message: string): void;
}

/** A graph that is kept loaded through one child after another: how the next one is to load it, and what came of it in the last. */
export class ClientSession {
  readonly number: number;
  result: Promise<LoadResult>;
  #request: LoadRequest;
  #loaded: LoadResult | undefined;
  /** When its device was lost last, in ms. */
  #lostAt = -Infinity;
  /** What was found to fit; undefined = nothing was too large yet. */
  #fits: Partial<RunSize> | undefined;
  /** Tokens at a time since the system ended the process; undefined = it did not, or that is over. */
  #sinceKill: number | undefined;
  #kills = 0;
  #toldKills = 0;
  /** The size that was last spoken of. */
  #toldSize: Partial<RunSize> | undefined;

  /** @param identity The files that the request means. */
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

  /** The request as it was made, less what did not work, and in runs as large as fit. */
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

  /** A device other than the one asked for comes with what was passed over. Throws before the first load. */
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

  /** The system ended the process, which may be another program's fault: runs become larger again as requests get through. */
  limitAfterKill(tokens: number): void {
    this.#kills++;
    this.#sinceKill = Math.min(tokens, this.#sinceKill ?? Infinity);
  }

  /** A request got through: what the process may run from now on, when that is more. One that was ended twice keeps its size. */
  recover(): RunSize | undefined {
    if (this.#sinceKill === undefined || this.#kills > killsForgiven) return undefined;
    this.#sinceKill *= 2;
    if (this.#sinceKill > recoveredTokens) this.#sinceKill = undefined;
    return this.#size ?? { tokens: Infinity, rows: Infinity };
  }

  /**
   * Its device is gone: tried once more, and left out when it was gone a short while ago, or before in what is being done.
   * True when it is left out.
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

  /** Says once what runs were limited to, when a request has got through with it. */
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
