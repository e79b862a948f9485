import type { Channel, TracingChannel } from 'node:diagnostics_channel';

/** Where checkpoints are published; `docs/guide/observe.md` has the messages. */
export interface Channels {
  readonly checkpoint: TracingChannel;
  readonly phase: TracingChannel;
  readonly resource: TracingChannel;
  readonly restored: Channel;
}

/** Names of the channels. */
export const CHANNEL_NAMES: { readonly [Name in keyof Channels]: string } = {
  checkpoint: 'node-crac:checkpoint',
  phase: 'node-crac:phase',
  resource: 'node-crac:resource',
  restored: 'node-crac:restored',
};

let channels: Channels | undefined;

/** The channels, if somebody listens to one of them. The module of Node is loaded by the first checkpoint. */
export function listenedChannels(): Channels | undefined {
  const { tracingChannel, channel } = process.getBuiltinModule('node:diagnostics_channel');
  channels ??= {
    checkpoint: tracingChannel(CHANNEL_NAMES.checkpoint),
    phase: tracingChannel(CHANNEL_NAMES.phase),
    resource: tracingChannel(CHANNEL_NAMES.resource),
    restored: channel(CHANNEL_NAMES.restored),
  };
  const { checkpoint, phase, resource, restored } = channels;
  const isListened = restored.hasSubscribers || [checkpoint, phase, resource].some(hasSubscribers);
  return isListened ? channels : undefined;
}

/** Node.js 20 has no such property of a tracing channel. */
function hasSubscribers({ start, end, asyncStart, asyncEnd, error }: TracingChannel): boolean {
  return [start, end, asyncStart, asyncEnd, error].some((each) => each.hasSubscribers);
}
