import type { Fields } from '../../models/fields.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import { type ChatLayout, encodeChatLayout, readChatLayout } from './chat.js';
import type { SegmentEncoder } from './encoder.js';
import { encodeMarkerLayout, type MarkerLayout, readMarkerLayout } from './marker.js';
import { encodePiecesLayout, type PiecesLayout, readPiecesLayout } from './pieces.js';
import { remembered } from './remembered.js';
import { encodeTurnsLayout, readTurnsLayout, type TurnsLayout } from './turns.js';

export type Layout = MarkerLayout | ChatLayout | TurnsLayout | PiecesLayout;

interface LayoutKind<L> {
  /** Throws ModelError naming the field. */
  read(fields: Fields): L;
  /** Throws ModelError when the tokenizer does not fit. */
  encoder(layout: L, tokenizer: TextTokenizer): SegmentEncoder;
}

/** One file per kind beside this one. */
const kinds: { readonly [K in Layout['kind']]: LayoutKind<Extract<Layout, { kind: K }>> } = {
  marker: { read: readMarkerLayout, encoder: encodeMarkerLayout },
  chat: { read: readChatLayout, encoder: encodeChatLayout },
  turns: { read: readTurnsLayout, encoder: encodeTurnsLayout },
  pieces: { read: readPiecesLayout, encoder: encodePiecesLayout },
};

export function readLayout(fields: Fields): Layout {
  const kind = fields.oneOf('kind', Object.keys(kinds) as Layout['kind'][]);
  const layout = kinds[kind].read(fields);
  fields.refuseOthers([]);
  return layout;
}

export function createEncoder(layout: Layout, tokenizer: TextTokenizer): SegmentEncoder {
  return remembered((kinds[layout.kind] as LayoutKind<Layout>).encoder(layout, tokenizer), stepText(layout).includes('{index}'));
}

/** The layout's own text, which contains the places for question, steps and images. */
export function layoutText(layout: Layout): string {
  if (layout.kind === 'marker' || layout.kind === 'pieces') return layout.before;
  return layout.kind === 'chat' ? layout.user : layout.first;
}

/** A layout whose steps end in a marker. */
export type MarkedLayout = Extract<Layout, { readonly kind: 'marker' | 'chat' }> & { readonly marker: string };

export function hasMarker(layout: Layout): layout is MarkedLayout {
  return 'marker' in layout && layout.marker !== undefined;
}

/** The layout's texts of a step, with their places; empty if the layout adds nothing to the step. */
function stepText(layout: Layout): string {
  if (layout.kind === 'pieces') return '';
  return layout.kind === 'turns' ? layout.first + layout.next : layout.step;
}

/**
 * Returns the special tokens of a layout and its images for `loadTokenizer`: those that are always special, and
 * those that are special if they are added tokens.
 */
export function markersOf(layout: Layout, images?: { readonly token: string }): readonly (string | { readonly ifAdded: string })[] {
  const image = images ? [images.token] : [];
  if (!hasMarker(layout)) return image;
  const isForced = layout.kind === 'marker' && layout.encode === 'apart';
  return [isForced ? layout.marker : { ifAdded: layout.marker }, ...image];
}
