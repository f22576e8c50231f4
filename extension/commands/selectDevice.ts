import { l10n, type QuickPickItem, window } from 'vscode';
import { devices, type ServerSettings } from '../../server/protocol/settingsTable.js';
import type { StatusParams } from '../../server/protocol/status.js';
import type { Command } from './command.js';

type Device = ServerSettings['device'];

const about: { readonly [K in Device]: string } = {
  auto: l10n.t('CUDA, else WebGPU, DirectML, Core ML, else the CPU'),
  cuda: l10n.t('NVIDIA GPUs; needs the CUDA libraries of ONNX Runtime'),
  webgpu: l10n.t('GPUs through Vulkan, Direct3D 12 or Metal'),
  dml: l10n.t('GPUs through DirectML, on Windows'),
  coreml: l10n.t('Apple silicon'),
  cpu: l10n.t('no GPU'),
};

/** Asks for the device that the model runs on. Shows which one is in use and why others were passed over. */
export const selectDevice: Command = {
  id: 'steplens.selectDevice',
  async run({ settings, client }) {
    const current = settings.read().device;
    const items = devices.map((device): QuickPickItem & { device: Device } => ({
      device,
      label: device,
      description: [device === current ? l10n.t('chosen') : '', client.status?.device === device ? l10n.t('in use') : '']
        .filter(Boolean)
        .join(', '),
      detail: reasonFor(client.status, device) ?? about[device],
    }));
    const choice = await window.showQuickPick(items, { title: l10n.t('Device to score on'), matchOnDetail: true });
    if (choice) await settings.write('device', choice.device);
  },
};

function reasonFor(status: StatusParams | undefined, device: Device): string | undefined {
  const passed = status?.passedOver?.find(({ provider }) => provider === device);
  return passed && l10n.t('{0}. Passed over: {1}', about[device], passed.reason);
}
