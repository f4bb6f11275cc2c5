import type { Manifest } from '../../../lib/synth/manifest';

/** What makes the API server pass an API on to a port of this machine. */
export function apiRegistration(
  { group, version }: { readonly group: string; readonly version: string },
  service: { readonly name: string; readonly namespace: string },
  port: number,
): Manifest[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: service,
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${version}.${group}` },
      spec: {
        group,
        version,
        service: { ...service, port },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}
