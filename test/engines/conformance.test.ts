import { repository } from '../support/paths.js';
import { conform } from './conformance.js';

conform({ name: 'native', files: /^process\.core$/, vital: /^process\.core$/ });
conform({ name: 'pause', files: /^pid$/, vital: /^manifest\.json$/ });
conform({ name: 'simulate', files: /^$/, vital: /^$/ });
conform({
  name: 'restart',
  engine: `${repository}examples/restart-engine/index.js`,
  files: /^restart-[0-9a-f-]+\.json$/,
  vital: /^restart-/,
});
