import { dirname } from 'node:path';
import { problemImages } from '../server/files/images.js';
import type { ProblemImage } from '../server/models/images/imageFile.js';

/** Images as a document in their own folder names them: absolute paths, or addresses elsewhere. */
export function imagesAt(...paths: readonly string[]): ProblemImage[] {
  return paths.flatMap((path) => problemImages({ searched: [], roots: [dirname(path)] }, [path]));
}
