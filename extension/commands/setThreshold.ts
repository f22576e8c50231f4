import { l10n, type QuickPick, type QuickPickItem, window } from 'vscode';
import type { Command } from './command.js';

interface Item extends QuickPickItem {
  /** null = the threshold of the profile. */
  readonly threshold: number | null;
}

const steps = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);

/**
 * Asks for the threshold below which a step is low. All files are marked again while the selection moves; Escape
 * restores the previous marks. A number can be typed.
 */
export const setThreshold: Command = {
  id: 'steplens.setThreshold',
  async run({ settings, client }) {
    const saved = settings.read().threshold;
    const chosen = await pick(saved, (threshold) => void client.previewThreshold(threshold));
    if (chosen !== undefined && chosen !== saved) await settings.write('threshold', chosen);
    await client.previewThreshold(undefined);
  },
};

/** Resolves with the accepted threshold, or undefined when the picker was closed. */
function pick(saved: number | null, preview: (threshold: number | null) => void): Promise<number | null | undefined> {
  const picker: QuickPick<Item> = window.createQuickPick<Item>();
  picker.title = l10n.t('Steps below this are low');
  picker.placeholder = l10n.t('Move to preview, or type a number from 0 to 1');
  picker.items = itemsFor('', saved);
  picker.activeItems = picker.items.filter(({ threshold }) => threshold === saved);
  return new Promise((resolve) => {
    picker.onDidChangeActive(([item]) => item && preview(item.threshold));
    picker.onDidChangeValue((text) => (picker.items = itemsFor(text, saved)));
    picker.onDidAccept(() => {
      resolve(picker.activeItems[0]?.threshold);
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}

/** Returns the choices while `text` is in the field: the typed number, then the profile's and round numbers. */
export function itemsFor(text: string, saved: number | null): Item[] {
  const typed = text.trim() === '' ? Number.NaN : Number(text.replace(',', '.'));
  const isTyped = typed >= 0 && typed <= 1;
  const values: (number | null)[] = [null, ...new Set([...steps, ...(saved === null ? [] : [saved])].sort((a, b) => a - b))];
  const offered = isTyped ? [typed, ...values.filter((value) => value !== typed)] : values;
  return offered.map((threshold) => ({
    threshold,
    label: threshold === null ? l10n.t("The model's own") : isTyped && threshold === typed ? text.trim() : threshold.toFixed(2),
    description: threshold === saved ? l10n.t('in use') : '',
    alwaysShow: isTyped && threshold === typed,
  }));
}
