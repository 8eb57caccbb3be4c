import { accuracy } from './accuracy.ts';
import { accuracyMulticlass } from './accuracy-multiclass.ts';
import { averagePrecision } from './average-precision.ts';
import { balancedAccuracy } from './balanced-accuracy.ts';
import { balancedAccuracyMulticlass } from './balanced-accuracy-multiclass.ts';
import { brier } from './brier.ts';
import { ece } from './ece.ts';
import { f1 } from './f1.ts';
import { f1Macro } from './f1-macro.ts';
import { logLoss } from './log-loss.ts';
import { logLossMulticlass } from './log-loss-multiclass.ts';
import { mae } from './mae.ts';
import { mape } from './mape.ts';
import { mcc } from './mcc.ts';
import { mccMulticlass } from './mcc-multiclass.ts';
import type { Metric } from './metric.ts';
import { precision } from './precision.ts';
import { r2 } from './r2.ts';
import { recall } from './recall.ts';
import { rmse } from './rmse.ts';
import { rocAuc } from './roc-auc.ts';
import type { BinaryRows, MulticlassRows, RegressionRows, Task } from './rows.ts';

const binary: readonly Metric<BinaryRows>[] = [
  rocAuc,
  averagePrecision,
  logLoss,
  brier,
  accuracy,
  balancedAccuracy,
  precision,
  recall,
  f1,
  mcc,
  ece,
];
const regression: readonly Metric<RegressionRows>[] = [rmse, mae, r2, mape];
const multiclass: readonly Metric<MulticlassRows>[] = [
  accuracyMulticlass,
  balancedAccuracyMulticlass,
  f1Macro,
  logLossMulticlass,
  mccMulticlass,
];

/** All metrics by task; the first of a task leads its charts. Add a metric: one file, one line here.*/
export const metrics = { binary, regression, multiclass } as const;

/** The metrics of a task. Give them only rows of that task. */
export const metricsFor = (task: Task): readonly Metric[] => metrics[task];
