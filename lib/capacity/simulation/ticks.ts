/** Seconds between two syncs of the autoscaler: the default of kube-controller-manager. */
export const SYNC_PERIOD = 15;
