import { CRIU, needsCriu, ownNumbers } from '../support/criu.js';
import { repository } from '../support/paths.js';
import { conform } from './conformance.js';

conform({ name: 'native', files: /^process\.core$/, vital: /^process\.core$/ });
conform({
  name: 'criu',
  skip: needsCriu(),
  env: { CRAC_ENGINE_OPTIONS: `criu_location=${CRIU}` },
  around: (round) => ownNumbers(1000 * (round + 1)),
  files: /^criu-[0-9a-f-]+$/,
  vital: /\/pages-1\.img$/,
});
conform({ name: 'pause', files: /^pid$/, vital: /^manifest\.json$/ });
conform({ name: 'simulate', files: /^$/, vital: /^$/ });
conform({
  name: 'restart',
  engine: `${repository}examples/restart-engine/index.js`,
  files: /^restart-[0-9a-f-]+\.json$/,
  vital: /^restart-/,
});
