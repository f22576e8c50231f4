import { l10n } from 'vscode';
import type { Remedy } from '../../server/protocol/message.js';

export interface RemedyCommand {
  readonly title: string;
  readonly command: string;
}

const remedies: Readonly<Record<Remedy, RemedyCommand>> = {
  setServerKey: { title: l10n.t('Set Server Key…'), command: 'steplens.setServerKey' },
  allowServer: { title: l10n.t('Allow…'), command: 'steplens.allowServer' },
};

/** Returns the command that helps, by the code in an error or a status. Its button comes first. */
export function commandOf(remedy: Remedy | undefined): RemedyCommand | undefined {
  return remedy === undefined ? undefined : remedies[remedy];
}
