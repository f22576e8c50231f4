import { type Command, type DocumentSelector, type LanguageStatusItem, type LanguageStatusSeverity, languages } from 'vscode';

/** A selector that matches no document. */
export const nowhere: DocumentSelector = { scheme: 'steplens-none' };

/** Content of a row. Missing fields stay unchanged. */
export interface RowFacts {
  readonly selector?: DocumentSelector;
  readonly text?: string;
  readonly detail?: string;
  readonly severity?: LanguageStatusSeverity;
  readonly busy?: boolean;
  /** Command of the row's button. */
  readonly action?: Command;
}

/**
 * A row of the editor's language status. VS Code redraws all rows whenever a field of one is written, even with the
 * same value: with five rows, that was a fifth of the cost of typing in a window. So a field is written only when it
 * changes.
 */
export class StatusRow {
  readonly #item: LanguageStatusItem;
  readonly #written = new Map<string, string>();

  constructor(id: string, name: string) {
    this.#item = languages.createLanguageStatusItem(id, nowhere);
    this.#item.name = name;
    this.show({ selector: nowhere });
  }

  show(facts: RowFacts): void {
    for (const [key, value] of Object.entries<unknown>({ ...facts })) {
      const json = JSON.stringify(value);
      if (this.#written.get(key) === json) continue;
      this.#written.set(key, json);
      Object.assign(this.#item, { [key === 'action' ? 'command' : key]: value });
    }
  }

  dispose(): void {
    this.#item.dispose();
  }
}
