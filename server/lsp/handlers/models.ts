import { RecognizeModel } from '../../protocol/models.js';
import { ScoringServer } from '../../protocol/servers.js';
import type { EditorSession } from '../session.js';

/** Models on disk, and the servers they name. */
export function handleModels({ door, service, world }: EditorSession): void {
  door.handle(RecognizeModel, ({ folder }) => world.recognizeModel(folder));
  door.handle(ScoringServer, async () => {
    const { modelPath } = service.trusted;
    return modelPath === '' ? null : ((await world.scoringServer(modelPath)) ?? null);
  });
}
