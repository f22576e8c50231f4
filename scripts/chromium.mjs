/** Finds a Chromium for the browser tests, the screenshots and the software GPU. Installs Debian's if there is none. */
import { access, constants } from 'node:fs/promises';
import { apt } from './apt.mjs';

const places = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Flags for an automated Chromium, also as root and without a GPU. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns {Promise<string | undefined>} */
export async function findChromium() {
  for (const place of places) {
    if (
      place &&
      (await access(place, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return place;
  }
  return undefined;
}

/** @returns {Promise<string>} path of the executable; rejects with the cause and the remedy when there is none */
export async function ensureChromium() {
  const found = await findChromium();
  if (found) return found;
  // ONNX Runtime's WebGPU loads libvulkan1; Chromium has the software GPU behind it.
  await apt(['chromium', 'fonts-liberation', 'libvulkan1']);
  const installed = await findChromium();
  if (!installed) throw new Error('No Chromium was found. Install one, or name it in CHROMIUM_PATH.');
  return installed;
}
