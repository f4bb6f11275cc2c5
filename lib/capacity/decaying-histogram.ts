/** Each bucket is wider than the one before by this factor. */
const GROWTH = 1.05;

/**
 * The distribution of values of which the newer ones count more, kept as the recommender of the Vertical Pod Autoscaler
 * keeps it, so that the same usage gives the same numbers.
 *
 * @see https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/pkg/recommender/util/decaying_histogram.go
 */
export class DecayingHistogram {
  private readonly weights: number[] = [];
  private readonly buckets: number;

  /**
   * @param firstBucket width of the bucket that begins at 0
   * @param greatest what is above is counted as this much
   * @param halfLife seconds in which a value loses half of its weight
   * @param now from which the age of a value is counted, in seconds
   */
  constructor(
    private readonly firstBucket: number,
    greatest: number,
    private readonly halfLife: number,
    private readonly now: number,
  ) {
    this.buckets = Math.ceil(this.place(greatest)) + 1;
  }

  add(value: number, at: number): void {
    const bucket = value < this.firstBucket ? 0 : Math.min(Math.floor(this.place(value)), this.buckets - 1);
    this.weights[bucket] = (this.weights[bucket] ?? 0) + 2 ** ((at - this.now) / this.halfLife);
  }

  /** The end of the bucket below which a share of the weight is. */
  quantile(share: number): number {
    const threshold = share * this.weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    // Sparse: what was never filled is skipped.
    const bucket = this.weights.findIndex((weight = 0) => {
      sum += weight;
      return sum > 0 && sum >= threshold;
    });
    return this.startOf(Math.min(bucket + 1, this.buckets - 1));
  }

  private place(value: number): number {
    return Math.log((value * (GROWTH - 1)) / this.firstBucket + 1) / Math.log(GROWTH);
  }

  private startOf(bucket: number): number {
    return (this.firstBucket * (GROWTH ** bucket - 1)) / (GROWTH - 1);
  }
}
