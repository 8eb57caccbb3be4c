import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { SkewMeasured } from '#contracts/loop/evidence.ts';
import { type Finding, holds, lacks, plain } from '../finding.ts';
import { judged } from '../persistence.ts';
import { lastWindow, newestInWords, tooFewInWords, traced } from '../windows.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

type Skew = Of<'skew'>;

export const skew: TriggerKind<Skew> = { judge: judgeSkew, needs: ['watch', 'skew'] };

function judgeSkew(condition: Skew, { skew: looks = [] }: LoopFacts): Finding {
  const { share, feature } = condition;
  const wanted = `${feature ?? 'a feature'} served otherwise than history has it in more than ${plain(share * 100)} % of the vectors`;
  const last = judged(looks).at(-1);
  if (!last) return lacks(`${wanted}: ${tooFewInWords(looks) ?? 'no window measured yet'}`);
  const differing = last.features.filter(
    (each) => (feature === undefined || each.name === feature) && each.share > share,
  );
  const [worst] = differing;
  if (!worst) return lacks(`${wanted}: ${seen(condition, last)}${newestInWords(looks)}`);
  const named = differing.slice(0, 5).map((each) => `${each.name} (${plain(each.share * 100)} %)`);
  return holds({
    kind: 'skew',
    words: `${named.join(', ')} of ${last.service} served otherwise than history has it, the limit is ${plain(share * 100)} % of the vectors; in ${lastWindow(last)}`,
    figures: { skew_share: worst.share },
    threshold: { share },
    window: last.window,
    ...traced([last]),
  });
}

function seen({ feature }: Skew, { features, vectors }: SkewMeasured): string {
  const shown = feature === undefined ? features[0] : features.find(({ name }) => name === feature);
  return shown && shown.share > 0
    ? `${shown.name} in ${plain(shown.share * 100)} % of ${plain(vectors)}`
    : `none of ${plain(vectors)} vectors differs`;
}
