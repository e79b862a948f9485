import { END, freeze } from './freeze.js';

const { write } = await freeze();
write(END);
