import type { DriftMethod } from '#contracts/drift.ts';
import { andersonDarling } from './anderson-darling.ts';
import { chiSquare } from './chi-square.ts';
import { cramerVonMises } from './cramer-von-mises.ts';
import { energyDistance } from './energy-distance.ts';
import { fisherExact } from './fisher-exact.ts';
import { gTest } from './g-test.ts';
import { hellinger } from './hellinger.ts';
import { jensenShannon } from './jensen-shannon.ts';
import { klDivergence } from './kl-divergence.ts';
import { ks } from './ks.ts';
import { mannWhitney } from './mann-whitney.ts';
import { maximumMeanDiscrepancy } from './maximum-mean-discrepancy.ts';
import type { DriftStatistic } from './method.ts';
import { psi } from './psi.ts';
import { tTest } from './t-test.ts';
import { totalVariation } from './total-variation.ts';
import { wasserstein } from './wasserstein.ts';
import { z } from './z.ts';

const all: readonly DriftStatistic[] = [
  ...[ks, chiSquare, z, wasserstein, jensenShannon, psi, klDivergence, hellinger, andersonDarling, cramerVonMises],
  ...[tTest, mannWhitney, energyDistance, totalVariation, fisherExact, gTest, maximumMeanDiscrepancy],
];

/** Every method by its name. */
export const driftStatistics = new Map<DriftMethod, DriftStatistic>(all.map((each) => [each.name, each]));
