import { Lazy, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import { kubernetesObject } from '../core/kubernetes-object';
import type { ScalingTarget } from '../core/scaling';
import { selectorOf } from '../core/server-query';
import { workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import { emitAdapter } from './adapter-objects';
import { type Demand, matchers } from './demand';
import type { MetricsSource } from './source';

const ID = 'metrics-adapter';

/** One metric, as prometheus-adapter is told of it. */
interface Rule {
  readonly seriesQuery: string;
  readonly resources: { readonly namespaced: false };
  readonly name: { readonly as: string };
  readonly metricsQuery: string;
}

/**
 * Tells Kubernetes' autoscaler what Prometheus knows of servers: prometheus-adapter, one for the platform, which is there
 * as soon as a policy needs it. In a cluster that has its own, only the rules for it are emitted.
 *
 * There is one such API in a cluster: where another platform has brought it, or KEDA, no second one may be.
 */
export class MetricsAdapter extends Construct {
  private readonly rules: Rule[] = [];
  private readonly sources: MetricsSource[] = [];

  /** The one of a platform. */
  static of(platform: Platform, source: MetricsSource): MetricsAdapter {
    const found = platform.node.tryFindChild(ID);
    const adapter = found instanceof MetricsAdapter ? found : new MetricsAdapter(platform, source);
    adapter.sources.push(source);
    return adapter;
  }

  private constructor(platform: Platform, source: MetricsSource) {
    super(platform, ID);
    const name = platform.nameOf(this);
    const config = (): string => Yaml.stringify({ externalRules: this.rules });
    kubernetesObject<ConfigMap>(this, 'config', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: workloadMetadata(name, 'autoscaling'),
      data: { 'config.yaml': Lazy.any({ produce: config }) },
    });
    if (platform.cluster.has('prometheus-adapter')) {
      warn(
        this,
        `the cluster's prometheus-adapter must be given the externalRules of the ConfigMap '${name}': nothing is scaled on demand before`,
      );
    } else {
      emitAdapter(this, { platform, name, config, source });
    }
    this.node.addValidation({ validate: () => this.problems() });
  }

  /**
   * Serves a metric, and returns the name by which an autoscaler asks for it. The cluster's autoscalers may all ask the
   * same adapter, so that it says whose it is.
   */
  serve(target: ScalingTarget, { aim, query }: Demand): string {
    const { namespace } = Platform.of(target);
    const name = `${namespace}-${target.name}-${aim}`;
    this.rules.push({
      // What is there as long as the server is known, however many requests it has had: a counter that didn't move yet
      // is missing with many servers, and its metric would be unknown instead of 0.
      seriesQuery: `up{${matchers(selectorOf({ namespace, name: target.name }))}}`,
      resources: { namespaced: false },
      name: { as: name },
      metricsQuery: query,
    });
    return name;
  }

  private problems(): string[] {
    const urls = [...new Set(this.sources.map(({ url }) => url).filter((url) => url !== ''))];
    if (urls.length < 2) return [];
    return [
      `must read from one Prometheus, but the policies name ${urls.map((url) => `'${url}'`).join(' and ')}: let them share one, or use KEDA`,
    ];
  }
}
