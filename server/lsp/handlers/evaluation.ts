import { problemImages } from '../../files/images.js';
import { Evaluate, EvaluationProgress } from '../../protocol/evaluation.js';
import type { EditorSession } from '../session.js';

export function handleEvaluation(session: EditorSession): void {
  const { door, service, texts, world } = session;
  door.handle(Evaluate, (params, signal) =>
    world.evaluate(
      params,
      signal,
      {
        openText: (uri) => texts.get(uri),
        images: (uri, names) => problemImages(session.imagePlace(uri), names),
        score: (job, options) => service.scoreJob(job, options),
        threshold: () => service.settings.threshold ?? undefined,
        onProgress: (progress) => void door.tell(EvaluationProgress, progress),
      },
      session.labelerOptions,
    ),
  );
}
