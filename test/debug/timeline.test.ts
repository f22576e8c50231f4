import { beforeAll, describe, expect, it } from 'vitest';
import { Timeline } from '../../server/debug/timeline.js';
import type { RunEvent } from '../../server/labeling/runEvents.js';
import { poolOf } from '../../server/labeling/searchPool.js';
import { replayTo } from '../../server/labeling/searchTree.js';
import { createRandom } from '../../server/reasoning/random.js';
import { recordedSearch, settings } from './recorded.js';

let events: RunEvent[];
beforeAll(async () => {
  events = await recordedSearch();
});

function timeline(): Timeline {
  const made = new Timeline();
  for (const event of events) made.push(event);
  return made;
}

describe('a timeline', () => {
  it('has the tree of the log at every moment, forward and back in any order', () => {
    const moments = timeline();
    const random = createRandom(2, 'moments');
    expect(events.length).toBeGreaterThan(130);
    for (let i = 0; i < 60; i++) {
      const number = Math.floor(random() * events.length);
      moments.moveTo(number);
      expect(moments.position).toBe(number);
      expect(moments.tree).toEqual(replayTo(events, number + 1));
    }
    moments.moveTo(-1);
    expect(moments.tree).toBeUndefined();
  });

  it('shows the pool that each selection of the log chose from, with the best candidate first', () => {
    if (settings.method !== 'mcts') throw new Error('a search is expected');
    const moments = timeline();
    let selections = 0;
    for (const [number, event] of events.entries()) {
      if (event.event !== 'selected') continue;
      moments.moveTo(number - 1);
      const pool = poolOf(moments.tree!, settings);
      expect(pool).toHaveLength(event.pool);
      expect(pool[0]).toEqual({ node: event.node, rollout: event.rollout, q: event.q, u: event.u });
      selections++;
    }
    expect(selections).toBeGreaterThan(3);
  });
});
