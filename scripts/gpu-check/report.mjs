/** docs/gpu.md from the results of check.py; without results, that it has not been run. */
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
    'The check: random PRMs of Qwen2.5 0.5B and 3B, in float32 and float16, score a tree of 16 solutions with 8 steps on every device.',
    'The rival is PyTorch with left-padded batches of 16 whole solutions on the same token ids, as the authors of MM-PRM score.',
    '`npm run gpu-check` packs it for a machine without a network, `npm run gpu-check -- --dry-run` runs it here with a tiny model, and',
    '`npm run gpu-check -- --report RESULTS.json` writes this page.',
    '',
    'The goals: at least 5 times as fast as the rival on a tree, at least 70 % of the bound by distinct tokens, no score further from the',
    "CPU's than the tolerance (0.001 in float32, 0.02 in float16 and TF32).",
    '',
  );
  if (results) lines.push(...tables(results));
  return `${lines.join('\n').trimEnd()}\n`;
}

function tables({ machine, torch, isDryRun, rows }) {
  const lines = [isDryRun ? `## Dry run on ${machine}, PyTorch ${torch}` : `## ${machine}, PyTorch ${torch}`, ''];
  lines.push(
    '| model | device | used | tree, ms | tokens/s | against PyTorch | of the token bound | edit of the last step | from the CPU | from PyTorch |',
    '|---|---|---|---|---|---|---|---|---|---|',
  );
  for (const row of rows) {
    const name = `${row.size} ${row.precision}`;
    if (row.error) {
      lines.push(
        `| ${name} | ${row.device} | failed: ${row.error.replaceAll('|', '/').replaceAll('\n', ' ').slice(0, 200)} | | | | | | | |`,
      );
      continue;
    }
    const runs = [...row.runs].sort((a, b) => a.ms - b.ms);
    const { ms, tokens } = runs[runs.length >> 1];
    const gain = row.torch.ms / ms;
    const bound = row.torch.tokens / tokens;
    const cells = [
      row.device,
      usedOf(row),
      ms.toFixed(0),
      ((1000 * tokens) / ms).toFixed(0),
      `${gain.toFixed(2)}x`,
      `${((100 * gain) / bound).toFixed(0)} %`,
      `${row.edit.ms.toFixed(0)} ms (${row.edit.tokens} tokens)`,
      row.apart.toExponential(1),
      row.apartFromTorch.toExponential(1),
    ];
    lines.push(`| ${name} | ${cells.join(' | ')} |`);
  }
  const reasons = rows.flatMap(({ size, precision, deviceInfo }) =>
    (deviceInfo?.passedOver ?? []).map(({ provider, reason }) => `- ${size} ${precision}, ${provider}: ${reason}`),
  );
  if (reasons.length > 0) lines.push('', 'Passed over:', '', ...new Set(reasons));
  return lines;
}

function usedOf({ deviceInfo }) {
  if (!deviceInfo) return '';
  return deviceInfo.adapter ? `${deviceInfo.provider} (${deviceInfo.adapter})` : deviceInfo.provider;
}
