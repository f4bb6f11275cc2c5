import type { Ingress } from 'kubernetes-types/networking/v1';
import { INGRESS_CLASS, type IngressController } from './controllers';

/** An Ingress for one host and path. */
export function ingress(props: {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly controller: IngressController;
  readonly host: string;
  readonly path: string;
  readonly service: string;
  readonly port: number;
  readonly seconds: number;
  readonly secret: string | undefined;
}) {
  const { metadata, controller, host, path, service, port, seconds, secret } = props;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...metadata, annotations: annotations(controller, seconds, secret !== undefined) },
    spec: {
      ingressClassName: INGRESS_CLASS[controller],
      ...(secret === undefined ? {} : { tls: [{ hosts: [host], secretName: secret }] }),
      rules: [
        {
          host,
          http: {
            paths: [{ path, pathType: 'Prefix', backend: { service: { name: service, port: { number: port } } } }],
          },
        },
      ],
    },
  } as const satisfies Ingress;
}

function annotations(controller: IngressController, seconds: number, encrypted: boolean): Record<string, string> {
  if (controller === 'traefik') {
    // Of spec.tls, Traefik takes just the certificate: without the annotation, what comes by TLS is not found.
    return encrypted
      ? {
          'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
          'traefik.ingress.kubernetes.io/router.tls': 'true',
        }
      : { 'traefik.ingress.kubernetes.io/router.entrypoints': 'web' };
  }
  return {
    'nginx.ingress.kubernetes.io/proxy-read-timeout': String(nginxSeconds(seconds)),
    // By default nginx asks the next replica after an error or a timeout, and the first one goes on computing.
    'nginx.ingress.kubernetes.io/proxy-next-upstream': 'off',
  };
}

/**
 * The annotation takes whole seconds, and zero would end every request: rounded up, nothing is cut short.
 *
 * @see https://github.com/kubernetes/ingress-nginx/blob/main/internal/ingress/annotations/proxy/main.go
 */
export function nginxSeconds(seconds: number): number {
  return Math.ceil(seconds);
}
