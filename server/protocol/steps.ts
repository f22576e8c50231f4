/** Steps of a document by their place in it. */
import { notification, request } from './message.js';
import { bulk, count, flag, type Infer, list, nullable, number, object, optional, text } from './shape.js';
import { position, range } from './values.js';

const lowStep = object({ range, value: number, first: flag });
export type LowStep = Infer<typeof lowStep>;

/** The low steps of a document, first to last; none when it is not open. */
export const LowSteps = request({ method: 'steplens/lowSteps', to: 'server', params: object({ uri: text }), result: list(lowStep) });

const fileOutline = object({
  problems: bulk(
    object({
      problem: count,
      /** First words of the question. */
      title: text,
      /** `16 solutions`, `52 nodes`. */
      size: text,
      range,
      lowCount: count,
      /** The first of its low steps, in the file's order. `place`: `Solution 1, step 3 of 6`. */
      low: bulk(object({ text, place: text, value: text, first: flag, range })),
    }),
  ),
  problemCount: count,
  firstLow: count,
});
export type FileOutline = Infer<typeof fileOutline>;

/** The problems of a document with their low steps; null when it is not open. */
export const FileOutlineRequest = request({
  method: 'steplens/fileOutline',
  to: 'server',
  params: object({ uri: text }),
  result: nullable(fileOutline),
});

const stepAtResult = object({ problem: count, solution: optional(count), step: optional(count), node: optional(count) });
export type StepAtResult = Infer<typeof stepAtResult>;

/** Problem, solution, step and node at a position; null outside every problem. */
export const StepAt = request({
  method: 'steplens/stepAt',
  to: 'server',
  params: object({ uri: text, position }),
  result: nullable(stepAtResult),
});

/** The visible lines of a document. Once a client reports them, a large document has code lenses only around them. */
export const LookedAt = notification({ method: 'steplens/lookedAt', to: 'server', params: object({ uri: text, range }) });
