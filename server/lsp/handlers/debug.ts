import type { DebugProtocol } from '@vscode/debugprotocol';
import { SearchDebugSession } from '../../debug/debugSession.js';
import { currentStep, momentText, nodeAt } from '../../debug/moment.js';
import { DebugEnd, DebugPlace, DebugReceived, DebugSend } from '../../protocol/debug.js';
import type { EditorSession } from '../session.js';

/** Debug sessions of the client, by the id it gives them. */
export function handleDebug(owner: EditorSession): void {
  const { door, world, labelerOptions, debugged: sessions } = owner;

  function open(id: string): SearchDebugSession {
    const session = new SearchDebugSession(world.createDebugWorld(labelerOptions));
    session.onDidSendMessage((message) => void door.tell(DebugReceived, { session: id, message: message as Record<string, unknown> }));
    sessions.set(id, session);
    return session;
  }

  door.handle(DebugSend, ({ session, message }) => {
    // A debugged search samples from a policy and writes a log; a fork also writes a tree.
    owner.requireTrust();
    (sessions.get(session) ?? open(session)).handleMessage(message as unknown as DebugProtocol.ProtocolMessage);
    return null;
  });
  door.handle(DebugPlace, ({ uri }) => {
    const document = owner.document(uri);
    for (const moment of owner.moments) {
      for (const { problem } of document?.problems ?? []) {
        const step = currentStep(moment, problem);
        const found = step === undefined ? undefined : problem.steps[step];
        const node = found && nodeAt(moment, problem, found.index);
        if (document && found && node)
          return { range: document.lines.range(found.span), text: momentText(moment, node), problem: problem.index };
      }
    }
    return null;
  });
  door.handle(DebugEnd, ({ session }) => {
    sessions.get(session)?.dispose();
    sessions.delete(session);
    return null;
  });
}
