export function ensureRedis(): Promise<string>;
export function startRedis(settings?: readonly string[]): Promise<{ readonly port: number; readonly url: string; stop(): Promise<void> }>;
