import type { ModelOverrides } from '../../carriers/simulator/model.ts';

/** Everybody answers after some hundredths of a second and talks for minutes, and waits for an agent for half a minute. */
export const answerModel: ModelOverrides = {
  answer: { kind: 'constant', probability: 1 },
  numbers: { invalid: 0, blocked: 0 },
  setup: { minS: 0.01, maxS: 0.02 },
  ring: { mu: -4, sigma: 0.01 },
  talk: { components: [{ weight: 1, mu: 5, sigma: 0.1 }], minS: 60, maxS: 600 },
  patience: { minS: 30, maxS: 31 },
};
