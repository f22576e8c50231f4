import { copyFile, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { chain, modelFolders, openScorer, temporaryFolder } from './models.js';

const original = modelFolders['hugging-face'];

/**
 * A model whose larger weights are in an external file at `location`. The external file is a copy of the whole original
 * file, so the weights keep their offsets.
 */
async function withExternalData(location = 'weights.bin'): Promise<string> {
  const folder = join(await temporaryFolder(), 'model');
  await mkdir(folder);
  for (const file of ['prm.json', 'tokenizer.json', 'tokenizer_config.json']) await copyFile(join(original, file), join(folder, file));
  await copyFile(join(original, 'model.onnx'), join(folder, 'weights.bin'));
  await writeFile(
    join(folder, 'model.onnx'),
    writeModel(await readModel(join(original, 'model.onnx'), 256), () => location),
  );
  return folder;
}

const refusal = async (folder: string) =>
  (
    (await openScorer(folder)
      .describe()
      .catch((error: unknown) => error as Error)) as Error
  ).message;

describe('weights in a separate file', () => {
  it('are read, and change the fingerprint of the model when they change', async () => {
    const folder = await withExternalData();
    const scorer = openScorer(folder);
    const [{ scores }, expected] = [await scorer.score(chain(4)), await openScorer(original).score(chain(4))];
    expect([...scores]).toEqual([...expected.scores]);
    const bytes = await readFile(join(folder, 'weights.bin'));
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(join(folder, 'weights.bin.new'), bytes);
    await rename(join(folder, 'weights.bin.new'), join(folder, 'weights.bin'));
    expect((await openScorer(folder).describe()).fingerprint).not.toBe((await scorer.describe()).fingerprint);
  });

  it.each(['../outside.bin', 'sub/../../outside.bin', '/etc/passwd', '../../../../../../../../etc/passwd', '.', 'weights.bin\0'])(
    'are refused if their location is outside the folder: %j',
    async (location) => {
      const folder = await withExternalData(location);
      await copyFile(join(folder, 'weights.bin'), join(folder, '../outside.bin'));
      expect(await refusal(folder)).toMatch(
        /^\S*model\.onnx has its weights read from ".*", which is outside its folder and is not looked at\. Put the file that is meant beside it/,
      );
    },
  );

  it('are refused if their file is a link out of the folder', async () => {
    const folder = await withExternalData('link.bin');
    await copyFile(join(folder, 'weights.bin'), join(folder, '../outside.bin'));
    await symlink('../outside.bin', join(folder, 'link.bin'));
    expect(await refusal(folder)).toContain('has its weights read from "link.bin", which is outside its folder');
  });

  it('are read if both files are links into a store, as in a download cache', async () => {
    const folder = await withExternalData();
    const store = join(folder, '../blobs');
    await mkdir(store);
    for (const [file, blob] of [
      ['model.onnx', 'a1'],
      ['weights.bin', 'b2'],
    ] as const) {
      await rename(join(folder, file), join(store, blob));
      await symlink(join('../blobs', blob), join(folder, file));
    }
    expect((await openScorer(folder).score(chain(2))).skipped.size).toBe(0);
  });

  it.each([
    [
      'gone',
      'http://example.com/weights.bin',
      /^\S*model\.onnx has its weights in http:.example\.com.weights\.bin, which cannot be read \(ENOENT\)\. Download or copy that file, too/,
    ],
    ['nowhere', '', /^\S*model\.onnx cannot be used: .*External data location cannot be empty/],
  ])('are reported as missing when they are %s', async (_name, location, message) => {
    expect(await refusal(await withExternalData(location))).toMatch(message);
  });

  it('are refused if their file is cut off, or a folder', async () => {
    const folder = await withExternalData();
    await truncate(join(folder, 'weights.bin'), 5000);
    expect(await refusal(folder)).toMatch(
      /weights\.bin is damaged: \S*model\.onnx has weights in it up to byte \d+, but it has 5000\. Download or copy it again\.$/,
    );
    await rm(join(folder, 'weights.bin'));
    await mkdir(join(folder, 'weights.bin'));
    expect(await refusal(folder)).toContain('weights.bin is damaged');
  });
});
