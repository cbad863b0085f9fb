import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/adapters/disk/package-root.ts';
import { FULL_SIZES, QUICK_SIZES } from './bench-sizes.ts';
import { thisMachine } from './machine.ts';
import { mergedResults, resultsJson, writeResults } from './results.ts';
import type { Section, SectionResult } from './section.ts';
import { assemblySection } from './sections/assembly.ts';
import { concurrencySection } from './sections/concurrency.ts';
import { exploreSection } from './sections/explore.ts';
import { fanOutSection } from './sections/fan-out.ts';
import { growthSection } from './sections/growth.ts';
import { nativeSection } from './sections/native.ts';
import { oneByOneSection } from './sections/one-by-one.ts';
import { overheadSection } from './sections/overhead.ts';
import { profileSection } from './sections/profile.ts';
import { scaleOutSection } from './sections/scale-out.ts';
import { startUpSection } from './sections/start-up.ts';
import { watchedSection } from './sections/watched.ts';

/** In the order in which they are measured and written. */
const SECTIONS: readonly Section[] = [
  overheadSection,
  oneByOneSection,
  concurrencySection,
  growthSection,
  scaleOutSection,
  fanOutSection,
  assemblySection,
  watchedSection,
  startUpSection,
  nativeSection,
  exploreSection,
  profileSection,
];

const HELP = `npm run bench -- [--quick] [--output FOLDER] [SECTION …]

Measures BTC Fake against bare baselines, in ratios within one run on one machine, and writes results.json, results.md and
results.svg into bench/results/. Sections that are not measured keep the results that are there. Give the machine nothing
else to do meanwhile: all of it takes about an hour.

  --quick    small sizes, to see that it works; the figures mean nothing, and are written only with --output
  --output   another folder for the results

${SECTIONS.map(({ name, about, onlyByName }) => `  ${name.padEnd(11)} ${about}${onlyByName ? ' (only when it is named)' : ''}`).join('\n')}
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, output: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const unknown = positionals.filter((name) => !SECTIONS.some((section) => section.name === name));
  if (values.help || unknown.length > 0) {
    for (const name of unknown) say(`There is no section ${name}.`);
    process.stdout.write(HELP);
    process.exitCode = unknown.length > 0 ? 64 : 0;
    return;
  }
  const wanted = SECTIONS.filter(({ name, onlyByName }) =>
    positionals.length === 0 ? !onlyByName : positionals.includes(name),
  );
  const sizes = values.quick ? QUICK_SIZES : FULL_SIZES;
  const sections: Record<string, SectionResult> = {};
  const machine = await thisMachine();
  const folder = values.output ?? (values.quick ? undefined : join(packageRoot(), 'bench', 'results'));
  const names = SECTIONS.map(({ name }) => name);
  for (const section of wanted) {
    say(`== ${section.name}: ${section.about}`);
    sections[section.name] = await section.measure({ sizes, say });
    // What was measured stays, whatever happens to the next section.
    if (folder !== undefined) await writeResults(folder, await mergedResults(folder, { machine, sections }, names));
  }
  process.stdout.write(resultsJson({ machine, sections }));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await main();
