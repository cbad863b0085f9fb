const SECTIONS = ['Added', 'Changed', 'Fixed'];
const UNRELEASED = '## [Unreleased]';

/** What is wrong with a changelog or a version; its message is one line for the person who makes the release. */
export class ReleaseError extends Error {}

/**
 * Moves what is unreleased under a version, with the sections Added, Changed and Fixed in this order, and leaves an
 * empty [Unreleased] above.
 * @param date `YYYY-MM-DD`.
 * @throws ReleaseError when nothing is unreleased, or a section is another one.
 */
export function releaseChangelog(changelog, version, date) {
  const from = changelog.indexOf(`${UNRELEASED}\n`);
  if (from < 0) throw new ReleaseError(`CHANGELOG.md has no "${UNRELEASED}"`);
  const start = from + UNRELEASED.length + 1;
  const next = changelog.indexOf('\n## [', start);
  const end = next < 0 ? changelog.length : next + 1;
  const sections = sectionsOf(changelog.slice(start, end));
  const body = SECTIONS.filter((title) => sections.has(title))
    .map((title) => `### ${title}\n\n${sections.get(title)}\n`)
    .join('\n');
  if (body === '') throw new ReleaseError(`CHANGELOG.md has nothing under "${UNRELEASED}"`);
  const rest = changelog.slice(end);
  return `${changelog.slice(0, start)}\n## [${version}] - ${date}\n\n${body}${rest === '' ? '' : `\n${rest}`}`;
}

/** The text below each heading; two parts of the same name are one. */
function sectionsOf(unreleased) {
  const sections = new Map();
  const [before, ...parts] = unreleased.split(/^### /m);
  if (before.trim() !== '')
    throw new ReleaseError(`CHANGELOG.md: put "${before.trim().split('\n')[0]}" under a heading`);
  for (const part of parts) {
    const [title, ...lines] = part.split('\n');
    if (!SECTIONS.includes(title.trim())) {
      throw new ReleaseError(`CHANGELOG.md: "${title.trim()}" is none of ${SECTIONS.join(', ')}`);
    }
    const text = lines.join('\n').trim();
    if (text !== '') sections.set(title.trim(), [sections.get(title.trim()), text].filter(Boolean).join('\n'));
  }
  return sections;
}

/** Compares versions of three numbers. @throws ReleaseError unless `version` is one and comes after `current`. */
export function assertLater(version, current) {
  const numbers = (text) => /^(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number);
  const [wanted, known] = [numbers(version ?? ''), numbers(current)];
  if (wanted === undefined) throw new ReleaseError(`"${version ?? ''}" is no version such as 0.2.0`);
  const at = wanted.findIndex((number, i) => number !== known[i]);
  if (at < 0 || wanted[at] < known[at]) throw new ReleaseError(`${version} does not come after ${current}`);
}
