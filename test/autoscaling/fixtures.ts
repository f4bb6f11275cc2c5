import type { HorizontalPodAutoscalerSpec } from 'kubernetes-types/autoscaling/v2';
import {
  type AutoscaleOnDemandProps,
  autoscaleOnDemand,
  type ModelServerProps,
  Monitoring,
  type Platform,
  type PlatformProps,
} from '../../lib';
import type { ScaledObjectSpec } from '../../lib/crds/keda';
import type { Manifests } from '../../lib/testing';
import { objectsOf, platform, ranker, specOf } from '../serving/fixtures';

/** A platform with a Monitoring, on a Kubernetes that has all that autoscaling needs. */
export function monitored(
  addons: PlatformProps['cluster']['addons'] = ['metrics-server'],
  props: Partial<PlatformProps> = {},
): Platform {
  const shop = platform({ cluster: { kubernetes: '1.35', addons }, ...props });
  new Monitoring(shop, 'monitoring');
  return shop;
}

/** The same with KEDA. */
export const withKeda = (): Platform => monitored(['metrics-server', 'keda']);

/** A ranker that is scaled on demand, and all objects around it. */
export function scaled(
  props: Partial<AutoscaleOnDemandProps> = {},
  shop = monitored(),
  server: Partial<ModelServerProps> = {},
): Manifests {
  ranker(server, shop).autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, ...props }));
  return objectsOf(shop);
}

export function hpaOf(manifests: Manifests): Required<HorizontalPodAutoscalerSpec> {
  return specOf(manifests, 'HorizontalPodAutoscaler', 'ranker');
}

export function scaledObjectOf(manifests: Manifests): ScaledObjectSpec {
  return specOf(manifests, 'ScaledObject', 'ranker');
}

/** What the requests of the ranker are asked by, which is Triton, over a time. */
export function requestsQuery(window = '1m'): string {
  const counter = (name: string, model: string) =>
    `(sum(rate(nv_inference_request_${name}{namespace="shop",job="ranker",model${model}"dlrm"}[${window}])) or vector(0))`;
  const sum = [counter('success', '='), '+', counter('failure', '='), '-', counter('failure', '!=')].join(' ');
  return `((${sum}) and on () (sum(up{namespace="shop",job="ranker"}) > 0))`;
}
