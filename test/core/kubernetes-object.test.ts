import { output } from '@pulumi/pulumi';
import { App, Chart, Testing } from 'cdk8s';
import { ClusterRole } from 'cdk8s-plus-28';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { placeholderOf } from '../../lib/core/deferred';
import { clusterWide, kubernetesObject } from '../../lib/core/kubernetes-object';
import { InvalidInput } from '../../lib/core/problem';

const chart = () => new Chart(new App(), 'shop', { namespace: 'shop', labels: { team: 'search' } });

test('an object goes out as it is written, plus the namespace and the labels of its chart', () => {
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Anything',
    metadata: { name: 'ranker', annotations: { a: 'b' } },
    spec: { newer: { than: ['cdk8s-plus', 1.5, true] }, quantity: '1500m' },
  };
  expect(kubernetesObject(chart(), 'x', object).toJson()).toEqual({
    ...object,
    metadata: { name: 'ranker', namespace: 'shop', annotations: { a: 'b' }, labels: { team: 'search' } },
  });
});

test('what is empty goes out empty: an empty selector selects everything', () => {
  const policy = kubernetesObject<NetworkPolicy>(chart(), 'x', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'x' },
    spec: { podSelector: {}, ingress: [] },
  });
  expect(policy.toJson().spec).toStrictEqual({ podSelector: {}, ingress: [] });
});

test("an object's own namespace and labels win over the chart's", () => {
  const metadata = { name: 'x', namespace: 'other', labels: { team: 'ads', own: 'yes' } };
  const object = kubernetesObject(chart(), 'x', { apiVersion: 'v1', kind: 'ConfigMap', metadata });
  expect(object.toJson().metadata).toEqual(metadata);
});

test('what belongs to the whole cluster has no namespace, in whichever way it is synthesized', () => {
  const shop = chart();
  const metadata = { name: 'x' };
  clusterWide(kubernetesObject(shop, 'x', { apiVersion: 'v1', kind: 'Namespace', metadata }));
  clusterWide(new ClusterRole(shop, 'role', { metadata: { name: 'role' } }));
  for (const manifest of Testing.synth(shop)) expect(manifest.metadata).not.toHaveProperty('namespace');
});

test('an Output in the spec becomes its placeholder', () => {
  const bucket = output('models');
  const object = kubernetesObject(chart(), 'x', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x' },
    data: { buckets: [bucket] },
  }).toJson();
  expect(object.data).toEqual({ buckets: [placeholderOf(bucket)] });
});

test('what holds itself is refused with its path', () => {
  const spec: Record<string, unknown> = {};
  spec.list = [spec];
  const object = kubernetesObject(chart(), 'x', { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' }, spec });
  expect(() => object.toJson()).toThrow(
    new InvalidInput([{ where: 'shop/x', text: 'spec.list[0] must not hold itself' }]),
  );
});

test('an object whose version, kind, name or spec is wrong does not compile', () => {
  const metadata = { name: 'x' };
  const versions = { apiVersion: 'apps/v1', kind: 'Deployment' } as const;
  const spec = { selector: {}, template: {} };
  const shop = chart();
  kubernetesObject<Deployment>(shop, 'right', { ...versions, metadata, spec });
  // @ts-expect-error: no apiVersion
  expect(() => kubernetesObject<Deployment>(shop, 'a', { kind: 'Deployment', metadata, spec })).toThrow();
  // @ts-expect-error: no kind
  kubernetesObject<Deployment>(shop, 'b', { apiVersion: 'apps/v1', metadata, spec });
  // @ts-expect-error: no name
  kubernetesObject<Deployment>(shop, 'c', { ...versions, metadata: {}, spec });
  // @ts-expect-error: a StatefulSet is no Deployment
  kubernetesObject<Deployment>(shop, 'd', { ...versions, kind: 'StatefulSet', metadata, spec });
  // @ts-expect-error: a number
  kubernetesObject<Deployment>(shop, 'e', { ...versions, metadata, spec: { ...spec, replicas: '1' } });
  expect(shop.node.children.map(({ node }) => node.id)).toEqual(['right', 'a', 'b', 'c', 'd', 'e']);
});
