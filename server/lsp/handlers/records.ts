import { recordPageOf, recordTextsOf } from '../../editor/recordService.js';
import { RecordPage, RecordTexts } from '../../protocol/records.js';
import type { EditorSession } from '../session.js';

export function handleRecords({ door }: EditorSession): void {
  door.handle(RecordTexts, async ({ file }) => {
    const { container, entries } = await recordTextsOf(file);
    return { container: container ?? null, entries: [...entries] };
  });

  door.handle(RecordPage, async (place) => {
    const { text, count, isLast } = await recordPageOf(place);
    return { text, count: count ?? null, isLast };
  });
}
