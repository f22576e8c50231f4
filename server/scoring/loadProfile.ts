import { join } from 'node:path';
import { english } from '../l10n.js';
import type { Fields } from '../models/fields.js';
import { imagesPlace, readImageSettings } from '../models/images/imageKinds.js';
import { ModelError } from '../models/modelError.js';
import { type GraphFiles, isFile, type LoadedModelFiles, loadModelFiles, readModelText, readProfileFields } from '../models/modelFiles.js';
import { aggregations } from '../reasoning/aggregation.js';
import { families, findFamily } from './families/families.js';
import type { Family } from './families/family.js';
import { layoutText, readLayout } from './layouts/layouts.js';
import type { Profile } from './profile.js';
import { readReadout } from './readouts/readouts.js';
import { recognizeModel, shortestProfile } from './recognizeModel.js';
import { readScope } from './scope/scopes.js';
import { trimmings } from './trimming.js';

export type LoadedProfile = LoadedModelFiles<Profile>;

/** Reads `prm.json` of a model's folder and checks the files that it names. Rejects with ModelError. */
export async function loadProfile(modelFolder: string): Promise<LoadedProfile> {
  await refuseWithoutProfile(modelFolder);
  return loadModelFiles(modelFolder, 'prm.json', parseProfile);
}

/** Throws ModelError with the line to write, if the profile is missing and the model's files show its family. */
async function refuseWithoutProfile(modelFolder: string): Promise<void> {
  if (await isFile(join(modelFolder, 'prm.json'))) return;
  const model = await recognizeModel(modelFolder);
  if (!model || model.families.length === 0) return;
  const offers = model.families.map((family) => `${family.profile.name}: ${shortestProfile(model, family)}`);
  throw new ModelError(
    offers.length > 1
      ? english(
          '{0} has no prm.json, but its files look like one of these. Write the line after the colon into {1}: {2}.',
          modelFolder,
          join(modelFolder, 'prm.json'),
          offers.join('; '),
        )
      : english(
          '{0} has no prm.json, but its files look like this. Write the line after the colon into {1}: {2}.',
          modelFolder,
          join(modelFolder, 'prm.json'),
          offers.join('; '),
        ),
  );
}

/** The family that a model's `prm.json` names; rejects with ModelError. */
export async function readFamily(modelFolder: string): Promise<{ readonly id: string; readonly family: Family | undefined }> {
  const path = join(modelFolder, 'prm.json');
  const id = readProfileFields(await readModelText(path, english("Set the model's folder to one that holds a prm.json.")), path).text(
    'family',
  );
  return { id, family: findFamily(id) };
}

/**
 * Checks the content of a `prm.json`. Without a `layout`, missing settings are taken from its family. Throws ModelError
 * naming `path`, the key and what belongs there.
 */
export function parseProfile(text: string, path: string): Profile {
  const root = readProfileFields(text, path);
  const family = root.text('family');
  // A file with its own layout must have all settings, because the family's other settings may not fit it.
  const known = root.has('layout') ? undefined : findFamily(family)?.profile;
  const orKnown = <K extends keyof NonNullable<typeof known>>(key: K, read: () => NonNullable<typeof known>[K]) =>
    known && !root.has(key) ? known[key] : read();
  if (!known && !root.has('layout'))
    root.fail(
      'family',
      english(
        "one that StepLens knows ({0}), unless the file says everything itself, 'layout' first",
        families.map(({ id }) => id).join(', '),
      ),
    );
  // The family's images are not used with the file's own layout: without a place for them it would drop them silently.
  const images = root.has('images') ? readImageSettings(root.object('images')) : root.has('layout') ? undefined : known?.images;
  const profile: Profile = {
    name: orKnown('name', () => root.text('name')),
    family,
    graph: readGraph(root),
    ...(root.has('reference') && { reference: root.text('reference') }),
    tokenizer: known && !root.has('tokenizer') ? 'tokenizer.json' : root.text('tokenizer'),
    layout: orKnown('layout', () => readLayout(root.object('layout'))),
    readout: orKnown('readout', () => readReadout(root.object('readout'))),
    // Texts are trimmed, as StepLens's readers show them, unless the profile or its family has another value.
    trim: known && !root.has('trim') ? known.trim : root.has('trim') ? root.oneOf('trim', trimmings) : 'all',
    ...(images && { images }),
    ...(root.has('scope') && { scope: readScope(root.object('scope')) }),
    range: orKnown('range', () => readRange(root)),
    threshold: orKnown('threshold', () => root.number('threshold')),
    aggregation: orKnown('aggregation', () => root.oneOf('aggregation', aggregations)),
    maxTokens: orKnown('maxTokens', () => root.whole('maxTokens', [2, 100_000_000], 'tokens')),
  };
  root.refuseOthers(['$schema']);
  if (layoutText(profile.layout).includes(imagesPlace) && !profile.images)
    root.fail('images', english("a JSON object that says how images are prepared, because 'layout' holds {0}", imagesPlace));
  if (profile.readout.kind === 'log-ratio' && profile.reference === undefined)
    root.fail('reference', english("the ONNX file of the reference model or its folder, because a 'log-ratio' compares two models"));
  if (profile.readout.kind !== 'log-ratio' && profile.reference !== undefined)
    throw new ModelError(
      english(
        '{0}: \'reference\' is for a \'readout\' of the kind "log-ratio" alone; this profile has "{1}". Remove it.',
        path,
        profile.readout.kind,
      ),
    );
  const [low, high] = profile.range;
  if (profile.threshold < low || profile.threshold > high) root.fail('threshold', english('a number in the range [{0}, {1}]', low, high));
  return profile;
}

/** A file, or the three files of a model in parts. */
function readGraph(root: Fields): GraphFiles {
  const value = root.take('graph');
  if (typeof value !== 'object' || value === null) return root.text('graph');
  const fields = root.object('graph');
  const graph = { decoder: fields.text('decoder'), embeddings: fields.text('embeddings'), vision: fields.text('vision') };
  fields.refuseOthers([]);
  return graph;
}

function readRange(root: Fields): readonly [number, number] {
  const value = root.take('range');
  const [low, high] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!Array.isArray(value) || value.length !== 2 || typeof low !== 'number' || typeof high !== 'number' || !(low < high)) {
    return root.fail('range', english('two numbers, the lower first, as [0, 1]'));
  }
  return [low, high];
}
