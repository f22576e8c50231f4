/** docs/gpu.md from the results of check.py; without results of a GPU, that it has not been run. */
export function report(results) {
  const lines = ['# On a GPU', ''];
  if (!results || results.isDryRun) {
    lines.push(
      'StepLens has **not been run on a GPU yet**. What is known without one: WebGPU on a software device agrees with the CPU, CUDA is loaded',
      'and compared by the same code, and the check below was run on a CPU alone. No speed on a GPU is claimed anywhere.',
      '',
    );
  }
  lines.push(
    'The check: random PRMs of the shapes of Qwen2.5 0.5B, 3B and 7B score a tree of 16 solutions with 8 steps on every device.',
    'The rival is PyTorch (scaled dot-product attention) with one left-padded batch of the 16 whole solutions on the same token ids, as the',
    'authors of MM-PRM score. The reference for the scores is PyTorch in float32 with the same weights, on the same machine.',
    '`npm run gpu-check` packs it for a machine without a network, `npm run gpu-check -- --dry-run` runs it here with a tiny model, and',
    '`npm run gpu-check -- --report RESULTS.json` writes this page.',
    '',
    'The goals: at least 5 times as fast as the rival on a tree, at least 70 % of the bound by distinct tokens, no score further from the',
    'reference than the tolerance (0.001 in float32, 0.02 in float16 and TF32).',
    '',
  );
  if (results) lines.push(...models(results), ...remarks(results), ...notes(results), ...bundled(results), ...raw(results));
  return `${lines.join('\n').trimEnd()}\n`;
}

function models({ machine, torch, isDryRun, rows, ceilings }) {
  const lines = [isDryRun ? `## Dry run on ${machine}, PyTorch ${torch}` : `## ${machine}, PyTorch ${torch}`, ''];
  if (ceilings && !isDryRun)
    lines.push(
      ...wrapped(
        `The largest rates PyTorch reached there: products of 8192 x 8192 matrices at ${ceilings.fp16.toFixed(0)} TFLOP/s in float16, ${ceilings.fp32.toFixed(0)} in float32 and ${ceilings.tf32.toFixed(0)} in TF32; copies at ${ceilings.copy.toFixed(1)} TB/s, read and written bytes counted.`,
      ),
      '',
    );
  lines.push(
    '| model | asked for | used | load, s | tree, ms (tokens) | tokens/s | of the matrix peak | PyTorch, ms (tokens) | faster than PyTorch | of the token bound | edit of the last step | from the reference | verdicts turned | GPU memory, PyTorch / StepLens |',
    `|${'---|'.repeat(14)}`,
  );
  for (const row of rows) lines.push(`| ${row.size} ${row.precision} | ${row.device} | ${cells(row, ceilings).join(' | ')} |`);
  return [...lines, ''];
}

function cells(row, ceilings) {
  if (row.error) return [`failed: ${plain(row.error)}`, ...Array(11).fill('')];
  const { ms, tokens } = [...row.runs].sort((a, b) => a.ms - b.ms)[row.runs.length >> 1];
  const gain = row.torch.ms / ms;
  const peak = ceilings?.[row.device.includes('TF32') ? 'tf32' : row.precision];
  const share = peak && row.deviceInfo.provider !== 'cpu' ? `${((2 * row.torch.parameters * tokens) / ms / 1e7 / peak).toFixed(1)} %` : '';
  const gigabytes = (mebibytes) => (mebibytes ? (mebibytes / 1024).toFixed(1) : '-');
  return [
    usedOf(row),
    (row.loadMs / 1000).toFixed(1),
    `${ms.toFixed(0)} (${tokens})`,
    ((1000 * tokens) / ms).toFixed(0),
    share,
    `${row.torch.ms.toFixed(0)} (${row.torch.tokens})`,
    `${gain.toFixed(2)}x`,
    `${((100 * gain * tokens) / row.torch.tokens).toFixed(0)} %`,
    `${row.edit.ms.toFixed(0)} ms (${row.edit.tokens} tokens)`,
    row.apart.toExponential(1),
    `${row.flips} of ${row.steps}`,
    `${gigabytes(row.torch.gpuMiB)} / ${gigabytes(row.memory.gpuMiB)} GiB`,
  ];
}

/** What whoever ran it has to say of it: `remarks` of the results, put there by hand. */
function remarks({ remarks: written = [] }) {
  return written.flatMap((remark) => [...wrapped(remark), '']);
}

/** Lines of at most 140 characters. */
function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > 140) lines.push(word);
    else lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
  }
  return lines;
}

function notes({ rows, failures = [] }) {
  const passedOver = rows.flatMap(({ size, precision, deviceInfo }) =>
    (deviceInfo?.passedOver ?? []).map(({ provider, reason }) => `- ${size} ${precision}, ${provider}: ${plain(reason)}`),
  );
  const failed = failures.map(({ part, error }) => `- ${part}: ${plain(error)}`);
  return [
    ...(passedOver.length > 0 ? ['Passed over:', '', ...new Set(passedOver), ''] : []),
    ...(failed.length > 0 ? ['Not measured:', '', ...failed, ''] : []),
  ];
}

function bundled({ bundled: devices }) {
  if (!devices) return [];
  const lines = [
    '## The bundled model',
    '',
    '| asked for | used | `steplens score` on the samples | largest difference from the CPU | first marks in the editor | marks after an edit |',
    `|${'---|'.repeat(6)}`,
  ];
  for (const [device, { seconds, apart, scoreCode, languageServer }] of Object.entries(devices)) {
    const turns = (languageServer.turns ?? []).map(({ ms }) => `${ms.toFixed(0)} ms`);
    const used = /runs on (.*)\.$/m.exec((languageServer.log ?? []).join('\n'))?.[1] ?? '';
    const score = scoreCode === 0 ? `${seconds.toFixed(1)} s` : `exit code ${scoreCode}`;
    lines.push(
      `| ${device} | ${used} | ${score} | ${apart ? apart.toExponential(1) : ''} | ${turns[0] ?? languageServer.error} | ${turns[1] ?? ''} |`,
    );
  }
  return [...lines, ''];
}

function raw({ raw: passes }) {
  const lines = [];
  for (const [name, { ms, kinds }] of Object.entries(passes ?? {})) {
    if (!ms) continue;
    const costs = Object.entries(ms).map(([what, cost]) => `${what}: ${typeof cost === 'number' ? `${cost.toFixed(1)} ms` : plain(cost)}`);
    const nodes = Object.entries(kinds ?? {}).slice(0, 6);
    lines.push(
      `- ${name}. ${costs.join('; ')}. By kind of node (512 tokens): ${nodes.map(([kind, cost]) => `${kind} ${cost.ms.toFixed(1)} ms`).join(', ')}.`,
    );
  }
  return lines.length > 0 ? ['## Single passes of the graph, without StepLens around them', '', ...lines, ''] : [];
}

function plain(text) {
  return text.replaceAll('|', '/').replaceAll(/\s+/g, ' ').slice(0, 300);
}

function usedOf({ deviceInfo }) {
  if (!deviceInfo) return '';
  return deviceInfo.adapter ? `${deviceInfo.provider} (${deviceInfo.adapter})` : deviceInfo.provider;
}
