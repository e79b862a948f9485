import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const repository: string = fileURLToPath(new URL('../../../', import.meta.url));

/** The executable that becomes the restored process. */
export const launcher: string = `${repository}prebuilds/linux-x64/crac-launcher`;

/** The `crac` command. */
export const crac: string = `${repository}bin/crac`;

/** The compiled tests. */
export const compiled: string = `${repository}build/test/`;
