// Draws the charts over time. Runs in the browser, after uPlot.
(() => {
  'use strict';
  const HOUR = 3600;
  const HEIGHT = 260;
  /** Of a printed page, in pixels. */
  const PAGE_WIDTH = 680;

  /** What each kind of chart shows of a series: lines, and which of them at first. */
  const CHARTS = {
    traffic: ({ offered, policies, capacity }) => [
      { label: 'requests', color: '--load', values: offered, shown: true },
      ...policies
        .filter(({ name }) => name === 'emitted' || name === 'proposed')
        .map((policy) => ({
          ...line(policy),
          label: `capacity ${policy.label}`,
          values: policy.ready.map((count) => count * capacity),
          shown: true,
        })),
    ],
    replicas: ({ policies }) =>
      policies.map((policy) => ({
        ...line(policy),
        values: policy.replicas,
        shown: ['emitted', 'proposed', 'oracle'].includes(policy.name),
      })),
    violations: ({ policies, offered, capacity }) =>
      policies
        .filter(({ name }) => name !== 'oracle')
        .map((policy) => ({
          ...line(policy),
          values: offered.map((rate, i) => Math.max(0, rate - policy.ready[i] * capacity)),
          shown: policy.name === 'emitted' || policy.name === 'proposed',
        })),
  };

  function line({ name, label }) {
    return { label, color: `--${name}` };
  }

  const drawn = [];

  for (const element of document.querySelectorAll('.charts')) {
    unpack(document.getElementById(element.dataset.series).textContent).then((series) => show(element, series));
  }

  async function unpack(base64) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const { offered, policies, ticks, ...rest } = await new Response(stream).json();
    const rates = new Float64Array(ticks);
    for (let i = 0; i < ticks; i++) rates[i] = offered.rates[Math.floor(i / offered.every)];
    const expanded = policies.map(({ replicas, ready, ...policy }) => ({
      ...policy,
      replicas: expand(replicas, ticks),
      ready: expand(ready, ticks),
    }));
    return { ...rest, ticks, offered: rates, policies: expanded };
  }

  /** From runs of equal values, each as its length and the value. */
  function expand(runs, ticks) {
    const values = new Float64Array(ticks);
    let at = 0;
    for (let i = 0; i < runs.length; i += 2) {
      values.fill(runs[i + 1], at, at + runs[i]);
      at += runs[i];
    }
    return values;
  }

  function show(element, series) {
    const { ticks, tick } = series;
    const toolbar = element.querySelector('.toolbar');
    const told = toolbar.querySelector('output');
    const hour = Math.max(2, Math.round(HOUR / tick));
    let view = [0, ticks];
    const plots = [...element.querySelectorAll('.plot')].map((plot) => chart(plot, series, move));
    toolbar.hidden = false;
    toolbar.addEventListener('click', ({ target }) => {
      const [from, to] = view;
      const span = to - from;
      const moves = {
        whole: () => [0, ticks],
        busiest: () => around(highest(series.offered), hour),
        worst: () => around(highest(overOf(series, 'emitted')), hour),
        in: () => [from + span / 4, to - span / 4],
        out: () => [from - span / 2, to + span / 2],
        earlier: () => [from - span / 2, to - span / 2],
        later: () => [from + span / 2, to + span / 2],
      };
      const wanted = moves[target.dataset.view];
      if (wanted) move(...wanted());
    });
    drawn.push({ element, plots, draw: () => move(...view) });
    move(0, ticks);

    /** Shows the ticks from one to another, in all charts; a span that sticks out is moved in. */
    function move(from, to) {
      const span = Math.min(ticks, Math.max(4, Math.round(to - from)));
      const start = Math.min(ticks - span, Math.max(0, Math.round(from)));
      view = [start, start + span];
      for (const plot of plots) plot.show(start, start + span);
      // The end of a day is the start of the next one.
      told.textContent = `${when(series, start, span)} to ${when(series, start + span - (isDays(series, span) ? 1 : 0), span)}`;
    }
  }

  function around(place, span) {
    return [place - span / 2, place + span / 2];
  }

  function highest(values) {
    let place = 0;
    for (let i = 1; i < values.length; i++) if (values[i] > values[place]) place = i;
    return place;
  }

  function overOf({ offered, policies, capacity }, name) {
    const { ready } = policies.find((policy) => policy.name === name);
    return offered.map((rate, i) => rate - ready[i] * capacity);
  }

  /** The time of a tick, as short as the span that is shown allows. */
  function when({ startsAt, tick }, at, span) {
    const iso = new Date(((startsAt ?? 0) + at * tick) * 1000).toISOString();
    const day = startsAt === null ? `day ${Math.floor((at * tick) / 86400) + 1}` : iso.slice(0, 10);
    if (isDays({ tick }, span)) return day;
    return `${day} ${iso.slice(11, span * tick > 900 ? 16 : 19)}`;
  }

  /** Whether a span is so long that only days matter. */
  function isDays({ tick }, span) {
    return span * tick > 6 * 86400;
  }

  function chart(element, series, move) {
    const lines = CHARTS[element.dataset.chart](series);
    const base = series.startsAt ?? 0;
    const stepped = uPlot.paths.stepped({ align: 1 });
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        cursor: {
          sync: { key: element.closest('.charts').dataset.series },
          drag: { x: true, y: false, setScale: false },
        },
        scales: {
          x: { time: true, range: (_plot, from, to) => [from, to] },
          y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.05 : 1] },
        },
        axes: [
          {
            stroke: () => color('--text'),
            grid: { stroke: () => color('--grid'), width: 1 },
            ticks: { stroke: () => color('--grid'), width: 1 },
            space: 90,
            values: (shown, splits) => {
              const span = (shown.scales.x.max - shown.scales.x.min) / series.tick;
              return splits.map((split) => shortened(when(series, (split - base) / series.tick, span)));
            },
          },
          {
            stroke: () => color('--text'),
            grid: { stroke: () => color('--grid'), width: 1 },
            ticks: { stroke: () => color('--grid'), width: 1 },
            size: 64,
          },
        ],
        series: [
          {},
          ...lines.map(({ label, color: name, shown }) => ({
            label,
            show: shown,
            stroke: () => color(name),
            width: 1.5,
            paths: stepped,
            points: { show: false },
          })),
        ],
        hooks: {
          setSelect: [
            (shown) => {
              const { left, width } = shown.select;
              if (width < 4) return;
              const ticksAt = (pixel) => (shown.posToVal(pixel, 'x') - base) / series.tick;
              const [from, to] = [ticksAt(left), ticksAt(left + width)];
              shown.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              move(from, to);
            },
          ],
          setCursor: [(shown) => tell(shown)],
        },
      },
      [[], ...lines.map(() => [])],
      element,
    );
    const outputs = legend(element.parentElement.querySelector('.legend'), lines, plot);
    plot.over.addEventListener('dblclick', () => move(0, series.ticks));
    return {
      plot,
      show(from, to) {
        plot.batch(() => {
          plot.setData(
            thinned(lines, from, to, Math.max(100, plot.width), (at) => base + at * series.tick),
            false,
          );
          plot.setScale('x', { min: base + from * series.tick, max: base + to * series.tick });
          // The height follows what is shown.
          plot.setScale('y', {
            min: 0,
            max: Math.max(
              ...plot.data.slice(1).flatMap((values, i) => (plot.series[i + 1].show ? [greatest(values)] : [])),
            ),
          });
        });
      },
    };

    function tell({ cursor, data }) {
      outputs.forEach((output, i) => {
        const value = data[i + 1][cursor.idx];
        output.textContent = value === undefined ? '' : String(Number(value.toPrecision(4)));
      });
    }
  }

  function greatest(values) {
    let most = 0;
    for (const value of values) if (value > most) most = value;
    return most;
  }

  /** Ticks on an axis need no date where the whole of it is one day. */
  function shortened(text) {
    return text.replace(/^\d{4}-/, '');
  }

  /** A box for each line to show it or not, and its value under the pointer. */
  function legend(element, lines, plot) {
    return lines.map(({ label, color: name, shown }, i) => {
      const item = document.createElement('label');
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.checked = shown;
      const swatch = document.createElement('i');
      swatch.style.borderColor = `var(${name})`;
      const output = document.createElement('output');
      item.append(box, swatch, label, output);
      element.append(item);
      box.addEventListener('change', () => {
        plot.setSeries(i + 1, { show: box.checked });
        redraw();
      });
      return output;
    });
  }

  /**
   * The ticks of a view, or where there are more than pixels, of each pixel's worth the least and the greatest value in
   * the order in which they came: no peak is lost.
   */
  function thinned(lines, from, to, pixels, timeOf) {
    const each = Math.max(1, Math.floor((to - from) / pixels));
    if (each < 3) {
      const times = Float64Array.from({ length: to - from + 1 }, (_, i) => timeOf(from + i));
      return [times, ...lines.map(({ values }) => closed(values.subarray(from, to)))];
    }
    const count = Math.ceil((to - from) / each);
    const times = Float64Array.from({ length: 2 * count + 1 }, (_, i) => timeOf(Math.min(to, from + (i * each) / 2)));
    return [times, ...lines.map(({ values }) => closed(extremes(values, from, to, each, count)))];
  }

  function extremes(values, from, to, each, count) {
    const result = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      const start = from + i * each;
      let least = start;
      let most = start;
      for (let k = start + 1; k < Math.min(to, start + each); k++) {
        if (values[k] < values[least]) least = k;
        if (values[k] > values[most]) most = k;
      }
      result[2 * i] = values[Math.min(least, most)];
      result[2 * i + 1] = values[Math.max(least, most)];
    }
    return result;
  }

  /** The last tick lasts as long as the others. */
  function closed(values) {
    const result = new Float64Array(values.length + 1);
    result.set(values);
    result[values.length] = values[values.length - 1];
    return result;
  }

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name);
  }

  function redraw(width) {
    for (const { element, plots, draw } of drawn) {
      const space = width ?? element.clientWidth;
      for (const { plot } of plots) if (plot.width !== space) plot.setSize({ width: space, height: HEIGHT });
      draw();
      for (const { plot } of plots) plot.redraw();
    }
  }

  const { documentElement } = document;
  addEventListener('resize', () => redraw());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redraw());
  // On paper it is always light.
  addEventListener('beforeprint', () => {
    documentElement.dataset.theme = 'light';
    redraw(PAGE_WIDTH);
  });
  addEventListener('afterprint', () => {
    delete documentElement.dataset.theme;
    redraw();
  });
})();
