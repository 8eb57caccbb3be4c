/** What is measured, and who is measured doing it. */

export const shapes = ['seven', 'wide-100', 'wide-2500', 'fifty'] as const;
export type Shape = (typeof shapes)[number];

export const describe: Record<Shape, string> = {
  seven: 'seven no-op steps in sequence',
  'wide-100': '100-wide map',
  'wide-2500': '2,500-wide map',
  fifty: '50 runs of seven at once',
};

/** Items at once in every map, on every side. */
export const CONCURRENCY = 16;

export interface Contender {
  name: string;
  /** How it executes, told beside its figures. */
  executor: string;
  /** Does the shape once and answers its wall time in ms; throws when it ended with anything but the right answer. */
  perform(shape: Shape): Promise<number>;
  /** Shapes that it does not do, each with the reason. */
  leavesOut: Partial<Record<Shape, string>>;
  /** Processor seconds used so far by its worker (not by the server); null where the system does not tell. */
  processorSeconds(): number | null;
  close(): Promise<void>;
}
