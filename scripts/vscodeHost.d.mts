export interface RunningHost {
  readonly url: string;
  /** Folder of installed extensions. */
  readonly extensions: string;
  stop(): Promise<void>;
  log(): string;
}
export function startHost(options: {
  readonly workspace: string;
  readonly extensionDevelopmentPath?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}): Promise<RunningHost>;
