import {
  commands,
  type DebugAdapter,
  type DebugAdapterDescriptor,
  DebugAdapterInlineImplementation,
  type DebugConfiguration,
  type DebugConfigurationProvider,
  type DebugProtocolMessage,
  type DebugSession,
  type Disposable,
  debug,
  EventEmitter,
  l10n,
  Uri,
  ViewColumn,
  type WorkspaceFolder,
  window,
} from 'vscode';
import { DebugEnd, DebugSend } from '../../server/protocol/debug.js';
import type { ActiveFile } from '../shell/activeFile.js';
import type { Client } from '../shell/client.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import { messageForUser } from '../shell/log.js';
import type { ServerConsent } from '../shell/serverConsent.js';
import { readAgainToStack } from './readAgain.js';

/** `type` of the launch configurations that the manifest contributes. */
export const debugType = 'steplens';

/** Debugs searches: passes messages to and from the adapter, which is in the language server. */
export function registerDebugger(client: Client, active: ActiveFile, consent: ServerConsent): Disposable[] {
  return [
    debug.registerDebugAdapterDescriptorFactory(debugType, {
      createDebugAdapterDescriptor: ({ id }: DebugSession): DebugAdapterDescriptor =>
        new DebugAdapterInlineImplementation(new ServerAdapter(id, client)),
    }),
    debug.onDidReceiveDebugSessionCustomEvent(async ({ session, event, body }) => {
      if (session.type !== debugType || event !== 'steplens/forked') return;
      await offerFork(body as ForkFiles);
    }),
    debug.registerDebugConfigurationProvider(debugType, new Configurations(active, client, consent)),
  ];
}

/** Files of a fork: its labels, the page that compares it with the original, and the labels of the original. */
interface ForkFiles {
  readonly file: string;
  readonly page: string;
  readonly original: string;
}

async function offerFork({ file, page, original }: ForkFiles): Promise<void> {
  const [compare, both] = [l10n.t('Compare'), l10n.t('Open Both Trees')];
  const choice = await window.showInformationMessage(l10n.t('The fork was written beside the log.'), compare, both);
  if (choice === compare) await commands.executeCommand('markdown.showPreview', Uri.file(page));
  if (choice !== both) return;
  for (const [path, column] of [
    [original, ViewColumn.One],
    [file, ViewColumn.Two],
  ] as const)
    await commands.executeCommand('steplens.openTree', Uri.file(path).toString(), 0, undefined, column);
}

class ServerAdapter implements DebugAdapter {
  readonly #session: string;
  readonly #client: Client;
  readonly #sent = new EventEmitter<DebugProtocolMessage>();
  readonly #listener: Disposable;
  readonly onDidSendMessage = this.#sent.event;
  /** Keeps the messages in order. */
  #passed = Promise.resolve();

  constructor(session: string, client: Client) {
    this.#session = session;
    this.#client = client;
    this.#listener = client.onDidReceiveDebug(({ session: id, message }) => {
      if (id === session) this.#passed = this.#passed.then(() => this.#pass(message));
    });
  }

  async #pass(message: DebugProtocolMessage): Promise<void> {
    await readAgainToStack(message).then(undefined, () => undefined);
    this.#sent.fire(message);
  }

  handleMessage(message: DebugProtocolMessage): void {
    const sent = this.#client.request(DebugSend, { session: this.#session, message: message as Readonly<Record<string, unknown>> });
    sent.catch((error: unknown) => {
      void window.showErrorMessage(`StepLens: ${messageForUser(error)}`);
      this.#sent.fire({ type: 'event', seq: 0, event: 'terminated' });
    });
  }

  dispose(): void {
    this.#listener.dispose();
    this.#sent.dispose();
    void this.#client.request(DebugEnd, { session: this.#session }).catch(() => undefined);
  }
}

/** Fills in a configuration that is started without a launch.json: the problems or the log in the active editor. */
class Configurations implements DebugConfigurationProvider {
  readonly #active: ActiveFile;
  readonly #client: Client;
  readonly #consent: ServerConsent;

  constructor(active: ActiveFile, client: Client, consent: ServerConsent) {
    this.#active = active;
    this.#client = client;
    this.#consent = consent;
  }

  /** Asks for consent before debugging a search whose policy, judge or verifier is on a server; it starts only then. */
  async resolveDebugConfigurationWithSubstitutedVariables(
    _folder: WorkspaceFolder | undefined,
    configuration: DebugConfiguration,
  ): Promise<DebugConfiguration | undefined> {
    const { policy, judge } = configuration as { readonly policy?: unknown; readonly judge?: unknown };
    const servers = {
      policy: typeof policy === 'string' ? policy : 'mini',
      ...(typeof judge === 'string' && judge !== '' && { judge }),
    };
    const isAllowed = await consentToLabel({ client: this.#client, consent: this.#consent }, servers);
    return isAllowed ? configuration : undefined;
  }

  resolveDebugConfiguration(_folder: WorkspaceFolder | undefined, given: DebugConfiguration): DebugConfiguration | undefined {
    if (given.request as string | undefined) return given;
    const file = this.#active.uri ?? window.activeTextEditor?.document.uri;
    if (file?.scheme !== 'file') {
      void window.showInformationMessage(l10n.t('Open a file with problems, or the event log of a run, and start the debugger again.'));
      return undefined;
    }
    return file.path.endsWith('.events.jsonl') ? attachTo(file.fsPath) : launchOf(file.fsPath);
  }
}

/** Debugs the labeling of a problem (the given one, else the first) with the policy of the settings. */
export function launchOf(program: string, problem?: string): DebugConfiguration {
  return { type: debugType, name: l10n.t('Debug labeling'), request: 'launch', program, ...(problem !== undefined && { problem }) };
}

/** Opens a finished log, or follows one that is still being written. */
export function attachTo(run: string): DebugConfiguration {
  return { type: debugType, name: l10n.t('Debug event log'), request: 'attach', run };
}
