import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes the data URLs of requests to files, because a policy reads its images from disk. */
export class ImageFiles {
  readonly #paths = new Map<string, Promise<string>>();
  #folder: Promise<string> | undefined;

  /** Returns an image's path, which is the same for equal images. */
  path(url: string): Promise<string> {
    let path = this.#paths.get(url);
    if (path === undefined) this.#paths.set(url, (path = this.#write(url, this.#paths.size)));
    return path;
  }

  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true });
  }

  async #write(url: string, number: number): Promise<string> {
    const [, type, data] = /^data:image\/(\w+);base64,(.+)$/.exec(url) ?? [];
    if (type === undefined || data === undefined) throw new Error('The image is not a base64 data URL.');
    this.#folder ??= mkdtemp(join(tmpdir(), 'steplens-images-'));
    const path = join(await this.#folder, `${number}.${type}`);
    await writeFile(path, Buffer.from(data, 'base64'));
    return path;
  }
}
