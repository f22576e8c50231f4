import { l10n } from 'vscode';

export interface Remedy {
  readonly title: string;
  readonly command: string;
}

/** Commands that messages name as what helps, as the server writes them. */
const remedies: Readonly<Record<string, Remedy>> = {
  'StepLens: Set Server Key…': { title: l10n.t('Set Server Key…'), command: 'steplens.setServerKey' },
  'StepLens: Allow Scoring Server…': { title: l10n.t('Allow…'), command: 'steplens.allowServer' },
};

/** The command that a message names in quotation marks: its button is offered first. */
export function remedyOf(message: string): Remedy | undefined {
  return Object.entries(remedies).find(([name]) => message.includes(`"${name}"`))?.[1];
}
