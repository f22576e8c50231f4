import { fileURLToPath } from 'node:url';
import { RequestError } from '../../protocol/message.js';
import { CallTool } from '../../protocol/tools.js';
import type { EditorSession } from '../session.js';

export function handleTools(session: EditorSession): void {
  const { door, service } = session;
  door.handle(CallTool, async ({ name, args }, signal) => {
    // Loaded on demand, so that the first marks of a file do not wait for it.
    const [{ tools }, { Workspace }, { openVerifier }] = await Promise.all([
      import('../../tools/registry.js'),
      import('../../tools/workspace.js'),
      import('../../answers/openVerifier.js'),
    ]);
    const tool = tools.find((one) => one.name === name);
    if (!tool) throw new RequestError('failed', `There is no tool "${name}".`);
    if (!service.isTrusted) throw new RequestError('failed', 'This workspace is not trusted: tools for agents read nothing in it.');
    const folders = session.folders.filter((folder) => folder.startsWith('file:')).map((folder) => fileURLToPath(folder));
    if (folders.length === 0)
      throw new RequestError('failed', 'No folder of this machine is open: the tools read files of the workspace only.');
    const verifier = openVerifier();
    try {
      const workspace = await Workspace.open(folders, service.threshold);
      const world = { workspace, verifier, score: service.scoreJob };
      return { result: JSON.stringify(await tool.run(args, world, signal)) };
    } finally {
      await verifier.dispose();
    }
  });
}
