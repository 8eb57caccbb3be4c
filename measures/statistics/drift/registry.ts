import type { DriftMethod } from '#contracts/drift.ts';
import type { DriftStatistic } from './method.ts';

/** Loaded when it is asked for: most checks need two of them, and the special functions behind the others cost a tenth of a second. */
const load: Record<DriftMethod, () => Promise<DriftStatistic>> = {
  ks: async () => (await import('./ks.ts')).ks,
  chisquare: async () => (await import('./chi-square.ts')).chiSquare,
  z: async () => (await import('./z.ts')).z,
  wasserstein: async () => (await import('./wasserstein.ts')).wasserstein,
  jensenshannon: async () => (await import('./jensen-shannon.ts')).jensenShannon,
  psi: async () => (await import('./psi.ts')).psi,
  kl_div: async () => (await import('./kl-divergence.ts')).klDivergence,
  hellinger: async () => (await import('./hellinger.ts')).hellinger,
  anderson: async () => (await import('./anderson-darling.ts')).andersonDarling,
  cramer_von_mises: async () => (await import('./cramer-von-mises.ts')).cramerVonMises,
  t_test: async () => (await import('./t-test.ts')).tTest,
  mannw: async () => (await import('./mann-whitney.ts')).mannWhitney,
  ed: async () => (await import('./energy-distance.ts')).energyDistance,
  TVD: async () => (await import('./total-variation.ts')).totalVariation,
  fisher_exact: async () => (await import('./fisher-exact.ts')).fisherExact,
  g_test: async () => (await import('./g-test.ts')).gTest,
  empirical_mmd: async () => (await import('./maximum-mean-discrepancy.ts')).maximumMeanDiscrepancy,
};

/** The method of that name. */
export const driftStatistic = (name: DriftMethod): Promise<DriftStatistic> => load[name]();
