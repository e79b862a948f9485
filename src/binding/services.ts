import type { NativeBinding } from './binding.js';
import { loadBinding } from './load.js';

/** What the agent does for a process besides writing and restoring it. */
export type AgentServices = Omit<
  NativeBinding,
  | 'checkpoint'
  | 'suspend'
  | 'leave'
  | 'brought'
  | 'adoptEnvironment'
  | 'writer'
  | 'openUevents'
  | 'watchReadable'
  | 'unwatchReadable'
  | 'connectUnix'
  | 'receive'
  | 'mapCounter'
  | 'readCounter'
  | 'unmapCounter'
>;

/** Where there is no agent nothing is written to disk either, so that nothing has to be set right. */
const WITHOUT_AGENT: AgentServices = {
  descriptors: () => [],
  pid: () => process.pid,
  probe: () => ({
    problems: [],
    kernel: '',
    ioUring: false,
    pagemapScan: false,
    clockWaits: true,
    pkeys: 0,
  }),
  cpuFeatures: () => '',
  learnGenerators: () => ({ status: 'found', missing: '' }),
  setLocale() {},
  limitHeap() {},
  gather() {},
  setFlagsLater() {},
  localeChanged() {},
  timeZoneChanged() {},
  pipe: () => [],
  wakeOutput: () => -1,
  rememberTerminal() {},
  adoptTerminal() {},
  trim() {},
  withAllHandles: (callback) => callback(),
  requests: () => 0,
  stopWatchers: () => 0,
  startWatchers: () => [],
  pauseListeners() {},
  resumeListeners() {},
  random: () => 'off',
  reseed: () => false,
  pools: () => [],
  renew() {},
};

/** The agent's services, or what stands for them on platforms without an agent: an engine that needs the agent says so itself. */
export function agentServices(): AgentServices {
  try {
    return loadBinding();
  } catch {
    return WITHOUT_AGENT;
  }
}
