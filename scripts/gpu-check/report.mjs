/** Text of docs/gpu.md from the results of check.py; without results of a GPU, it states that there are none. */
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
    'The rivals are PyTorch (scaled dot-product attention) on the same token ids, in the ways of the authors of MM-PRM: one left-padded batch of',
    'the 16 whole solutions (`batch_prm`), one solution at a time (`prm`), and one forward pass for each step prefix of the tree. The reference',
    'for the scores is PyTorch in float32 with the same weights, on the same machine.',
    '`npm run gpu-check` packs it for a machine without a network, `npm run gpu-check -- --dry-run` runs it here with a tiny model, and',
    '`npm run gpu-check -- --report RESULTS.json` writes this page.',
    '',
    'The goals: a tree at least 5 times as fast as one pass for each step prefix, at least 70 % of what a batch could gain by running every distinct',
    'token once (the token bound), no score further from the reference than the tolerance (0.001 in float32, 0.02 in float16 and TF32). Times',
    'are medians of three trees, with the fastest in parentheses.',
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
    '| model | asked for | used | load, s | tree, ms | tokens/s | of the matrix peak | PyTorch: batch, ms | by solution | by prefix | faster than the batch | than by solution | than by prefix | of the token bound | edit of the last step | from the reference | verdicts turned | GPU memory, PyTorch / StepLens |',
    `|${'---|'.repeat(18)}`,
  );
  for (const row of rows) lines.push(`| ${row.size} ${row.precision} | ${row.device} | ${cells(row, ceilings).join(' | ')} |`);
  return [...lines, ''];
}

function cells(row, ceilings) {
  if (row.error) return [`failed: ${plain(row.error)}`, ...Array(15).fill('')];
  const runs = row.runs.map(({ ms }) => ms).sort((a, b) => a - b);
  const [ms, least] = [runs[runs.length >> 1], runs[0]];
  const { torch, distinct } = row;
  const loops = torch.loops ?? {};
  const peak = ceilings?.[row.device.includes('TF32') ? 'tf32' : row.precision];
  const share = peak && row.deviceInfo.provider !== 'cpu' ? `${((2 * torch.parameters * distinct) / ms / 1e7 / peak).toFixed(1)} %` : '';
  const gigabytes = (mebibytes) => (mebibytes ? (mebibytes / 1024).toFixed(1) : '-');
  const gain = (of) => (of ? `${(of / ms).toFixed(2)}x (${(of / least).toFixed(2)}x)` : '-');
  const bound = (own) => `${((100 * torch.ms * distinct) / own / torch.tokens).toFixed(0)} %`;
  return [
    usedOf(row),
    (row.loadMs / 1000).toFixed(1),
    `${ms.toFixed(0)} (${least.toFixed(0)})`,
    ((1000 * distinct) / ms).toFixed(0),
    share,
    ...[torch.ms, loops.solutions, loops.prefixes].map((of) => (of ? of.toFixed(0) : '-')),
    ...[torch.ms, loops.solutions, loops.prefixes].map(gain),
    `${bound(ms)} (${bound(least)})`,
    `${row.edit.ms.toFixed(0)} ms (${row.edit.tokens} tokens)`,
    row.apart.toExponential(1),
    `${row.flips} of ${row.steps}`,
    `${gigabytes(torch.gpuMiB)} / ${gigabytes(row.memory.gpuMiB)} GiB`,
  ];
}

/** Remarks on the run: `remarks` of the results, written by hand. */
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
  for (const [name, graphs] of Object.entries(passes ?? {}))
    for (const [graph, found] of Object.entries(graphs)) {
      if (!found?.ms || !found.kinds) continue;
      const costs = Object.entries(found.ms).filter(([what]) => what !== 'loadMs');
      const told = costs.map(([length, cost]) => `${length} tokens ${typeof cost === 'number' ? `${cost.toFixed(1)} ms` : plain(cost)}`);
      const kinds = Object.entries(found.kinds).slice(0, 8);
      const title = graph === 'fused' ? 'large nodes' : 'small nodes';
      lines.push(
        `- ${name}, ${title}: ${told.join(', ')}. By kind of node (2,048 tokens, time of the processor that starts them): ${kinds.map(([kind, { ms, count }]) => `${Math.round(count)} ${kind} ${ms.toFixed(1)} ms`).join(', ')}.`,
      );
    }
  return lines.length > 0 ? ['## Single passes of the graph, without the rest of StepLens', '', ...lines, ''] : [];
}

function plain(text) {
  return text.replaceAll('|', '/').replaceAll(/\s+/g, ' ').slice(0, 300);
}

function usedOf({ deviceInfo }) {
  if (!deviceInfo) return '';
  return deviceInfo.adapter ? `${deviceInfo.provider} (${deviceInfo.adapter})` : deviceInfo.provider;
}
