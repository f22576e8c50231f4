import { dirname } from 'node:path';
import { problemImages } from '../server/files/images.js';
import type { ProblemImage } from '../server/models/images/imageFile.js';

/** Images as named by a document in their own folder: absolute paths, or web addresses. */
export function imagesAt(...paths: readonly string[]): ProblemImage[] {
  return paths.flatMap((path) => problemImages({ searched: [], roots: [dirname(path)] }, [path]));
}
