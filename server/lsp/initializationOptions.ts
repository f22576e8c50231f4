import type { InitializationOptions } from '../protocol/settings.js';
import { readSettings } from '../protocol/settingsTable.js';

/** Reads `initializationOptions`. The workspace is trusted unless the editor reports that it is not. */
export function readInitializationOptions(
  value: unknown,
): Required<Pick<InitializationOptions, 'allowedServers' | 'allowedLabelingServers'>> & InitializationOptions {
  const given = record(value);
  return {
    ...(typeof given.cacheFolder === 'string' && { cacheFolder: given.cacheFolder }),
    ...(typeof given.explanations === 'string' && { explanations: given.explanations }),
    isTrusted: given.isTrusted !== false,
    allowedServers: readOrigins(given.allowedServers),
    allowedLabelingServers: readOrigins(given.allowedLabelingServers),
    settings: readSettings(given.settings),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function readOrigins(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
