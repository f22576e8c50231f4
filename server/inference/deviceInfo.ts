export interface DeviceInfo {
  /** `cpu`, `webgpu`, `cuda`, `dml`, `coreml`, or the kind of a backend: `open-inference`, `vllm-pooling`, ... */
  readonly provider: string;
  /** The adapter's name where the provider reports it. */
  readonly adapter?: string;
  /** Origin of the server that question and steps are sent to, as `http://gpu-box:8000`; without one they stay on this machine. */
  readonly server?: string;
  /** Providers tried or looked for before this one, with the reason each was passed over. */
  readonly passedOver: readonly { readonly provider: string; readonly reason: string }[];
  /** What is to be known of the runs: that they are smaller because memory is short, or that a graph's scores vary with them. */
  readonly note?: string;
}
