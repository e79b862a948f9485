/** The Node versions of this run, as the runner was asked for them; it puts them here for the test processes. */
const NODES = 'TEST_RUN_NODES';

/** Tells the test processes which Node versions this run has. */
export function announceNodes(majors: readonly string[]): void {
  process.env[NODES] = majors.join();
}

/**
 * The reason to skip a test that takes long and shows the same whichever Node carries it out: it runs under the first one of the run. `false` there,
 * and for a test file that was started without the runner.
 */
export function isSameUnderEveryNode(): string | false {
  const [first = 'current'] = process.env[NODES]?.split(',') ?? [];
  const [own] = process.versions.node.split('.');
  return first === 'current' || first === own
    ? false
    : `does not depend on the Node that carries it out, which was Node ${first} in this run`;
}
