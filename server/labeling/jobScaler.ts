/** Batches per job after which the speed of a number of jobs is measured. */
const BATCHES = 3;
/** An increase that speeds up the policy by less than this factor is the last one. */
const WORTHWHILE = 1.1;

/**
 * Finds how many problems the policy should work on at once: doubles them while that makes it faster. The results do
 * not depend on this number.
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

  /** Counts a batch that was returned at `now` (ms). Returns how many more jobs to start, 0 for most batches. */
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
