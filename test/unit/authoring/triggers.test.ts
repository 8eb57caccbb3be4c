import {
  all,
  any,
  codeChange,
  definePipeline,
  drift,
  manual,
  newPartitions,
  newRows,
  not,
  performance,
  schedule,
  upstream,
} from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { userError } from './place.ts';

describe('triggers', () => {
  it('are plain data, with defaults filled in', () => {
    const triggers = any(
      schedule('0 2 * * 1', { timezone: 'Europe/Berlin' }),
      newRows({ atLeast: 20_000 }),
      newPartitions(),
      drift({ share: 0.3 }),
      all(performance({ metric: 'roc_auc', below: 0.65, windows: 3 }), not(drift({ column: 'temp' }))),
      codeChange({ paths: ['pipelines/x/**'] }),
      upstream('features'),
      manual(),
    );
    const pipeline = definePipeline({ name: 'x', params: z.object({}), graph: () => null, triggers });
    expect(JSON.parse(JSON.stringify(pipeline.triggers))).toEqual({
      kind: 'any',
      of: [
        { kind: 'schedule', cron: '0 2 * * 1', timezone: 'Europe/Berlin' },
        { kind: 'newRows', atLeast: 20_000 },
        { kind: 'newPartitions', atLeast: 1 },
        { kind: 'drift', share: 0.3, windows: 1 },
        {
          kind: 'all',
          of: [
            { kind: 'performance', metric: 'roc_auc', below: 0.65, windows: 3 },
            { kind: 'not', of: { kind: 'drift', column: 'temp', windows: 1 } },
          ],
        },
        { kind: 'codeChange', paths: ['pipelines/x/**'] },
        { kind: 'upstream', pipeline: 'features' },
        { kind: 'manual' },
      ],
    });
  });

  it.each([
    [() => schedule('every monday'), 'the trigger schedule(…) is wrong: "every monday" has not five cron fields'],
    [() => schedule('0 2 * * 1', { timezone: 'Mars/Olympus' }), '"Mars/Olympus" is no time zone: an IANA name'],
    [() => newRows({ atLeast: 0 }), 'atLeast is 0'],
    [() => drift({}), 'one of share (of the columns, 0 to 1) and column is wanted'],
    [() => drift({ share: 30 }), 'share is 30: a share up to 1'],
    [() => performance({ metric: 'auc' }), 'one of below, above and dropFromChampion is wanted'],
    [() => performance({ metric: '', below: 1 }), 'metric is ""'],
    [() => codeChange({ paths: [] }), 'paths is []'],
    [() => upstream('no such name!'), 'pipeline is "no such name!"'],
    [() => any(), 'the trigger any() is empty'],
    [() => all({ kind: 'moon' } as never), 'the trigger all(…) is wrong: of[0].kind is "moon"'],
  ])('refuse what cannot be meant: %s', (make, text) => {
    const error = userError(make);
    expect(error.type).toBe('InvalidPipeline');
    expect(error.message).toContain(text);
    expect(error.message).toMatch(/^test\/unit\/authoring\/triggers\.test\.ts:\d+: /);
  });
});
