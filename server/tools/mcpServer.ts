import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { messageOf } from '../reasoning/errorText.js';
import { tools } from './registry.js';
import { ToolError, type ToolWorld } from './tool.js';

const instructions =
  'StepLens reads files of multi-step reasoning: solutions, search trees, step labels of process reward models. Begin with low_steps or list_problems; explain_label answers why a step is labeled wrong and why its path is not in the training set. Everything is read-only, and only files of the workspace are read.';

/** Serves the tools over the Model Context Protocol on standard input and output until the client disconnects. */
export async function serveMcp(world: ToolWorld, version: string): Promise<void> {
  const server = new Server({ name: 'StepLens', version }, { capabilities: { tools: {} }, instructions });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, inputSchema }) => ({
      name,
      title,
      description,
      inputSchema: { ...inputSchema, required: [...inputSchema.required] },
      annotations: { readOnlyHint: true, openWorldHint: false },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const tool = tools.find(({ name }) => name === params.name);
    try {
      if (!tool) throw new ToolError(`There is no tool "${params.name}". Tools: ${tools.map(({ name }) => name).join(', ')}.`);
      const result = await tool.run(params.arguments ?? {}, world, signal);
      return { content: [{ type: 'text', text: JSON.stringify(result) }] };
    } catch (error) {
      signal.throwIfAborted();
      return { isError: true, content: [{ type: 'text', text: messageOf(error) }] };
    }
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
    // The transport does not notice by itself that its input has ended.
    process.stdin.once('end', resolve);
  });
  await server.connect(new StdioServerTransport());
  await closed;
  await server.close();
}
