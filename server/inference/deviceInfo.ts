export interface DeviceInfo {
  /** `cpu`, `webgpu`, `cuda`, `dml`, `coreml`, or the kind of a backend: `open-inference`, `vllm-pooling`, ... */
  readonly provider: string;
  /** The adapter's name where the provider reports it. */
  readonly adapter?: string;
  /**
   * Origin of the server that gets question and steps, such as `http://gpu-box:8000`; if absent, they stay on this
   * machine.
   */
  readonly server?: string;
  /** Providers tried or checked before this one, with the reason each was passed over. */
  readonly passedOver: readonly { readonly provider: string; readonly reason: string }[];
  /** A note on the runs: they are smaller because memory is short, or a graph's scores vary with them. */
  readonly note?: string;
}
