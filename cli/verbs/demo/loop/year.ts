/** What happens in the demo's 2013, beside what the watch and the calendar see by themselves. */

export type Happening =
  /** A month's file arrives; the watch looks at six in the morning of this day. */
  | { at: string; what: 'month'; files: { file: string; from: string }[]; words: string }
  | { at: string; what: 'code'; commits: string[]; words: string }
  | { at: string; what: 'calendar'; words: string };

const firstOf = (month: number) => new Date(Date.UTC(2013, month - 1, 1, 6)).toISOString();
const file = (month: number, from = '') => {
  const name = `2013-${String(month).padStart(2, '0')}.csv`;
  return { file: name, from: `${from}${name}` };
};
/** A month's flights are there on the first of the next one. */
const arrives = (month: number, name: string): Happening => ({
  at: firstOf(month + 1),
  what: 'month',
  files: [file(month)],
  words: `${name} arrives`,
});
export const BURST = ['b2e1d4', 'c3d2e5', 'd4c3f6'];

export const year: Happening[] = [
  { at: firstOf(4), what: 'month', files: [1, 2, 3].map((month) => file(month)), words: 'January to March arrive' },
  { at: '2013-04-04T15:00:00.000Z', what: 'code', commits: ['a1f0c3'], words: 'a commit to the pipeline' },
  { at: '2013-04-12T15:00:00.000Z', what: 'code', commits: BURST, words: 'three commits at once' },
  { at: '2013-04-25T15:00:00.000Z', what: 'code', commits: ['e5b4a7'], words: 'a commit to the pipeline' },
  arrives(4, 'April'),
  arrives(5, 'May'),
  arrives(6, 'June'),
  { at: '2013-07-10T03:00:00.000Z', what: 'calendar', words: 'the calendar: every tenth of July' },
  arrives(7, 'July'),
  arrives(8, 'August'),
  {
    at: firstOf(10),
    what: 'month',
    files: [file(9, 'preliminary/')],
    words: 'September arrives from a broken feed: the sign of its delays is turned round (made so for this demo)',
  },
  {
    at: firstOf(11),
    what: 'month',
    files: [file(10), file(9)],
    words: 'October arrives, and September again, as it really was',
  },
  arrives(11, 'November'),
  arrives(12, 'December'),
];

export const commitId = (commit: string): string => `github/push/${commit}`;
