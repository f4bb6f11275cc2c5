import { percent, ratio } from '../format';
import { type Html, html } from './html';

/** A policy by its cost, in replica-hours as a multiple of the oracle's, and by the share of requests that it fails. */
export interface Point {
  readonly label: string;
  readonly toOracle: number;
  readonly overCapacity: number;
  /** Whether it is of the front that was found, or one of the policies that are compared. */
  readonly isFront: boolean;
}

const WIDTH = 640;
const HEIGHT = 360;
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 24, 16, 48];

/** What costs so many times the least is left out of the picture: it would press the others into a corner. */
const FAR = 1.5;

/** Pixels between two labels, one above the other. */
const LINE = 16;

/** The front as a picture: cost to the right, failures upwards, in powers of ten since they differ by these. */
export function frontPicture(all: readonly Point[]): Html {
  const cheapest = Math.min(...all.map(({ toOracle }) => toOracle));
  const points = all.filter(({ toOracle }) => toOracle <= FAR * cheapest);
  const hours = points.map(({ toOracle }) => toOracle);
  const [least, most] = [Math.min(...hours), Math.max(...hours)];
  const spread = Math.max(most - least, most * 0.02);
  const x = (value: number) => LEFT + ((value - least) / spread) * (WIDTH - LEFT - RIGHT);
  const [bottom, top] = decades(points);
  const y = (share: number) => {
    const place = share <= 0 ? 0 : (Math.log10(share) - bottom + 1) / (top - bottom + 1);
    return HEIGHT - BOTTOM - Math.max(0, place) * (HEIGHT - TOP - BOTTOM);
  };
  const ticks = Array.from({ length: top - bottom + 1 }, (_, i) => 10 ** (bottom + i));
  const steps = Array.from({ length: 5 }, (_, i) => least + (spread * i) / 4);
  const front = points.filter(({ isFront }) => isFront).sort((a, b) => a.toOracle - b.toOracle);
  const policies = points.filter(({ isFront }) => !isFront);
  const line = front.map(({ toOracle, overCapacity }) => `${round(x(toOracle))},${round(y(overCapacity))}`);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Requests over capacity against cost, one dot for each policy; the table below has the numbers">
${[0, ...ticks].map(
  (
    share,
  ) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(share))}" y2="${round(y(share))}"/>
<text x="${LEFT - 8}" y="${round(y(share) + 4)}" text-anchor="end">${percent(share)}</text>
`,
)}${steps.map(
  (value) =>
    html`<text x="${round(x(value))}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${ratio(value)}</text>
`,
)}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">replica-hours, as a multiple of the oracle's</text>
<polyline class="front" points="${line.join(' ')}"/>
${front.map((point) => dot(point, x, y))}${policies.map((point) => dot(point, x, y))}${labels(policies, x, y)}</svg>`;
}

type Place = (value: number) => number;

function dot({ label, toOracle, overCapacity, isFront }: Point, x: Place, y: Place): Html {
  const kind = isFront ? 'front' : 'policy';
  const place = html`class="${kind}" cx="${round(x(toOracle))}" cy="${round(y(overCapacity))}" r="${isFront ? 4 : 5}"`;
  const numbers = `${ratio(toOracle)} × oracle, ${percent(overCapacity)} over capacity`;
  return html`<circle ${place}><title>${label}: ${numbers}</title></circle>
`;
}

/** Labels to the right of their dots, or to the left where there is no room, each below the one before. */
function labels(points: readonly Point[], x: Place, y: Place): Html[] {
  let above = Number.NEGATIVE_INFINITY;
  return [...points]
    .sort((a, b) => y(a.overCapacity) - y(b.overCapacity))
    .map(({ label, toOracle, overCapacity }) => {
      const [left, top] = [x(toOracle), y(overCapacity)];
      above = Math.max(top - 8, above + LINE);
      const [side, anchor] = left > WIDTH * 0.7 ? [-14, 'end'] : [14, 'start'];
      return html`<line class="leader" x1="${round(left)}" y1="${round(top)}" x2="${round(left + side * 0.8)}" y2="${round(above - 4)}"/>
<text x="${round(left + side)}" y="${round(above)}" text-anchor="${anchor}">${label}</text>
`;
    });
}

/** The powers of ten that all shares but 0 lie between. */
function decades(points: readonly Point[]): readonly [number, number] {
  const exponents = points
    .filter(({ overCapacity }) => overCapacity > 0)
    .map((point) => Math.log10(point.overCapacity));
  if (exponents.length === 0) return [-4, -3];
  return [Math.floor(Math.min(...exponents)), Math.ceil(Math.max(...exponents))];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
