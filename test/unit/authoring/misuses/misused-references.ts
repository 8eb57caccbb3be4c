// @ts-nocheck: every line that ends with a marker takes a reference for a value, which check-references must find.
// biome-ignore-all lint: the mistakes are the point
import { definePipeline } from 'ratchet-ml';
import { z } from 'zod';
import { fit, load } from '../steps.ts';

export default definePipeline({
  name: 'misuses',
  params: z.object({ deep: z.boolean(), months: z.array(z.string()) }),
  graph: ({ params, champion, run, when, map }) => {
    const data = run(load, { path: 'a' });
    const { ok, rows, parts } = data;
    const branch = when(ok, () => rows);

    const not = !ok; // not
    const or = data.note || 'none'; // or
    const and = ok && run(fit, { rows }); // and
    const coalesced = data.note ?? 'none'; // coalesce
    const same = rows === 3; // same
    const different = null != branch; // different
    const chosen = ok ? 1 : 2; // chosen
    if (ok) run(fit, { rows }); // if
    while (ok) break; // while
    do break;
    while (ok); // do
    for (; ok; ) break; // for
    // biome-ignore format: the marker belongs to the line
    switch (rows) {} // switch
    const array = [...parts]; // array
    const object = { ...data }; // object
    const merged = Math.max(...parts); // call
    for (const part of parts) run(load, { path: part }); // of
    const text = `rows: ${rows}`; // template
    const more = rows < 3; // less
    const sum = rows + 1; // plus
    const kind = typeof rows; // typeof
    const made = Boolean(ok); // boolean
    const either = (params.deep ? rows : data.note) || 3; // union
    let assigned = data.note;
    assigned ??= 'none'; // assigned
    const awaited = async () => await data; // await
    map(parts, (part, index) => (index > 3 ? part : index)); // index

    // None of these is a mistake.
    if (params.deep && champion) run(fit, { rows: params.months.length });
    const path = champion?.version ?? 'none';
    const all = params.deep && rows;
    const list = [rows, ...params.months];
    if (!params.deep || path === 'none') run(load, { path: `m-${path}` });
    for (const month of params.months) run(load, { path: month });
    const named = { ...params, rows };
    const first = parts[0]!;
    return { all, list, named, first };
  },
});
