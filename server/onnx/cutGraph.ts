import type { OnnxModel } from './model.js';
import { linkGraph } from './weights.js';

/** The part of a model that gives some of its outputs: the nodes, weights and inputs that these depend on, and no others. */
export function cutGraph(model: OnnxModel, outputs: readonly string[]): OnnxModel {
  const { graph } = model;
  const links = linkGraph(graph);
  const needed = new Set(outputs);
  // A set that grows meanwhile is walked to its end.
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
