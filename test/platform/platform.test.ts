import * as pulumi from '@pulumi/pulumi';
import { ApiObject, App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { placeholderOf } from '../../lib/core/deferred';
import { InvalidInput } from '../../lib/core/problem';
import { Platform, type PlatformProps } from '../../lib/platform/platform';
import { warningsOf } from '../../lib/platform/warnings';
import { synthesize } from '../../lib/testing';

const LABEL_RULE = "at most 63 letters, digits, '-', '_' and '.', from a letter or digit to another";
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function platform(props: Partial<PlatformProps> = {}, app = new App(), id = 'shop'): Platform {
  return new Platform(app, id, { cluster: { kubernetes: '1.33' }, ...props });
}

/** A construct some levels below `scope`. */
function below(scope: Construct, ...ids: string[]): Construct {
  return ids.reduce((parent, id) => new Construct(parent, id), scope);
}

const configMap = (scope: Construct, id: string) => new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap' });

test('the namespace is the id unless another is given', () => {
  expect(platform().namespace).toBe('shop');
  expect(platform({ namespace: 'shop-eu' }).namespace).toBe('shop-eu');
  expect(configMap(platform({ namespace: 'shop-eu' }), 'x').toJson().metadata.namespace).toBe('shop-eu');
});

test('a platform is for production unless it says otherwise', () => {
  expect(platform().production).toBe(true);
  expect(platform({ production: false }).production).toBe(false);
});

test('a namespace that someone else owns is neither created nor closed', () => {
  const shop = platform({ ownNamespace: false });
  expect(synthesize(shop).all.map(({ kind }) => kind)).toEqual(['NetworkPolicy']);
  expect(configMap(shop, 'x').toJson().metadata.namespace).toBe('shop');
});

test("in a namespace of others the platform's own pods may ask DNS, as each is closed to what nobody allows", () => {
  const policy = synthesize(platform({ ownNamespace: false })).get('NetworkPolicy', 'shop-allow-dns');
  expect(policy.spec).toMatchObject({
    podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'shop' } },
    policyTypes: ['Egress'],
    egress: [{ ports: [{ port: 53 }, { port: 53 }] }],
  });
});

test.each(['default', 'kube-system', 'kube-public'])(
  'the network of %s is not for a platform to close',
  (namespace) => {
    expect(() => platform({ namespace })).toThrow(
      new Error(
        `[shop] namespace must be one that the platform can own, got '${namespace}', which others live in: take another or set ownNamespace to false`,
      ),
    );
    expect(platform({ namespace, ownNamespace: false }).namespace).toBe(namespace);
  },
);

test('a platform whose id makes such a namespace is refused as well', () => {
  expect(() => platform({}, new App(), 'default')).toThrow(
    new Error(
      "[default] namespace must be one that the platform can own, got 'default', which others live in: take another or set ownNamespace to false",
    ),
  );
  expect(platform({ namespace: 'kubeflow' }).namespace).toBe('kubeflow');
});

test('every object says whose part it is, and has the labels of the platform', () => {
  const shop = platform({ labels: { team: 'search' } });
  expect(configMap(shop, 'x').toJson().metadata.labels).toEqual({
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/managed-by': 'recstack',
    team: 'search',
  });
  expect(synthesize(shop).get('Namespace', 'shop').metadata.labels).toMatchObject({ team: 'search' });
});

test("an object's own label wins over the platform's", () => {
  const shop = platform({ labels: { team: 'search' } });
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { labels: { team: 'ads' } } };
  expect(new ApiObject(shop, 'x', object).toJson().metadata.labels.team).toBe('ads');
});

test('a label without a value, or with a number, is refused', () => {
  expect(() => platform({ labels: { team: '', cost: 7 as never } })).toThrow(
    new Error(
      `[shop] labels.team must be the value of a label, got '': ${LABEL_RULE}\n` +
        `[shop] labels.cost must be the value of a label, got 7: ${LABEL_RULE}`,
    ),
  );
});

