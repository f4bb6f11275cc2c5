import type { TrafficPlan } from '../plan-traffic';
export function trafficPage(plan: TrafficPlan): string {
  return `<!doctype html><title>${plan.env.length}</title>`;
}
