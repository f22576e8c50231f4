import { l10n, window } from 'vscode';
import { ClearCache } from '../../server/protocol/scoring.js';
import type { Command } from './command.js';

/** Drops all stored scores; open files keep theirs until they are scored again. */
export const clearCache: Command = {
  id: 'steplens.clearCache',
  async run({ client }) {
    await client.request(ClearCache, {});
    window.setStatusBarMessage(`$(check) ${l10n.t('Score cache cleared')}`, 5_000);
  },
};
