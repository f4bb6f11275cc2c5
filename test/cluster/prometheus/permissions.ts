import type { Client } from '../harness/client';

/** What somebody wants to do: `{ verb: 'get', resource: 'nodes', subresource: 'metrics' }`. */
export interface Action {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly group?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** Who a token belongs to, or undefined for one that is not valid, as the API server says. */
export async function ownerOf(client: Client, token: string): Promise<{ user: string; groups: string[] } | undefined> {
  const { user } = await review<{ user?: { username?: string; groups: string[] } }>(
    client,
    'authentication.k8s.io',
    'TokenReview',
    { token },
  );
  return user?.username === undefined ? undefined : { user: user.username, groups: user.groups };
}

/** Whether somebody may do something. */
export async function mayDo(client: Client, who: { user: string; groups: string[] }, action: Action): Promise<boolean> {
  const spec = { ...who, resourceAttributes: action };
  return (await review<{ allowed: boolean }>(client, 'authorization.k8s.io', 'SubjectAccessReview', spec)).allowed;
}

async function review<Status>(client: Client, group: string, kind: string, spec: object): Promise<Status> {
  const path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
  const request = { apiVersion: `${group}/v1`, kind, spec };
  return (await client.request<{ status: Status }>('POST', path, request)).body.status;
}
