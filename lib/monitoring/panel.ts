import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The window of rates, which Grafana fits to the time range and to how often Prometheus asks. */
export const WINDOW = '$__rate_interval';

/** A panel: what it shows, in which of Grafana's units, and a query for each line. */
export interface PanelProps {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly lines: Readonly<Record<string, string>>;
  /** Whether values may be below zero, so that the panel doesn't begin there. */
  readonly isSigned?: boolean;
  /** Values that should not be exceeded, drawn across the panel. */
  readonly bounds?: readonly number[];
}

/** An empty dashboard with what all of them have in common. */
export function dashboard(props: {
  readonly platform: string;
  readonly title: string;
  /** At most 40 characters. */
  readonly uid: string;
  readonly description: string;
}): DashboardBuilder {
  const { platform, title, uid, description } = props;
  return new DashboardBuilder(`${platform}: ${title}`)
    .uid(uid)
    .tags(['recstack', platform])
    .description(description)
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('1m')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'));
}

/** Lines over time. */
export function timeseries({
  title,
  description,
  unit,
  lines,
  isSigned = false,
  bounds = [],
}: PanelProps): PanelBuilder {
  const panel = new PanelBuilder()
    .title(title)
    .description(description)
    .datasource({ type: 'prometheus', uid: '$datasource' })
    .unit(unit)
    // The library's own default is none, and lines without names tell nothing.
    .legend(new VizLegendOptionsBuilder().showLegend(true))
    .span(8)
    .height(7);
  if (!isSigned) panel.min(0);
  if (bounds.length > 0) {
    const steps = [...bounds].sort((a, b) => a - b).map((value) => ({ value, color: 'red' }));
    panel
      .thresholds(
        new ThresholdsConfigBuilder()
          .mode(ThresholdsMode.Absolute)
          .steps([{ value: null, color: 'transparent' }, ...steps]),
      )
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  Object.entries(lines).forEach(([legend, expr], i) => {
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + i))
        .expr(expr)
        .legendFormat(legend),
    );
  });
  return panel;
}
