import fc from 'fast-check';

/**
 * Properties run on the same cases every time, so that a red run means the change. `PROPERTY_SEED=N npm run test:unit`
 * takes others: worth doing now and then.
 */
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });
