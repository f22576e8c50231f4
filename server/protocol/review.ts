/** Reviewing steps: the queue, the step in focus, labels, agreement. */
import { request } from './message.js';
import { count, flag, type Infer, list, nothing, nullable, number, object, oneOf, optional, text } from './shape.js';
import { range, stepValues } from './values.js';

/** A person's judgment: wrong, neutral, right, or none of these. */
export const labelValue = oneOf(-1, 0, 1, 'unsure', 'skip');

/** A step of a document. */
const place = { uri: text, problem: count, step: count };

const queueItem = object({ ...place, reason: text });
export type ReviewItem = Infer<typeof queueItem>;

/** The steps to judge, in order: `uncertain` starts with the steps that all sources together leave most uncertain. */
export const ReviewQueue = request({
  method: 'steplens/reviewQueue',
  to: 'server',
  params: object({
    uris: list(text),
    kind: oneOf('first-low', 'uncertain', 'suspects', 'disagreements', 'audit', 'all'),
    /** Only this step and what comes after it; without a step, only this record. */
    from: optional(object({ problem: count, step: optional(count) })),
    /** Maximum number of steps. */
    count: optional(count),
    seed: count,
  }),
  result: object({ items: list(queueItem), faults: list(object({ uri: text, message: text })) }),
});
export type ReviewKind = 'first-low' | 'uncertain' | 'suspects' | 'disagreements' | 'audit' | 'all';

const labelView = object({ id: text, by: text, at: text, value: labelValue, kind: optional(text), comment: optional(text) });
export type LabelView = Infer<typeof labelView>;
export type LabelValue = LabelView['value'];

const continuation = object({ correct: flag, steps: list(text) });

export const reviewStep = object({
  ...place,
  question: text,
  answer: optional(text),
  /** URIs of the images that exist. */
  images: list(text),
  /** Texts of the steps before this one. */
  prefix: list(text),
  text,
  /** Position of the step on its path, from 1. */
  number: count,
  /** The steps that follow it on the first path through it. */
  rest: list(text),
  range,
  /** Null while they are hidden: in a blind review, until the reviewer has judged the step. */
  evidence: nullable(
    object({
      values: stepValues,
      /** P(step is right) by all sources together, in [0, 1]. */
      posterior: number,
      rollouts: list(continuation),
      /** Other steps after the same prefix. */
      alternatives: list(object({ text, values: stepValues })),
      /** Labels of other people. */
      labels: list(labelView),
    }),
  ),
  /** The reviewer's own label. */
  own: nullable(labelView),
  /** A person's label of this step from before its text changed. */
  stale: nullable(labelView),
});
export type ReviewStep = Infer<typeof reviewStep>;

/** Everything shown to a reviewer about a step. */
export const ReviewStepRequest = request({
  method: 'steplens/reviewStep',
  to: 'server',
  params: object({ ...place, by: text, blind: flag }),
  result: reviewStep,
});

/** Adds a label to the log beside the file. `first-error`: unjudged steps before a wrong one are labeled right. */
export const JudgeStep = request({
  method: 'steplens/judgeStep',
  to: 'server',
  params: object({
    ...place,
    by: text,
    value: labelValue,
    kind: optional(text),
    comment: optional(text),
    mode: oneOf('every-step', 'first-error'),
    blind: flag,
  }),
  /** Labels written. */
  result: object({ written: count }),
});

/** Undoes the reviewer's latest label of a file; null when there is none. */
export const UndoLabel = request({
  method: 'steplens/undoLabel',
  to: 'server',
  params: object({ uri: text, by: text }),
  result: nullable(object({ problem: count, step: count })),
});

/** The reviewer's labels of the steps in a queue, in its order; null for a step that is not judged. */
export const ReviewProgress = request({
  method: 'steplens/reviewProgress',
  to: 'server',
  params: object({ items: list(object(place)), by: text }),
  result: list(nullable(labelValue)),
});

const coefficient = object({ value: nullable(number), low: nullable(number), high: nullable(number), steps: count });

/** How far people agree with each other and with rollouts, PRM and judge; null where a coefficient is not defined. */
export const Agreement = request({
  method: 'steplens/agreement',
  to: 'server',
  params: object({ uris: list(text) }),
  result: object({
    reviewers: list(object({ name: text, labels: count })),
    fleiss: coefficient,
    krippendorff: coefficient,
    pairs: list(
      object({ a: text, b: text, kappa: coefficient, cells: list(object({ a: number, b: number, steps: list(object(place)) })) }),
    ),
  }),
});
export type AgreementView = Infer<(typeof Agreement)['result']>;

/** A label log changed on disk: its document is joined with it again. */
export const LabelsChanged = request({ method: 'steplens/labelsChanged', to: 'server', params: object({ uri: text }), result: nothing });
