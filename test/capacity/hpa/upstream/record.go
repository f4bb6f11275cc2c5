// Writes down what the functions of Kubernetes' autoscaler are given and answer, one line of JSON for each call, to the
// file named by RECORD. record.ts puts it into a copy of the package, where each of these functions has a 0 after its name.
package podautoscaler

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"sync"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	metricsclient "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

var recordLock sync.Mutex

func write(kind string, value map[string]any) {
	recordLock.Lock()
	defer recordLock.Unlock()
	value["kind"] = kind
	value["test"] = currentTest
	text, _ := json.Marshal(value)
	f, err := os.OpenFile(os.Getenv("RECORD"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	f.Write(append(text, '\n'))
}

var currentTest string

func rel(now, t time.Time) float64 {
	return float64(t.Sub(now).Round(time.Millisecond)) / float64(time.Second)
}

func podsOf(pods []*v1.Pod, metrics metricsclient.PodMetricsInfo, requests map[string]int64) (list []map[string]any) {
	now := time.Now()
	for _, pod := range pods {
		p := map[string]any{"phase": string(pod.Status.Phase)}
		if pod.DeletionTimestamp != nil {
			p["deleted"] = true
		}
		for _, c := range pod.Status.Conditions {
			if c.Type == v1.PodReady {
				p["ready"] = map[string]any{"is": c.Status == v1.ConditionTrue, "since": rel(now, c.LastTransitionTime.Time)}
			}
		}
		if pod.Status.StartTime != nil {
			p["startedAt"] = rel(now, pod.Status.StartTime.Time)
		}
		if m, ok := metrics[pod.Name]; ok {
			p["sample"] = map[string]any{"value": m.Value, "at": rel(now, m.Timestamp), "window": m.Window.Seconds()}
		}
		if r, ok := requests[pod.Name]; ok {
			p["request"] = r
		}
		list = append(list, p)
	}
	return
}

func outcome(replicas int32, err error) any {
	if err != nil {
		return nil
	}
	return replicas
}

func (c *ReplicaCalculator) recordPods(kind string, current int32, target int64, isCpu bool, tol Tolerances, namespace string, selector labels.Selector, metrics metricsclient.PodMetricsInfo, failed bool, withRequests bool, container string, resource v1.ResourceName, result any) {
	pods, _ := c.podLister.Pods(namespace).List(selector)
	var requests map[string]int64
	if withRequests {
		requests, _ = calculateRequests(pods, container, resource)
	}
	list := podsOf(pods, metrics, requests)
	write("proposal", map[string]any{"target": map[string]any{"kind": kind, "value": target, "isCpu": isCpu}, "tolerance": map[string]any{"up": tol.scaleUp, "down": tol.scaleDown}, "specReplicas": current, "pods": list, "failed": failed,
		"readiness": map[string]any{"cpuInitializationPeriod": c.cpuInitializationPeriod.Seconds(), "initialReadinessDelay": c.delayOfInitialReadinessStatus.Seconds()}, "result": result})
}

func (c *ReplicaCalculator) GetResourceReplicas(ctx context.Context, currentReplicas int32, targetUtilization int32, resource v1.ResourceName, tolerances Tolerances, namespace string, selector labels.Selector, container string) (int32, int32, int64, time.Time, error) {
	a, b, d, e, err := c.getResourceReplicas0(ctx, currentReplicas, targetUtilization, resource, tolerances, namespace, selector, container)
	m, _, merr := c.metricsClient.GetResourceMetric(ctx, resource, namespace, selector, container)
	c.recordPods("utilization", currentReplicas, int64(targetUtilization), resource == v1.ResourceCPU, tolerances, namespace, selector, m, merr != nil, true, container, resource, outcome(a, err))
	return a, b, d, e, err
}

func (c *ReplicaCalculator) GetRawResourceReplicas(ctx context.Context, currentReplicas int32, targetUsage int64, resource v1.ResourceName, tolerances Tolerances, namespace string, selector labels.Selector, container string) (int32, int64, time.Time, error) {
	a, b, e, err := c.getRawResourceReplicas0(ctx, currentReplicas, targetUsage, resource, tolerances, namespace, selector, container)
	m, _, merr := c.metricsClient.GetResourceMetric(ctx, resource, namespace, selector, container)
	c.recordPods("podAverage", currentReplicas, targetUsage, resource == v1.ResourceCPU, tolerances, namespace, selector, m, merr != nil, false, container, resource, outcome(a, err))
	return a, b, e, err
}

func (c *ReplicaCalculator) GetMetricReplicas(currentReplicas int32, targetUsage int64, metricName string, tolerances Tolerances, namespace string, selector labels.Selector, metricSelector labels.Selector) (int32, int64, time.Time, error) {
	a, b, e, err := c.getMetricReplicas0(currentReplicas, targetUsage, metricName, tolerances, namespace, selector, metricSelector)
	m, _, merr := c.metricsClient.GetRawMetric(metricName, namespace, selector, metricSelector)
	c.recordPods("podAverage", currentReplicas, targetUsage, false, tolerances, namespace, selector, m, merr != nil, false, "", "", outcome(a, err))
	return a, b, e, err
}

func (c *ReplicaCalculator) recordTotal(kind string, current int32, target int64, tol Tolerances, namespace string, selector labels.Selector, total int64, failed bool, result any) {
	var list []map[string]any
	if selector != nil {
		pods, _ := c.podLister.Pods(namespace).List(selector)
		list = podsOf(pods, nil, nil)
	}
	write("proposal", map[string]any{"target": map[string]any{"kind": kind, "value": target, "isCpu": false}, "tolerance": map[string]any{"up": tol.scaleUp, "down": tol.scaleDown}, "specReplicas": current, "pods": list, "total": total, "failed": failed, "result": result})
}

func (c *ReplicaCalculator) GetObjectMetricReplicas(currentReplicas int32, targetUsage int64, metricName string, tolerances Tolerances, namespace string, objectRef *autoscalingv2.CrossVersionObjectReference, selector labels.Selector, metricSelector labels.Selector) (int32, int64, time.Time, error) {
	a, b, e, err := c.getObjectMetricReplicas0(currentReplicas, targetUsage, metricName, tolerances, namespace, objectRef, selector, metricSelector)
	usage, _, merr := c.metricsClient.GetObjectMetric(metricName, namespace, objectRef, metricSelector)
	c.recordTotal("total", currentReplicas, targetUsage, tolerances, namespace, selector, usage, merr != nil, outcome(a, err))
	return a, b, e, err
}

func (c *ReplicaCalculator) GetObjectPerPodMetricReplicas(statusReplicas int32, target int64, metricName string, tolerances Tolerances, namespace string, objectRef *autoscalingv2.CrossVersionObjectReference, metricSelector labels.Selector) (int32, int64, time.Time, error) {
	a, b, e, err := c.getObjectPerPodMetricReplicas0(statusReplicas, target, metricName, tolerances, namespace, objectRef, metricSelector)
	usage, _, merr := c.metricsClient.GetObjectMetric(metricName, namespace, objectRef, metricSelector)
	c.recordTotal("perReplica", statusReplicas, target, tolerances, namespace, nil, usage, merr != nil, outcome(a, err))
	return a, b, e, err
}

func (c *ReplicaCalculator) external(metricName, namespace string, metricSelector *metav1.LabelSelector) (int64, bool) {
	s, err := metav1.LabelSelectorAsSelector(metricSelector)
	if err != nil {
		return 0, true
	}
	m, _, err := c.metricsClient.GetExternalMetric(metricName, namespace, s)
	var sum int64
	for _, v := range m {
		if v > 0 && sum > math.MaxInt64-v {
			return math.MaxInt64, err != nil
		}
		sum += v
	}
	return sum, err != nil
}

func (c *ReplicaCalculator) GetExternalMetricReplicas(currentReplicas int32, targetUsage int64, metricName string, tolerances Tolerances, namespace string, metricSelector *metav1.LabelSelector, podSelector labels.Selector) (int32, int64, time.Time, error) {
	a, b, e, err := c.getExternalMetricReplicas0(currentReplicas, targetUsage, metricName, tolerances, namespace, metricSelector, podSelector)
	sum, failed := c.external(metricName, namespace, metricSelector)
	c.recordTotal("total", currentReplicas, targetUsage, tolerances, namespace, podSelector, sum, failed, outcome(a, err))
	return a, b, e, err
}

func (c *ReplicaCalculator) GetExternalPerPodMetricReplicas(statusReplicas int32, target int64, metricName string, tolerances Tolerances, namespace string, metricSelector *metav1.LabelSelector) (int32, int64, time.Time, error) {
	a, b, e, err := c.getExternalPerPodMetricReplicas0(statusReplicas, target, metricName, tolerances, namespace, metricSelector)
	sum, failed := c.external(metricName, namespace, metricSelector)
	c.recordTotal("perReplica", statusReplicas, target, tolerances, namespace, nil, sum, failed, outcome(a, err))
	return a, b, e, err
}

func rulesOf(r *autoscalingv2.HPAScalingRules) map[string]any {
	if r == nil {
		return nil
	}
	policies := []map[string]any{}
	for _, p := range r.Policies {
		policies = append(policies, map[string]any{"type": string(p.Type), "value": p.Value, "periodSeconds": p.PeriodSeconds})
	}
	out := map[string]any{"policies": policies}
	if r.SelectPolicy != nil {
		out["selectPolicy"] = string(*r.SelectPolicy)
	}
	if r.StabilizationWindowSeconds != nil {
		out["stabilizationWindowSeconds"] = *r.StabilizationWindowSeconds
	}
	return out
}

func recommendationsOf(now time.Time, list []timestampedRecommendation) []map[string]any {
	out := []map[string]any{}
	for _, r := range list {
		out = append(out, map[string]any{"at": rel(now, r.timestamp), "replicas": r.recommendation})
	}
	return out
}

func eventsOf(now time.Time, list []timestampedScaleEvent) []map[string]any {
	out := []map[string]any{}
	for _, r := range list {
		out = append(out, map[string]any{"at": rel(now, r.timestamp), "replicas": r.replicaChange})
	}
	return out
}

func (a *HorizontalController) stabilizeRecommendationWithBehaviors(args NormalizationArg) (int32, string, string) {
	before := recommendationsOf(time.Now(), a.recommendations[args.Key])
	r, x, y := a.stabilizeRecommendationWithBehaviors0(args)
	write("stabilize", map[string]any{"recommendations": before, "up": rulesOf(args.ScaleUpBehavior), "down": rulesOf(args.ScaleDownBehavior), "current": args.CurrentReplicas, "wanted": args.DesiredReplicas, "result": r})
	return r, x, y
}

func (a *HorizontalController) convertDesiredReplicasWithBehaviorRate(args NormalizationArg) (int32, string, string) {
	now := time.Now()
	up, down := eventsOf(now, a.scaleUpEvents[args.Key]), eventsOf(now, a.scaleDownEvents[args.Key])
	r, x, y := a.convertDesiredReplicasWithBehaviorRate0(args)
	write("limit", map[string]any{"added": up, "removed": down, "up": rulesOf(args.ScaleUpBehavior), "down": rulesOf(args.ScaleDownBehavior), "current": args.CurrentReplicas, "wanted": args.DesiredReplicas, "min": args.MinReplicas, "max": args.MaxReplicas, "result": r})
	return r, x, y
}

func (a *HorizontalController) normalizeDesiredReplicas(hpa *autoscalingv2.HorizontalPodAutoscaler, key string, current int32, wanted int32, minReplicas int32) int32 {
	before := recommendationsOf(time.Now(), a.recommendations[key])
	r := a.normalizeDesiredReplicas0(hpa, key, current, wanted, minReplicas)
	write("legacy", map[string]any{"recommendations": before, "current": current, "wanted": wanted, "min": minReplicas, "max": hpa.Spec.MaxReplicas, "window": a.downscaleStabilisationWindow.Seconds(), "result": r})
	return r
}
