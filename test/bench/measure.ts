/** Rounds in which everyone takes a turn, so that whatever else the machine does hits all alike. */
import { type Contender, type Shape, shapes } from './contender.ts';
import { inWords, type Spread, spread } from './figures.ts';

export interface Figure {
  shape: Shape;
  contender: string;
  wall: Spread | undefined;
  /** Processor seconds of its worker for one performance, median; null where the system does not tell. */
  processor: number | null;
  /** Why there are no figures. */
  none: string | null;
}

export async function measure(
  contenders: readonly Contender[],
  rounds: (shape: Shape, contender: Contender) => number,
  tell: (line: string) => void,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const shape of shapes) {
    const done = contenders.map((contender) => ({
      contender,
      wall: [] as number[],
      processor: [] as number[],
      none: contender.leavesOut[shape] ?? (rounds(shape, contender) === 0 ? 'left out' : null),
    }));
    const most = Math.max(...contenders.map((contender) => rounds(shape, contender)));
    // The first round warms up (connections, step hosts, compiled code) and is not counted; who has one turn only, has that.
    for (let round = most > 1 ? 0 : 1; round <= most; round++) {
      for (const one of done) {
        const wanted = rounds(shape, one.contender);
        if (one.none !== null || round > wanted || (round === 0 && wanted === 1)) continue;
        const before = one.contender.processorSeconds();
        try {
          const ms = await one.contender.perform(shape);
          const after = one.contender.processorSeconds();
          if (round === 0) continue;
          one.wall.push(ms);
          if (before !== null && after !== null) one.processor.push(after - before);
        } catch (error) {
          one.none = error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 120) : String(error);
          tell(`  ${one.contender.name}, ${shape}: ${one.none}`);
        }
      }
    }
    for (const { contender, wall, processor, none } of done)
      figures.push({
        shape,
        contender: contender.name,
        wall: spread(wall),
        processor: spread(processor)?.median ?? null,
        none,
      });
    const ofShape = figures.filter((figure) => figure.shape === shape);
    for (const { contender, wall, none } of ofShape) tell(`  ${shape}, ${contender}: ${wall ? inWords(wall) : none}`);
  }
  return figures;
}