test.each<Record<string, string>>([{ team: 'Search & Ads' }, { team: '-search' }, { team: 'x'.repeat(64) }])(
  'the labels %j, which the API server refuses, are refused',
  (labels) => {
    const { team } = labels;
    const shown = team && team.length > 60 ? `'${'x'.repeat(56)}…` : `'${team}'`;
    expect(() => platform({ labels })).toThrow(
      new Error(`[shop] labels.team must be the value of a label, got ${shown}: ${LABEL_RULE}`),
    );
  },
);

test.each(['our team', '/team', 'Example.com/team', 'a/b/team', 'example..com/team', `${'a'.repeat(254)}/team`])(
  'the key %j, which the API server refuses, is refused',
  (key) => {
    const shown = key.length > 60 ? `'${key.slice(0, 56)}…` : `'${key}'`;
    expect(() => platform({ labels: { [key]: 'search' } })).toThrow(
      new Error(
        `[shop] labels.${key} must be the key of a label, got ${shown}: ${LABEL_RULE}, or a domain and '/' before that`,
      ),
    );
  },
);

test.each(['team', 'example.com/Team', 'a.b-c.io/x_y.z', 'x'.repeat(63), `${'a'.repeat(253)}/team`])(
  'the key %j is one that the API server takes',
  (key) => {
    expect(configMap(platform({ labels: { [key]: 'A_b.c-1' } }), 'x').toJson().metadata.labels[key]).toBe('A_b.c-1');
  },
);

test('everything that is wrong with a platform is reported at once, with its path', () => {
  const props = { cluster: { kubernetes: '1.29', addons: ['ked'] }, namspace: 'x', namespace: 'Shop' };
  expect(() => new Platform(below(new App(), 'eu'), 'shop', props as never)).toThrow(
    new Error(
      [
        "[eu/shop] namespace must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'Shop'",
        `[eu/shop] cluster.kubernetes must be a Kubernetes version from '1.30' to '1.37', in quotes, got '1.29': in YAML write "1.30", not 1.30, which is the number 1.3`,
        "[eu/shop] cluster.addons[0] must be one of metrics-server, dcgm-exporter, nvidia-dra-driver, gpushare, keda, prometheus-adapter, prometheus-operator, gateway-api, kserve, kuberay, jobset, kubeflow-trainer, kueue, got 'ked': did you mean 'keda'?",
        "[eu/shop] namspace is not known: did you mean 'namespace'? (known: namespace, cluster, labels, images, production, ownNamespace)",
      ].join('\n'),
    ),
  );
});

test('a platform without a cluster is refused', () => {
  expect(() => new Platform(new App(), 'shop', {} as never)).toThrow(
    new Error('[shop] cluster must be a map, but is missing'),
  );
});

test('an id that makes no name is refused, even if the namespace is another', () => {
  expect(() => platform({ namespace: 'shop' }, new App(), 'Shop')).toThrow(
    new Error(
      "[Shop] id must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'Shop' (4 characters)",
    ),
  );
});

test('a platform knows its cluster', () => {
  const { cluster } = platform({ cluster: { kubernetes: '1.33', distribution: 'gke', addons: ['keda'] } });
  expect(cluster.kubernetes).toBe('1.33');
  expect(cluster.distribution).toBe('gke');
  expect([cluster.has('keda'), cluster.has('metrics-server'), cluster.has('dcgm-exporter')]).toEqual([
    true,
    true,
    false,
  ]);
});

test('constructs find the platform around them, the nearest if there are several', () => {
  const shop = platform();
  const inner = new Platform(below(shop, 'group'), 'inner', { cluster: { kubernetes: '1.34' } });
  expect(Platform.of(shop)).toBe(shop);
  expect(Platform.of(below(shop, 'a', 'b'))).toBe(shop);
  expect(Platform.of(below(inner, 'a'))).toBe(inner);
  expect(Platform.of(below(new Chart(shop, 'chart'), 'a'))).toBe(shop);
});

test('outside of a platform there is none', () => {
  const chart = new Chart(new App(), 'plain');
  expect(() => Platform.of(below(chart, 'ranker'))).toThrow(
    new InvalidInput([{ where: 'plain/ranker', text: 'must be inside a Platform: make one and pass it as the scope' }]),
  );
});

