import { expect, it } from 'vitest';
import { openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import { ask, completed, settings } from './openAiSetup.js';
import { begin, streamServer, whole } from './streamServer.js';

it('a streamed reply may take longer than the timeout of 3 s while each piece arrives in time', async () => {
  const solution = '<step>2 + 3 = 5.</step>\n<answer>5</answer>';
  const server = await streamServer(async (response) => {
    begin(response);
    for (const piece of [': waiting\n\n', ': waiting\n\n', ...whole(solution).split(/(?<=\n\n)/)]) {
      response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    response.end();
  });
  const policy = openOpenAiPolicy({ ...settings(server.url), timeout: 3000, retries: 0 });
  const start = performance.now();
  expect(completed(await policy.sample(ask({ count: 1 })))[0]!.steps).toEqual(['2 + 3 = 5.\n<answer>5</answer>']);
  expect(performance.now() - start).toBeGreaterThan(3000);
});
