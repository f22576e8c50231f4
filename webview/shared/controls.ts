/**
 * The panel's form controls: the only importer of `@vscode/webview-ui-toolkit`, which is archived upstream. Its badge and
 * its determinate progress write style attributes, which the panel's CSP refuses: those two are plain elements instead.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { element } from './element.js';

/** Defines the custom elements; once, before any is created. */
export function defineControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeTextField(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
  );
}

export interface ButtonOptions {
  /** Label for screen readers and tooltip; the only text of an icon-only button. */
  readonly label: string;
  readonly icon?: string;
  /** Words beside the icon. */
  readonly text?: string;
  readonly appearance?: 'primary' | 'secondary' | 'icon';
  readonly className?: string;
  onClick(): void;
}

export function button(document: Document, options: ButtonOptions): HTMLElement {
  const { label, icon, text, appearance = text === undefined ? 'icon' : 'secondary' } = options;
  const host = element(document, 'vscode-button', { appearance, title: label, 'aria-label': label, class: options.className ?? '' });
  if (icon !== undefined)
    host.append(
      element(document, 'span', {
        class: `codicon codicon-${icon}`,
        'aria-hidden': 'true',
        ...(text === undefined ? {} : { slot: 'start' }),
      }),
    );
  if (text !== undefined) host.append(element(document, 'span', { class: 'words' }, text));
  host.addEventListener('click', () => options.onClick());
  return host;
}

export function setDisabled(control: HTMLElement, isDisabled: boolean): void {
  control.toggleAttribute('disabled', isDisabled);
}

export interface SearchField {
  readonly host: HTMLElement;
  value: string;
  focus(): void;
}

export function searchField(document: Document, label: string, onInput: (value: string) => void): SearchField {
  const host = element(document, 'vscode-text-field', { placeholder: label, 'aria-label': label, class: 'search-field' }) as HTMLElement & {
    value: string;
  };
  host.append(element(document, 'span', { class: 'codicon codicon-search', slot: 'start', 'aria-hidden': 'true' }));
  host.addEventListener('input', () => onInput(host.value));
  return {
    host,
    get value() {
      return host.value;
    },
    set value(value: string) {
      host.value = value;
    },
    focus: () => host.focus(),
  };
}

export interface Picker {
  readonly host: HTMLElement;
  /** Shows these choices with one of them chosen. Does nothing if they are shown already. */
  show(choices: readonly { readonly value: number; readonly label: string }[], chosen: number): void;
}

export function picker(document: Document, label: string, onPick: (value: number) => void): Picker {
  const host = element(document, 'vscode-dropdown', { 'aria-label': label, class: 'picker', title: label }) as HTMLElement & {
    value: string;
  };
  let shown = '';
  host.addEventListener('change', () => onPick(Number(host.value)));
  return {
    host,
    show(choices, chosen) {
      const key = JSON.stringify([choices, chosen]);
      if (key === shown) return;
      shown = key;
      host.replaceChildren(
        ...choices.map((choice) => {
          const option = element(document, 'vscode-option', { value: String(choice.value) }, choice.label);
          if (choice.value === chosen) option.setAttribute('selected', '');
          return option;
        }),
      );
      host.value = String(chosen);
    },
  };
}

export interface Tabs {
  readonly host: HTMLElement;
  show(id: string): void;
}

export function tabs(
  document: Document,
  label: string,
  panes: readonly { readonly id: string; readonly title: string; readonly body: HTMLElement }[],
  onShow: (id: string) => void,
): Tabs {
  const host = element(document, 'vscode-panels', { 'aria-label': label, activeid: `tab-${panes[0]?.id}` }) as HTMLElement & {
    activeid: string;
  };
  for (const pane of panes) host.append(element(document, 'vscode-panel-tab', { id: `tab-${pane.id}` }, pane.title));
  for (const pane of panes) {
    const view = element(document, 'vscode-panel-view', { id: `view-${pane.id}` });
    view.append(pane.body);
    host.append(view);
  }
  host.addEventListener('change', () => onShow(host.activeid.replace(/^tab-/, '')));
  return {
    host,
    show(id) {
      if (host.activeid !== `tab-${id}`) host.activeid = `tab-${id}`;
    },
  };
}
