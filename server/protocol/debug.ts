/** The Debug Adapter Protocol between VS Code and the debugger in the server. */
import { notification, request } from './message.js';
import { count, type Infer, nothing, nullable, object, record, text } from './shape.js';
import { range } from './values.js';

const debugMessage = object({
  /** Id of VS Code's debug session; the first message of a session opens it. */
  session: text,
  /** A request, a response or an event, as the protocol has it. */
  message: record,
});
export type DebugMessageParams = Infer<typeof debugMessage>;

/** Sends a message from the client to the debugger. */
export const DebugSend = request({ method: 'steplens/debugSend', to: 'server', params: debugMessage, result: nothing });

/** Sends a message from the debugger to the client. */
export const DebugReceived = notification({ method: 'steplens/debugReceived', to: 'client', params: debugMessage });

/** Place in a document of a debugged search's current event, with its value then; null: no such step there. */
export const DebugPlace = request({
  method: 'steplens/debugPlace',
  to: 'server',
  params: object({ uri: text }),
  result: nullable(object({ range, text, problem: count })),
});

/** Ends a session; what its search has sampled is in its log. */
export const DebugEnd = request({ method: 'steplens/debugEnd', to: 'server', params: object({ session: text }), result: nothing });
