import { HELPER_IMAGES } from '../../lib/core/helper-images';
import { type Manifests, matchers } from '../../lib/testing';
import { PROGRESS_SCRIPT } from '../../lib/training/progress';
import { envOf, objectsOf, platform, problemsOf } from '../serving/fixtures';
import { FOUR_NODES, jobSetOf, podOf, trainerOf, training } from './fixtures';

expect.extend(matchers);

test('a container beside the trainer tells of its progress, and holds up no end of a run', () => {
  expect(podOf().initContainers).toEqual([
    {
      name: 'progress',
      image: HELPER_IMAGES.python,
      imagePullPolicy: 'IfNotPresent',
      restartPolicy: 'Always',
      command: ['python3', '-I', '-c', PROGRESS_SCRIPT, '/run/recstack/progress.json', '9404', '/dev/termination-log'],
      ports: [{ name: 'progress', containerPort: 9404 }],
      resources: {
        requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '16Mi' },
        limits: { memory: '64Mi', 'ephemeral-storage': '16Mi' },
      },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        privileged: false,
        readOnlyRootFilesystem: true,
      },
      volumeMounts: [{ name: 'progress', mountPath: '/run/recstack', readOnly: true }],
    },
  ]);
});

test('both see the folder in which the program writes, which goes with the pod', () => {
  expect(podOf().volumes).toContainEqual({ name: 'progress', emptyDir: { sizeLimit: '16Mi' } });
  expect(trainerOf().volumeMounts).toContainEqual({ name: 'progress', mountPath: '/run/recstack' });
  expect(envOf(trainerOf())).toMatchObject({ PROGRESS_FILE: '/run/recstack/progress.json' });
});

test('the pods of a JobSet have it as well', () => {
  const spec = jobSetOf().replicatedJobs[0]?.template.spec?.template.spec;
  expect(spec?.initContainers?.map(({ name }) => name)).toEqual(['progress']);
});

test('its image has the digest of images.lock', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const shop = platform({ images: { [HELPER_IMAGES.python]: digest } });
  expect(podOf({}, shop).initContainers[0]?.image).toBe(`${HELPER_IMAGES.python}@${digest}`);
});

test('the script has nothing in it that Kubernetes would take for a variable', () => {
  expect(PROGRESS_SCRIPT).not.toContain('$(');
});

test('another file than the one that is read is refused', () => {
  expect(problemsOf(() => objectsOf(training({ env: { PROGRESS_FILE: '/tmp/progress.json' } })))).toEqual([
    "[shop/retraining] env.PROGRESS_FILE must be left out, got '/tmp/progress.json': recstack sets it to /run/recstack/progress.json, which it reads",
  ]);
});

test('monitoring reaches its port, and no other', () => {
  const ingressOf = (manifests: Manifests) => manifests.get('NetworkPolicy', 'retraining').spec;
  expect(ingressOf(objectsOf(training(FOUR_NODES)))).toMatchObject({
    ingress: [
      {},
      {
        from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: 9404 }],
      },
    ],
  });
});
