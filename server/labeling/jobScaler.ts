/** Rollouts that a number of jobs is judged by, for each job. */
const BATCHES = 3;
/** A step up that makes the policy less than this much faster is the last one. */
const WORTHWHILE = 1.1;

/**
 * Finds how many problems at once a policy works through: doubles them while that makes it faster. The results do not depend on
 * it.
 */
export class JobScaler {
  readonly #most: number;
  #jobs: number;
  #isGrowing: boolean;
  #batches = 0;
  #rollouts = 0;
  #since: number | undefined;
  #rate = 0;

  constructor(jobs: number, most: number) {
    this.#jobs = jobs;
    this.#most = most;
    this.#isGrowing = jobs < most;
  }

  get jobs(): number {
    return this.#jobs;
  }

  /** Counts a batch that came back at `now` (ms). How many jobs to begin more, 0 for most batches. */
  note(rollouts: number, now: number): number {
    if (!this.#isGrowing) return 0;
    this.#since ??= now;
    this.#batches++;
    this.#rollouts += rollouts;
    if (this.#batches < BATCHES * this.#jobs || now <= this.#since) return 0;
    const rate = this.#rollouts / (now - this.#since);
    this.#isGrowing = rate >= this.#rate * WORTHWHILE;
    this.#rate = rate;
    this.#batches = 0;
    this.#rollouts = 0;
    this.#since = now;
    if (!this.#isGrowing) return 0;
    const before = this.#jobs;
    this.#jobs = Math.min(before * 2, this.#most);
    this.#isGrowing = this.#jobs < this.#most;
    return this.#jobs - before;
  }
}
