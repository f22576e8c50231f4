import { type Command, type DocumentSelector, type LanguageStatusItem, type LanguageStatusSeverity, languages } from 'vscode';

/** A selector of no document. */
export const nowhere: DocumentSelector = { scheme: 'steplens-none' };

/** What a row shows; what is not given stays as it is. */
export interface RowFacts {
  readonly selector?: DocumentSelector;
  readonly text?: string;
  readonly detail?: string;
  readonly severity?: LanguageStatusSeverity;
  readonly busy?: boolean;
  /** What its button does. */
  readonly action?: Command;
}

/**
 * A row of the editor's language status. VS Code redraws all rows whenever a fact of one is written, also where it is the same:
 * with five rows that was a fifth of what typing cost a window. So a fact is written only where it changes.
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
