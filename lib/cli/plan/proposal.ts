import { Document, isMap, visit } from 'yaml';
import { amount } from '../../capacity/amount';
import { formatSeconds } from '../../core/durations';
import { deepMerge } from '../../core/merge';
import { quantityOf } from '../../core/quantities';
import type { ScaledServer } from '../../core/scaled';
import type { Manifest } from '../../synth/manifest';
import type { Proposal, ProposedRules } from './find-proposal';
import type { PlannedServer } from './planned-server';

interface Metric {
  readonly external?: { readonly metric: { readonly name: string } };
}

/**
 * A server's manifests with a proposal in the place of its policy: what synth emits once the proposal stands in the
 * environment file.
 */
export function withProposal({ about, manifests }: PlannedServer, proposal: Proposal): Manifest[] {
  return manifests.map((manifest) => {
    if (manifest.kind === 'HorizontalPodAutoscaler')
      return proposedHpa(manifest, proposal, `${about.namespace}-${about.name}-requests`);
    if (manifest.kind === 'ScaledObject') return proposedScaledObject(manifest, proposal, about);
    return manifest;
  });
}

function proposedHpa(manifest: Manifest, proposal: Proposal, name: string): Manifest {
  const [minReplicas, maxReplicas] = proposal.replicas;
  const { metrics = [] } = manifest.spec as { metrics?: readonly Metric[] };
  const target = { type: 'AverageValue', averageValue: quantityOf(proposal.requests) };
  // A metric that it has of requests stays what it is but for its target.
  const known = metrics.find(({ external }) => /(^|[-_])requests$/.test(external?.metric.name ?? ''));
  const metric: object = known ?? { type: 'External', external: { metric: { name } } };
  const spec = { minReplicas, maxReplicas, metrics: [deepMerge(metric, { external: { target } })] };
  return { ...manifest, spec: { ...(manifest.spec as object), ...spec, behavior: proposal.behavior } };
}

function proposedScaledObject(manifest: Manifest, proposal: Proposal, about: ScaledServer): Manifest {
  const [minReplicaCount, maxReplicaCount] = proposal.replicas;
  const advanced = { horizontalPodAutoscalerConfig: { behavior: proposal.behavior } };
  // What is held while metrics fail is the minimum, unless it is stated.
  const fallback = about.kept?.fallback === undefined ? { fallback: { replicas: Math.max(1, minReplicaCount) } } : {};
  const spec = deepMerge(manifest.spec as object, { minReplicaCount, maxReplicaCount, advanced, ...fallback });
  return { ...manifest, spec: { ...spec, triggers: about.triggersFor?.(proposal) ?? [] } };
}

/** A proposal in the words of an environment file. */
export function proposedAutoscaling({ about, perReplica, onRequests }: PlannedServer, proposal: Proposal): object {
  const { rps, concurrency, serviceSeconds, variation } = perReplica;
  const { scaleUp, scaleDown } = proposal.behavior;
  return {
    replicas: proposal.replicas,
    requests: proposal.requests,
    window: formatSeconds(onRequests.metricWindow),
    behavior: { up: rulesInWords(scaleUp), down: rulesInWords(scaleDown) },
    tolerance: toleranceInWords(scaleUp.tolerance, scaleDown.tolerance),
    ...about.kept,
    perReplica: {
      rps,
      concurrency,
      serviceTime: serviceSeconds === undefined ? undefined : formatSeconds(serviceSeconds),
      variation,
      readyAfter: formatSeconds(onRequests.readySeconds),
    },
  };
}

function rulesInWords({ stabilizationWindowSeconds, policies, selectPolicy }: ProposedRules): object {
  return {
    stabilizationWindow: stabilizationWindowSeconds === undefined ? undefined : `${stabilizationWindowSeconds}s`,
    policies: policies?.map(({ type, value, periodSeconds }) => ({
      [type === 'Pods' ? 'pods' : 'percent']: value,
      every: formatSeconds(periodSeconds),
    })),
    select: selectPolicy,
  };
}

function toleranceInWords(up: string | undefined, down: string | undefined): object | undefined {
  if (up === undefined && down === undefined) return undefined;
  const inWords = (quantity: string | undefined) =>
    quantity === undefined ? undefined : `${Number((amount(quantity) * 100).toPrecision(6))}%`;
  return { up: inWords(up), down: inWords(down) };
}

/** Ready to be pasted below the server in the environment file. */
export function proposalYaml(autoscaling: object): string {
  const document = new Document({ autoscaling });
  // As a person writes it: what belongs together stands in one line.
  visit(document, {
    Seq: (_key, list) => {
      list.flow = true;
    },
    Map: (_key, map, ancestors) => {
      map.flow = ancestors.filter(isMap).length > 1 && !map.items.some(({ value }) => isMap(value));
    },
  });
  return document.toString({ lineWidth: 0 });
}
