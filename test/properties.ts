import fc from 'fast-check';

/**
 * Property tests use the same cases in every run, so that a failure is due to a change. From time to time, run
 * `PROPERTY_SEED=N npm run test:unit` to use other cases.
 */
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });
