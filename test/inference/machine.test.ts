import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { vulkanEnvironment } from '../../server/inference/machine.js';

it.runIf(process.platform === 'linux')("vulkanEnvironment names a driver to the loader if only a container's folder lists it", () => {
  const root = mkdtempSync(join(tmpdir(), 'steplens-vulkan-'));
  const [usual, container] = [join(root, 'usual'), join(root, 'container')];
  const folders = { usual: [usual], container: [container] };
  expect(vulkanEnvironment({}, folders)).toEqual({});
  mkdirSync(container);
  writeFileSync(join(container, 'nvidia_icd.json'), '{}');
  writeFileSync(join(container, 'README'), '');
  expect(vulkanEnvironment({}, folders)).toEqual({ VK_DRIVER_FILES: join(container, 'nvidia_icd.json') });
  expect(vulkanEnvironment({ VK_ICD_FILENAMES: '/own.json' }, folders)).toEqual({});
  mkdirSync(usual);
  writeFileSync(join(usual, 'lvp_icd.json'), '{}');
  expect(vulkanEnvironment({}, folders)).toEqual({});
});
