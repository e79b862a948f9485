/**
 * The preload: `node --import node-crac/register app.js` makes a program reachable for `crac checkpoint`.
 *
 * It opens one socket that does not keep the process alive and changes nothing else. In worker threads it does nothing.
 */
import { isMainThread } from 'node:worker_threads';
import { startControl } from './start-control.js';

if (isMainThread) startControl();
