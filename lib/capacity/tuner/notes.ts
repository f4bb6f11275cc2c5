import type { DemandPolicy } from './policy';
import type { Rehearsal } from './stage';

/** What a reader of a proposal should know before they take it, in sentences. */
export function notesOn(
  { replicas }: DemandPolicy,
  rehearsals: readonly Rehearsal[],
  { budget, most }: { readonly budget: number; readonly most?: number },
  isKept: boolean,
): readonly string[] {
  const notes = rehearsals.flatMap((rehearsal) => onTrace(rehearsal, budget));
  if (!isKept)
    notes.push(
      'No policy keeps the budget with its margin: this is the most careful that was tried. ' +
        'Give it more replicas at most, a faster start, or a larger budget.',
    );
  if (most === undefined)
    notes.push(
      `The ceiling of ${replicas[1]} replicas is for ten times the highest traffic: set what you can pay for.`,
    );
  return notes;
}

function onTrace({ trace, share, reachableShare, surges }: Rehearsal, budget: number): readonly string[] {
  if (share <= budget) return [];
  const broken = `${trace}: ${percent(share)} of requests come over capacity, where the budget is ${percent(budget)}.`;
  const [first] = surges;
  if (first === undefined) return [broken];
  const peak = Math.round(Math.max(...surges.map((surge) => surge.peak)));
  return [
    `${broken} Without ${surges.length} ${surges.length === 1 ? 'surge' : 'surges'} that twice the replicas would not ` +
      `have caught (the first after ${first.from} s, up to ${peak} requests/s) it is ${percent(reachableShare)}: ` +
      'plan them as peaks, start faster, or raise the minimum.',
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
