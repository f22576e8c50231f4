/** The process that decodes images: a file that crashes the decoder ends only this process. */
import { type ImageBytes, ImageError } from './imageFile.js';
import { type ImageSettings, type PreparedImages, prepareImages } from './imageKinds.js';

export interface PrepareRequest {
  readonly id: number;
  readonly files: readonly (Omit<ImageBytes, 'bytes'> & { readonly bytes: Uint8Array })[];
  readonly settings: ImageSettings;
}

export type PrepareReply = { readonly id: number } & (
  | { readonly ok: PreparedImages | null }
  | { readonly err: string; readonly isImage: boolean }
);

process.on('message', ({ id, files, settings }: PrepareRequest) => {
  const given = files.map((file) => ({ ...file, bytes: Buffer.from(file.bytes) }));
  prepareImages(given, settings).then(
    (prepared) => send({ id, ok: prepared ?? null }),
    (error: unknown) => send({ id, err: error instanceof Error ? error.message : String(error), isImage: error instanceof ImageError }),
  );
});
process.on('disconnect', () => process.exit());

function send(reply: PrepareReply): void {
  // `process.send` is undefined when no other program forked this one.
  process.send?.(reply);
}
