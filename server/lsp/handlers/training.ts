import { explainTraining, trainingFormats } from '../../editor/trainingService.js';
import { ExplainTraining, ExportTraining, TrainingFormats } from '../../protocol/training.js';
import type { EditorSession } from '../session.js';

export function handleTraining(session: EditorSession): void {
  const { door, texts, world } = session;
  door.handle(TrainingFormats, () => trainingFormats());
  door.handle(ExportTraining, (params) => {
    session.requireTrust();
    return world.exportTraining(params, (uri) => texts.get(uri));
  });
  door.handle(ExplainTraining, ({ uri, problem, ...path }) =>
    explainTraining(session.document(uri)?.reasoning.problems ?? [], problem, path),
  );
}
