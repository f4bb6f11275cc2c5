import { type Manifest, visitLeaves } from '../../lib/synth/manifest';
import { objectKey, References } from '../../lib/synth/references';

function referencesOf(manifest: Manifest): ReadonlySet<string> {
  const references = new References(manifest);
  visitLeaves(manifest, { text: (text, path, holder) => references.visit(text, path, holder) });
  return references.keys;
}

const pod = (spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'shop' },
  spec,
});

test.each([
  ['the service account it runs as', { serviceAccountName: 'x' }, 'ServiceAccount'],
  ['a claim', { volumes: [{ persistentVolumeClaim: { claimName: 'x' } }] }, 'PersistentVolumeClaim'],
  ['the volume that a claim takes', { volumeName: 'x' }, 'PersistentVolume'],
  ['a ConfigMap volume', { volumes: [{ configMap: { name: 'x' } }] }, 'ConfigMap'],
  ['a Secret volume', { volumes: [{ secret: { secretName: 'x' } }] }, 'Secret'],
  ['a projected Secret', { volumes: [{ projected: { sources: [{ secret: { name: 'x' } }] } }] }, 'Secret'],
  ['environment from a ConfigMap', { containers: [{ envFrom: [{ configMapRef: { name: 'x' } }] }] }, 'ConfigMap'],
  ['a variable from a Secret', { containers: [{ env: [{ valueFrom: { secretKeyRef: { name: 'x' } } }] }] }, 'Secret'],
  [
    'the template of its GPU claim',
    { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'x' }] },
    'ResourceClaimTemplate',
  ],
  ['the Service that names its host', { subdomain: 'x' }, 'Service'],
])('a pod depends on %s', (_what, spec, kind) => {
  expect(referencesOf(pod(spec))).toContain(objectKey(kind, 'x', 'shop'));
});

test('a reference of the form { kind, name } is found wherever it stands', () => {
  const scaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'ranker', namespace: 'shop' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ranker' } },
  };
  expect(referencesOf(scaler)).toContain(objectKey('Deployment', 'ranker', 'shop'));
});

test('a subject of another namespace is looked for there', () => {
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'b', namespace: 'shop' },
    subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' }],
  };
  expect(referencesOf(binding)).toContain(objectKey('ServiceAccount', 'prometheus', 'monitoring'));
  expect(referencesOf(binding)).not.toContain(objectKey('ServiceAccount', 'prometheus', 'shop'));
});

test("an object's own name and that of a container are no references", () => {
  expect([...referencesOf(pod({ containers: [{ name: 'server', image: 'x:1' }] }))]).toEqual([
    objectKey('Namespace', 'shop', undefined),
  ]);
});