test('the app itself has a name in the error', () => {
  expect(() => Platform.of(new App())).toThrow(
    new Error('[app] must be inside a Platform: make one and pass it as the scope'),
  );
});

test('a platform is told from other charts, which instanceof cannot', () => {
  const chart = new Chart(new App(), 'plain');
  expect(Platform.isPlatform(platform())).toBe(true);
  expect(Platform.isPlatform(chart)).toBe(false);
  for (const other of [undefined, null, 'shop', {}, () => 1, Platform]) expect(Platform.isPlatform(other)).toBe(false);
  expect(Chart.isChart(platform())).toBe(true);
});

test('a platform of another copy of recstack is one', () => {
  jest.isolateModules(() => {
    const other: typeof import('../../lib/platform/platform') = require('../../lib/platform/platform');
    const cdk8s: typeof import('cdk8s') = require('cdk8s');
    const shop = new other.Platform(new cdk8s.App(), 'shop', { cluster: { kubernetes: '1.33' } });
    expect(other.Platform).not.toBe(Platform);
    expect(Platform.isPlatform(shop)).toBe(true);
    expect(Platform.of(shop)).toBe(shop);
  });
});

test('a construct is named by its path below the platform', () => {
  const shop = new Platform(below(new App(), 'eu'), 'shop', { cluster: { kubernetes: '1.33' } });
  expect(shop.nameOf(below(shop, 'ranker'))).toBe('ranker');
  expect(shop.nameOf(below(shop, 'canary', 'ranker', 'v2'))).toBe('canary-ranker-v2');
});

test('a name is never cut: 63 characters are fine, 80 are an error', () => {
  const shop = platform();
  expect(shop.nameOf(below(shop, 'x'.repeat(63)))).toBe('x'.repeat(63));
  const id = 'y'.repeat(80);
  expect(() => shop.nameOf(below(shop, id))).toThrow(
    new InvalidInput([
      {
        where: `shop/${id}`,
        text: `id must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got '${'y'.repeat(56)}… (80 characters)`,
      },
    ]),
  );
});

test('it is the whole path that must fit', () => {
  const shop = platform();
  expect(() => shop.nameOf(below(shop, 'x'.repeat(40), 'y'.repeat(40)))).toThrow('(81 characters)');
});

test('a construct may ask for a shorter name', () => {
  const shop = platform();
  const job = below(shop, 'j'.repeat(53));
  expect(() => shop.nameOf(job, 52)).toThrow(
    new Error(
      `[shop/${'j'.repeat(53)}] id must be a name of at most 52 lower-case letters, digits and '-', from a letter to a letter or digit, got '${'j'.repeat(53)}' (53 characters)`,
    ),
  );
  expect(shop.nameOf(job, 53)).toBe('j'.repeat(53));
});

test('an id that makes no name is refused with the path of its construct', () => {
  const shop = platform();
  expect(() => shop.nameOf(below(shop, 'models', 'Ranker'))).toThrow(
    new Error(
      "[shop/models/Ranker] id must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'models-Ranker' (13 characters)",
    ),
  );
});

test('objects without a name of their own get their path, without a hash', () => {
  const shop = platform();
  expect(configMap(shop, 'settings').name).toBe('settings');
  expect(configMap(below(shop, 'ranker', 'v2'), 'settings').name).toBe('ranker-v2-settings');
  expect(configMap(below(shop, 'a'), 'Resource').name).toBe('a');
  expect(configMap(below(shop, 'b'), 'Default').name).toBe('b');
});

test('objects of cdk8s-plus get the names of their constructs', () => {
  const shop = platform();
  const web = new kplus.Deployment(shop, 'web', { containers: [{ image: 'nginx:1.27', portNumber: 80 }] });
  expect(web.name).toBe('web');
  expect(web.exposeViaService().name).toBe('web-service');
  expect(new kplus.ConfigMap(below(shop, 'ranker'), 'MySettings').name).toBe('ranker-mysettings');
  expect(new kplus.ServiceAccount(shop, 'puller').name).toBe('puller');
});

test('a name that the user gave to an object stays', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Given.Name' } };
  expect(new ApiObject(platform(), 'x', object).name).toBe('Given.Name');
});

