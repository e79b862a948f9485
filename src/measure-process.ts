import os from 'node:os';
import v8 from 'node:v8';
import { history, uptimeSinceRestore } from './checkpoint/history.js';

/** The metrics that every image records about its process; names and units of those that CRaC has as well are CRaC's. */
export function measureProcess(resources: number): Readonly<Record<string, number>> {
  const { restored, generation } = history();
  const sinceBoot = performance.now();
  const sinceRestore = uptimeSinceRestore();
  const { user, system } = process.cpuUsage();
  const heap = v8.getHeapStatistics();
  const code = v8.getHeapCodeStatistics();
  const loop = performance.eventLoopUtilization();
  return {
    'vm.bootTime': Math.round(performance.timeOrigin),
    'vm.uptime': restored === undefined ? sinceBoot : sinceRestore,
    'vm.uptimeSinceBoot': sinceBoot,
    'vm.uptimeSinceRestore': sinceRestore,
    'vm.processCpuTime': (user + system) / 1000,
    'vm.availableProcessors': os.availableParallelism(),
    'vm.freeMemory': heap.total_heap_size - heap.used_heap_size,
    'vm.totalMemory': heap.total_heap_size,
    'vm.maxMemory': heap.heap_size_limit,
    'node.residentMemory': process.memoryUsage.rss(),
    'node.externalMemory': heap.external_memory ?? 0,
    'node.eventLoopUtilization': loop.utilization,
    'node.eventLoopActive': loop.active,
    'v8.codeSize': code.code_and_metadata_size,
    'v8.bytecodeSize': code.bytecode_and_metadata_size,
    'crac.generation': generation + 1,
    'crac.globalContext.size': resources,
  };
}
