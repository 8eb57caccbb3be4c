/** The stage `checkSkew`: the last look at a service's skew, as a check of a gate. */
import { milliseconds } from '#contracts/duration.ts';
import type { GateCheck } from '#contracts/gate-check.ts';
import type { ObjectStore } from '#ports/store.ts';
import { newestSkew, type SkewCheck } from '#records/skew-results.ts';
import type { StageWork } from '../stage.ts';

export function createCheckSkew({
  store,
}: {
  store: Pick<ObjectStore, 'list' | 'get' | 'uri'>;
}): StageWork<'checkSkew'> {
  return async ({ service, champion, share, within }, { run, progress }) => {
    const name = `no skew of ${service}`;
    if (champion === null) {
      progress('no champion is served yet: there is nothing that could be skewed');
      return { check: { name, passed: true } };
    }
    const look = await newestSkew(store, run.pipeline, service);
    const check: GateCheck = look
      ? {
          name,
          ...judged(look, { share, within, asOf: run.asOf }),
          tests: look.features.length,
          report: store.uri(look.key),
        }
      : {
          name,
          ...failed(`nothing of it was measured: name it in the pipeline's watch, skew: { service: '${service}' }`),
        };
    progress(
      check.failures?.[0] ?? `${name}: ${look?.vectors.toLocaleString('en-US')} vectors are as history has them`,
    );
    return { check };
  };
}

const failed = (...failures: string[]) => ({ passed: false, failures });

function judged(
  { at, vectors, window, features }: SkewCheck,
  { share, within, asOf }: { share: number; within: Parameters<typeof milliseconds>[0]; asOf: string },
): Pick<GateCheck, 'passed' | 'failures'> {
  if (Date.parse(at) < Date.parse(asOf) - milliseconds(within))
    return failed(`it was measured last at ${at}, more than ${within} before ${asOf}: let the watch look again`);
  const percent = (part: number) => `${Number((100 * part).toPrecision(3))} %`;
  const over = features.filter((each) => each.differ > share * each.vectors);
  if (over.length === 0) return { passed: true };
  return failed(
    ...over.map(
      ({ feature, differ }) =>
        `${feature} was served otherwise than history has it in ${percent(differ / vectors)} of ${vectors.toLocaleString('en-US')} vectors from ${window.from} to ${window.to}, ${percent(share)} are allowed`,
    ),
  );
}
