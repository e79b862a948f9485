/**
 * Metrics for Prometheus, by means of `prom-client`, which the application brings along.
 *
 * @packageDocumentation
 */
import { manager } from './composition.js';
import { CHECKPOINT_OUTCOMES } from './core/records.js';
import { AVAILABILITY_STATUSES } from './engines/engine.js';

/** What is needed of a metric of `prom-client`. */
export interface PromMetric {
  reset(): void;
}

/** What is needed of a gauge. */
export interface PromGauge extends PromMetric {
  set(labels: Record<string, string>, value: number): void;
}

/** What is needed of a counter. */
export interface PromCounter extends PromMetric {
  inc(labels: Record<string, string>, value: number): void;
}

interface Configuration<Metric> {
  name: string;
  help: string;
  labelNames: string[];
  collect(this: Metric): void;
  registers?: never[];
}

/** What is needed of `prom-client`. */
export interface PromClient {
  readonly Counter: new (configuration: Configuration<PromCounter>) => PromCounter;
  readonly Gauge: new (configuration: Configuration<PromGauge>) => PromGauge;
}

/** How the metrics are made. */
export interface MetricsOptions {
  /** Beginning of their names. @default 'crac_' */
  readonly prefix?: string;
  /** Registries in which they are entered. @default the global one of `prom-client` */
  readonly registers?: readonly object[];
}

type Values = readonly (readonly [labels: Record<string, string>, value: number | undefined])[];

/**
 * Makes metrics of this process's checkpoints and restores. Their values are read when they are collected; nothing is done before.
 *
 * @example
 * ```js
 * import client from 'prom-client';
 * import { createMetrics } from 'node-crac/metrics';
 *
 * createMetrics(client);
 * console.log(await client.register.metrics());
 * ```
 */
export function createMetrics(client: PromClient, options: MetricsOptions = {}): void {
  const { prefix = 'crac_', registers } = options;
  const common = registers === undefined ? {} : { registers: [...registers] as never[] };
  const counter = (name: string, help: string, labelNames: string[], read: () => Values): void => {
    new client.Counter({
      name: prefix + name,
      help,
      labelNames,
      ...common,
      collect() {
        this.reset();
        for (const [labels, value] of read()) if (value !== undefined) this.inc(labels, value);
      },
    });
  };
  const gauge = (name: string, help: string, labelNames: string[], read: () => Values): void => {
    new client.Gauge({
      name: prefix + name,
      help,
      labelNames,
      ...common,
      collect() {
        this.reset();
        for (const [labels, value] of read()) if (value !== undefined) this.set(labels, value);
      },
    });
  };
  counter('checkpoints_total', 'Checkpoints by how they ended.', ['outcome'], () => {
    const counts = manager.counts();
    return CHECKPOINT_OUTCOMES.map((outcome) => [{ outcome }, counts[outcome]]);
  });
  counter('restores_total', 'Restores that lie behind this process.', [], () => [
    [{}, manager.counts().restored],
  ]);
  gauge('checkpoint_start_time_seconds', 'When the last checkpoint began.', [], () => [
    [{}, seconds(manager.lastCheckpoint()?.startedAt)],
  ]);
  gauge('checkpoint_duration_seconds', 'How long the last checkpoint took.', [], () => [
    [{}, seconds(manager.lastCheckpoint()?.duration)],
  ]);
  gauge('checkpoint_phase_duration_seconds', 'How long its steps took.', ['phase'], () =>
    Object.entries(manager.lastCheckpoint()?.phases ?? {}).map(([phase, time]) => [{ phase }, seconds(time)]),
  );
  gauge('restore_start_time_seconds', 'When the last restore began.', [], () => [
    [{}, seconds(manager.lastRestore()?.startedAt)],
  ]);
  gauge('restore_duration_seconds', 'How long its steps took.', ['phase'], () => {
    const { engine, runtime, application } = manager.lastRestore() ?? {};
    const own = application === undefined ? undefined : application - (runtime ?? 0);
    return Object.entries({ engine, runtime, application: own }).map(([phase, time]) => [
      { phase },
      seconds(time),
    ]);
  });
  gauge(
    'availability',
    'Whether a checkpoint could be made: 1 for the status that holds.',
    ['status'],
    () => {
      const present = manager.availability().status;
      return AVAILABILITY_STATUSES.map((status) => [{ status }, Number(status === present)]);
    },
  );
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}
