/** Compiles the sources into `dist/`, if they changed: `npm run build`. */
import { buildSources } from './setup/build.mjs';

buildSources();
