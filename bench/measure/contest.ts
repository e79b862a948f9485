import {
  type Absentee,
  type Contest,
  type Contestant,
  isAbsent,
  isPresent,
  type Series,
} from './contestant.js';

/**
 * Lets all contestants run in turns, A B C A B C, so that what else the machine does hits all of them. One round before the first is
 * not counted. Who fails is out, with the reason, and the others go on.
 */
export async function contest(entries: readonly (Contestant | Absentee)[], rounds: number): Promise<Contest> {
  const series = new Map<string, Series & { values: number[] }>();
  const absent: Absentee[] = entries.filter(isAbsent);
  let running = entries.filter(isPresent);
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of running) {
      if (round > (contestant.runs ?? rounds)) continue;
      const failure = await runOnce(contestant, round === 0 ? undefined : series);
      if (failure === undefined) continue;
      absent.push({ name: contestant.name, absent: failure });
      running = running.filter((other) => other !== contestant);
    }
  }
  return { series: [...series.values()], absent };
}

async function runOnce(
  contestant: Contestant,
  series: Map<string, Series & { values: number[] }> | undefined,
): Promise<string | undefined> {
  try {
    const metrics = await contestant.run();
    for (const [metric, value] of Object.entries(metrics)) {
      const key = `${contestant.name}\n${metric}`;
      const known = series?.get(key);
      if (known) known.values.push(value);
      else series?.set(key, { contestant: contestant.name, metric, values: [value] });
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