test('an object whose path is too long for a name is refused, not cut', () => {
  const shop = platform();
  expect(configMap(shop, 'x'.repeat(63)).name).toBe('x'.repeat(63));
  expect(() => configMap(shop, 'y'.repeat(64))).toThrow(
    new Error(
      `[shop/${'y'.repeat(64)}] id must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got '${'y'.repeat(56)}… (64 characters)`,
    ),
  );
});

test('an image gets its digest from the lock', () => {
  const shop = platform({ images: { 'nginx:1.27': DIGEST } });
  expect(shop.pin('nginx:1.27')).toBe(`nginx:1.27@${DIGEST}`);
  expect(warningsOf(shop)).toEqual([]);
});

test('in production an image without a digest is warned about, once', () => {
  const shop = platform();
  expect(shop.pin('nginx:1.27')).toBe('nginx:1.27');
  shop.pin('nginx:1.27');
  shop.pin('nginx:1.28');
  expect(warningsOf(shop)).toEqual([
    {
      where: 'shop',
      text: "image 'nginx:1.27' has no digest: add it to images.lock, so that what was tested is what runs",
    },
    {
      where: 'shop',
      text: "image 'nginx:1.28' has no digest: add it to images.lock, so that what was tested is what runs",
    },
  ]);
});

test('warnings are part of what is synthesized', () => {
  const shop = platform({ ownNamespace: false });
  shop.pin('nginx:1.27');
  expect(synthesize(shop).warnings.map(({ where }) => where)).toEqual(['shop']);
});

test('outside of production, with a digest, or when it is known only later, an image is not warned about', () => {
  const tested = platform({ production: false });
  tested.pin('nginx:1.27');
  const shop = platform();
  const later = placeholderOf(pulumi.output('registry.example.com/shop/trainer:1.4.2'));
  expect(shop.pin(later)).toBe(later);
  expect(shop.pin(`nginx@${DIGEST}`)).toBe(`nginx@${DIGEST}`);
  expect([...warningsOf(tested), ...warningsOf(shop)]).toEqual([]);
});

test('a lock that holds no digests is refused', () => {
  expect(() => platform({ images: { 'nginx:1.27': 'sha256:12' } })).toThrow(
    new Error("[shop] images.nginx:1.27 must be a digest, got 'sha256:12': 'sha256:' and 64 hex digits"),
  );
});

test('two apps in one process do not disturb each other', () => {
  const build = (version: string) => {
    const shop = platform({ cluster: { kubernetes: version }, images: version === '1.34' ? { 'a:1.0': DIGEST } : {} });
    configMap(shop, 'settings');
    return { shop, image: shop.pin('a:1.0') };
  };
  const [old, current] = [build('1.33'), build('1.34')];
  expect([old.image, current.image]).toEqual(['a:1.0', `a:1.0@${DIGEST}`]);
  expect([old, current].map(({ shop }) => warningsOf(shop).length)).toEqual([1, 0]);
  expect([old, current].map(({ shop }) => synthesize(shop.node.root).all.length)).toEqual([4, 4]);
  expect([old, current].map(({ shop }) => Platform.of(shop.node.findChild('settings')).cluster.kubernetes)).toEqual([
    '1.33',
    '1.34',
  ]);
});

test("cdk8s' own synth gives the same objects", () => {
  const shop = platform({ labels: { team: 'search' } });
  new kplus.Service(shop, 'web', { ports: [{ port: 80 }] });
  expect(Testing.synth(shop)).toEqual(synthesize(shop).all);
});

test('what must be known at synth cannot be deferred: it does not compile, and is refused', () => {
  const namespace = pulumi.output('shop');
  // @ts-expect-error: the name of a namespace must be known
  expect(() => platform({ namespace })).toThrow(
    new Error(
      "[shop] namespace must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, but is a Pulumi Output, known only at apply",
    ),
  );
  // @ts-expect-error: so must labels
  expect(() => platform({ labels: { team: namespace } })).toThrow(
    new Error(
      `[shop] labels.team must be the value of a label, but is a Pulumi Output, known only at apply: ${LABEL_RULE}`,
    ),
  );
});
