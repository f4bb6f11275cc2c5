import { z } from 'zod';
import { must, pattern } from '../core/schema';

/**
 * Labels by Kubernetes' recommendation, which dashboards, policies and cost tools of the field read.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export const LABELS = {
  name: 'app.kubernetes.io/name',
  component: 'app.kubernetes.io/component',
  version: 'app.kubernetes.io/version',
  partOf: 'app.kubernetes.io/part-of',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

const WORD = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const DOMAIN = '(?=.{1,253}/)[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const WORD_RULE = "at most 63 letters, digits, '-', '_' and '.', from a letter or digit to another";

/** Checks the key of a label. */
export const labelKeySchema = pattern<string>(
  new RegExp(`^(${DOMAIN}/)?${WORD}$`),
  must('be the key of a label', `${WORD_RULE}, or a domain and '/' before that`),
);

/**
 * Checks a user's labels.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export const labelsSchema = z.record(
  labelKeySchema,
  pattern<string>(new RegExp(`^${WORD}$`), must('be the value of a label', WORD_RULE)),
);

/** What role a workload plays. */
export type Component =
  | 'model-server'
  | 'funnel'
  | 'model-cache'
  | 'store'
  | 'training'
  | 'training-control'
  | 'autoscaling'
  | 'monitoring';

/** Who a workload's pods are. */
export interface Identity {
  /** Name of the platform. */
  readonly platform: string;
  /** Name of the workload. */
  readonly name: string;
}

/** The labels that select a workload's pods. They never change in its life: Deployments refuse that. */
export function selectorLabels({ platform, name }: Identity): Record<string, string> {
  return { [LABELS.name]: name, [LABELS.partOf]: platform };
}

/** Name and labels of the objects that a workload consists of; the chart adds whose part they are. */
export function workloadMetadata(name: string, component: Component) {
  return { name, labels: { [LABELS.name]: name, [LABELS.component]: component } };
}

/** All labels of a workload's pods. */
export function podLabels(
  identity: Identity & { readonly component: Component; readonly version?: string },
): Record<string, string> {
  return {
    ...selectorLabels(identity),
    [LABELS.component]: identity.component,
    [LABELS.managedBy]: 'recstack',
    ...(identity.version === undefined ? {} : { [LABELS.version]: identity.version }),
  };
}
