import { basename } from 'node:path';
import type { DeviceInfo } from './deviceInfo.js';
import type { LoadRequest, LoadResult, RunSize } from './protocol.js';

/** A provider that loses its device twice in so short a time is not used again. */
const lossesApartMs = 60_000;

/** The files that a load request means. */
export interface LoadedFiles {
  /** The same for the same content. */
  readonly fingerprint: string;
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
  /** The size that was last spoken of. */
  #toldSize: RunSize | undefined;

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
    return this.#request;
  }

  get loaded(): LoadResult | undefined {
    return this.#loaded;
  }

  set loaded(result: LoadResult) {
    this.#loaded = result;
    this.result = Promise.resolve(result);
  }

  /** Another device than was asked for stands with what was passed over. Throws before the first load. */
  get device(): DeviceInfo {
    const { size } = this.#request;
    const { device } = this.#loaded!;
    if (!size) return device;
    return { ...device, note: device.note === undefined ? describeSize(size) : `${device.note}; ${describeSize(size)}` };
  }

  avoid(provider: string, reason: string): void {
    this.#request = { ...this.#request, avoid: [...(this.#request.avoid ?? []), { provider, reason }] };
  }

  limit({ tokens, rows }: Partial<RunSize>): void {
    const known = this.#request.size;
    this.#request = {
      ...this.#request,
      size: { tokens: Math.min(tokens ?? Infinity, known?.tokens ?? Infinity), rows: Math.min(rows ?? Infinity, known?.rows ?? Infinity) },
    };
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
      log.warn(`${provider} lost its device (${cause}). It is opened again, and what was under way goes on.`);
      return false;
    }
    const reason = `lost its device twice (${cause}); update its driver, or close what else uses it, and choose the device again`;
    log.warn(`${provider} ${reason}. Until then ${this.#name} runs on another one.`);
    this.avoid(provider, reason);
    return true;
  }

  /** Says once what runs were limited to, when a request has got through with it. */
  tellSize(log: InferenceLog): void {
    const { size } = this.#request;
    if (!size || size === this.#toldSize) return;
    this.#toldSize = size;
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
