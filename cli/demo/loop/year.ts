/** What happens in the demo's 2013, beside what the watch and the calendar see by themselves. */

export type Happening =
  /** A month's file arrives; the watch looks at six in the morning of this day. */
  | { at: string; what: 'month'; files: { file: string; from: string }[]; words: string }
  | { at: string; what: 'code'; commits: string[]; words: string }
  | { at: string; what: 'calendar'; words: string };

const first = (month: number) => `2013-${String(month).padStart(2, '0')}-01T06:00:00.000Z`;
const file = (month: number, from = '') => {
  const name = `2013-${String(month).padStart(2, '0')}.csv`;
  return { file: name, from: `${from}${name}` };
};

export const year: Happening[] = [
  { at: first(4), what: 'month', files: [1, 2, 3].map((month) => file(month)), words: 'January to March arrive' },
  { at: '2013-04-04T15:00:00.000Z', what: 'code', commits: ['a1f0c3'], words: 'a commit to the pipeline' },
  {
    at: '2013-04-12T15:00:00.000Z',
    what: 'code',
    commits: ['b2e1d4', 'c3d2e5', 'd4c3f6'],
    words: 'three commits at once',
  },
  { at: '2013-04-25T15:00:00.000Z', what: 'code', commits: ['e5b4a7'], words: 'a commit to the pipeline' },
  { at: first(5), what: 'month', files: [file(4)], words: 'April arrives' },
  { at: first(6), what: 'month', files: [file(5)], words: 'May arrives' },
  { at: '2013-07-01T03:00:00.000Z', what: 'calendar', words: 'the calendar: every first of July' },
  { at: first(7), what: 'month', files: [file(6)], words: 'June arrives' },
  { at: first(8), what: 'month', files: [file(7)], words: 'July arrives' },
  { at: first(9), what: 'month', files: [file(8)], words: 'August arrives' },
  {
    at: first(10),
    what: 'month',
    files: [file(9, 'preliminary/')],
    words: 'September arrives, its delays with the sign turned round',
  },
  { at: first(11), what: 'month', files: [file(10), file(9)], words: 'October arrives, and September again, mended' },
];
