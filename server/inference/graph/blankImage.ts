import type { RuntimeSession, TensorValue } from '../runtime.js';
import { pixelInputName } from './graph.js';

/**
 * Returns a session that gets a blank image when it has none: WebGPU refuses to run without an image ("Invalid dispatch
 * group size"), and an image without image tokens changes nothing.
 */
export function withBlankImage(session: RuntimeSession): RuntimeSession {
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    run: (feeds, fetches) => session.run(withOne(feeds), fetches),
    release: () => session.release(),
  };
}

function withOne(feeds: Readonly<Record<string, TensorValue>>): Readonly<Record<string, TensorValue>> {
  const pixels = feeds[pixelInputName];
  if (pixels?.dims[0] !== 0) return feeds;
  const size = pixels.dims.slice(1);
  return { ...feeds, [pixelInputName]: { type: pixels.type, data: new Float32Array(size.reduce((a, b) => a * b, 1)), dims: [1, ...size] } };
}
