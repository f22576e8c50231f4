import { CancelScoring, ClearCache, ScoreDocument } from '../../protocol/scoring.js';
import type { EditorSession } from '../session.js';

export function handleScoring({ door, service }: EditorSession): void {
  door.handle(ScoreDocument, async ({ uri, again }, signal) => {
    const cancel = (): void => service.cancel(uri);
    signal.addEventListener('abort', cancel, { once: true });
    return service.score(uri, again ?? false).finally(() => signal.removeEventListener('abort', cancel));
  });
  door.handle(CancelScoring, ({ uri }) => {
    service.cancel(uri);
    return null;
  });
  door.handle(ClearCache, async () => {
    await service.clearCache();
    return null;
  });
}
