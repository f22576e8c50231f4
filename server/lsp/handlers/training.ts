import { ExplainTraining, ExportTraining, TrainingFormats } from '../../protocol/training.js';
import type { EditorSession } from '../session.js';

export function handleTraining(session: EditorSession): void {
  const { door, texts, world } = session;
  // Loaded on demand, so that the first marks of a file do not wait for it.
  const service = () => import('../../editor/trainingService.js');
  door.handle(TrainingFormats, async () => (await service()).trainingFormats());
  door.handle(ExportTraining, (params) => {
    session.requireTrust();
    return world.exportTraining(params, (uri) => texts.get(uri));
  });
  door.handle(ExplainTraining, async ({ uri, problem, ...path }) => {
    const document = await session.readDocument(uri);
    return (await service()).explainTraining(document?.reasoning.problems ?? [], problem, path);
  });
}
