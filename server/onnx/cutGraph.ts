import type { OnnxModel } from './model.js';
import { linkGraph } from './weights.js';

/** Returns the part of a model that computes some of its outputs: only the nodes, weights and inputs they depend on. */
export function cutGraph(model: OnnxModel, outputs: readonly string[]): OnnxModel {
  const { graph } = model;
  const links = linkGraph(graph);
  const needed = new Set(outputs);
  // The iteration also visits names that are added meanwhile.
  for (const name of needed) {
    const node = links.producers.get(name);
    if (node) for (const taken of links.takes(node)) needed.add(taken);
  }
  return {
    ...model,
    graph: {
      ...graph,
      nodes: graph.nodes.filter((node) => node.outputs.some((name) => needed.has(name))),
      initializers: graph.initializers.filter(({ name }) => needed.has(name)),
      inputs: graph.inputs.filter(({ name }) => needed.has(name)),
      outputs: graph.outputs.filter(({ name }) => outputs.includes(name)),
      values: graph.values.filter(({ name }) => needed.has(name)),
    },
  };
}
