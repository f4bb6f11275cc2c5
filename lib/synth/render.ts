import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { holdsPlaceholder, holdsStringifiedOutput, isDeferred } from '../core/deferred';
import { InvalidInput, type Problem, show } from '../core/problem';
import { propPath } from '../core/schema';
import { inDependencyOrder, type Rendered, type Unordered } from './dependencies';
import { Duplicates } from './duplicates';
import { identityProblem, type Manifest, visitLeaves } from './manifest';
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
  const problems = constructs.flatMap(validate);
  const objects: Unordered[] = [];
  const duplicates = new Duplicates();
  for (const object of constructs.filter(ApiObject.isApiObject)) {
    const manifest = attempt(object, problems);
    if (manifest === undefined) continue;
    const references = new References(manifest);
    const report = (path: readonly (string | number)[], problem: string | undefined) => {
      if (problem !== undefined) problems.push({ where: object.node.path, text: `${propPath(path)} ${problem}` });
    };
    visitLeaves(manifest, {
      text(text, path, holder) {
        references.visit(text, path, holder);
        report(path, problemWith(text, deferred));
      },
      key: (key, path) => report(path, problemWithKey(key)),
      other: (value, path) => report(path, problemWithOther(value)),
    });
    const duplicate = duplicates.visit(object, manifest);
    if (duplicate !== undefined) problems.push(duplicate);
    objects.push({ object, manifest, references: references.keys });
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
    const json: unknown = object.toJson();
    const text = identityProblem(json, (name) => !holdsPlaceholder(name) && !holdsStringifiedOutput(name));
    if (text === undefined) return json as Manifest;
    problems.push({ where: object.node.path, text });
  } catch (error) {
    problems.push(...thrown(error, object.node.path));
  }
  return undefined;
}

function validate({ node }: IConstruct): readonly Problem[] {
  const where = node.path || 'app';
  try {
    return node.validate().map((text) => ({ where, text }));
  } catch (error) {
    return thrown(error, where, 'validation failed: ');
  }
}

function thrown(error: unknown, where: string, what = ''): readonly Problem[] {
  if (InvalidInput.is(error)) return error.problems;
  return [{ where, text: `${what}${error instanceof Error ? error.message : String(error)}` }];
}

function problemWith(text: string, deferred: 'keep' | 'refuse'): string | undefined {
  if (holdsStringifiedOutput(text)) return 'holds a Pulumi Output that was joined to a string: use pulumi.interpolate';
  if (deferred === 'refuse' && holdsPlaceholder(text)) {
    return 'must be known at synth, but is a Pulumi Output: apply this stack with Pulumi';
  }
  return undefined;
}

/** Pulumi fills in values, never keys. */
function problemWithKey(key: string): string | undefined {
  if (!holdsPlaceholder(key) && !holdsStringifiedOutput(key)) return undefined;
  return 'must have keys that are known at synth, but one holds a Pulumi Output: use it as a value';
}

function problemWithOther(value: unknown): string {
  if (isDeferred(value)) {
    return 'must be plain data, but is a Pulumi Output: put it into a transform or a prop that takes one';
  }
  return `must be plain data, got ${show(value)}: give a string, a finite number, a boolean, a list or a map`;
}
