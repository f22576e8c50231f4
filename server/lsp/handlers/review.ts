import { Agreement, JudgeStep, LabelsChanged, ReviewProgress, ReviewQueue, ReviewStepRequest, UndoLabel } from '../../protocol/review.js';
import type { EditorSession } from '../session.js';

export function handleReview({ door, review, service }: EditorSession): void {
  door.handle(ReviewQueue, ({ uris, ...options }) => review.queue(uris, { ...options, threshold: service.threshold }));
  door.handle(ReviewStepRequest, (params) => review.step(params));
  door.handle(JudgeStep, async (params) => ({ written: await review.judge(params) }));
  door.handle(UndoLabel, async ({ uri, by }) => (await review.undo(uri, by)) ?? null);
  door.handle(ReviewProgress, ({ items, by }) => review.progress(items, by));
  door.handle(Agreement, ({ uris }) => review.agreement(uris, service.threshold));
  door.handle(LabelsChanged, async ({ uri }) => {
    await review.load(uri);
    return null;
  });
}
