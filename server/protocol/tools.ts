/** Tools for agents inside the editor: the same as `steplens mcp` offers. */
import { request } from './message.js';
import { object, record, text } from './shape.js';

/** Runs a tool over the folders of the workspace; `result`: JSON, at most a page. Rejects with the message for the agent. */
export const CallTool = request({
  method: 'steplens/callTool',
  to: 'server',
  params: object({ name: text, args: record }),
  result: object({ result: text }),
});
