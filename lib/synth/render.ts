import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { holdsPlaceholder, holdsStringifiedOutput } from '../core/deferred';
import { InvalidInput, type Problem } from '../core/problem';
import { propPath } from '../core/schema';
import { inDependencyOrder, type Rendered, type Unordered } from './dependencies';
import { Duplicates } from './duplicates';
import { type Manifest, visitStrings } from './manifest';
import { References } from './references';

/**
 * Turns a tree of constructs into objects in the order in which they can be applied.
 *
 * @param root the app, or any part of it
 * @param deferred whether values that only Pulumi knows are left in place for it, or refused
 * @throws InvalidInput with everything that is wrong anywhere in the tree
 */
export function render(root: IConstruct, { deferred }: { deferred: 'keep' | 'refuse' }): Rendered[] {
  const constructs = root.node.findAll();
  const problems = constructs.flatMap((construct) =>
    construct.node.validate().map((text) => ({ where: construct.node.path || 'app', text })),
  );
  const objects: Unordered[] = [];
  const duplicates = new Duplicates();
  for (const construct of constructs) {
    const manifest = ApiObject.isApiObject(construct) ? attempt(construct, problems) : undefined;
    if (manifest === undefined || !ApiObject.isApiObject(construct)) continue;
    const references = new References(manifest);
    visitStrings(manifest, (text, path, holder) => {
      references.visit(text, path, holder);
      const problem = problemWith(text, deferred);
      if (problem !== undefined) problems.push({ where: construct.node.path, text: `${propPath(path)} ${problem}` });
    });
    const duplicate = duplicates.visit(construct, manifest);
    if (duplicate !== undefined) problems.push(duplicate);
    objects.push({ object: construct, manifest, references: references.keys });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  return inDependencyOrder(objects);
}

/** The objects of each chart, by the chart's name: what goes into one file. */
export function byChart(objects: readonly Rendered[]): Map<string, Rendered[]> {
  const charts = new Map<string, Rendered[]>();
  for (const rendered of objects) {
    const name = Chart.of(rendered.object).node.path.replaceAll('/', '-');
    const chart = charts.get(name);
    if (chart === undefined) charts.set(name, [rendered]);
    else chart.push(rendered);
  }
  return charts;
}

/** One object's manifest; what a user's transform or lazy value throws joins the other problems. */
function attempt(object: ApiObject, problems: Problem[]): Manifest | undefined {
  try {
    return object.toJson() as Manifest;
  } catch (error) {
    if (InvalidInput.is(error)) problems.push(...error.problems);
    else problems.push({ where: object.node.path, text: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function problemWith(text: string, deferred: 'keep' | 'refuse'): string | undefined {
  if (holdsStringifiedOutput(text)) return 'holds a Pulumi Output that was joined to a string: use pulumi.interpolate';
  if (deferred === 'refuse' && holdsPlaceholder(text)) {
    return 'must be known at synth, but is a Pulumi Output: apply this stack with Pulumi';
  }
  return undefined;
}
