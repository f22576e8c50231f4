import { fileURLToPath } from 'node:url';
import { version } from '../package.json';

/** `server/` in the sources, `dist/` when bundled: both are one folder below the root. */
const here = import.meta.url;

/** Folder of the bundled PRM. */
export const bundledModel = fileURLToPath(new URL('../media/models/mini', here));
/** Folder of the bundled policy. */
export const bundledPolicy = fileURLToPath(new URL('../media/models/mini/policy', here));
/** Folder of the texts in other languages. */
export const bundledTexts = fileURLToPath(new URL('../l10n', here));
/** What `steplens export-model` runs in Python. */
export const exporterScript = fileURLToPath(new URL('../scripts/export/export_model.py', here));
/** What the inference child runs. */
export const inferenceEntry = fileURLToPath(new URL(here.endsWith('.ts') ? './inference/main.ts' : './inference.js', here));

export { version };
