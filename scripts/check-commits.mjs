/**
 * Checks the subjects of all commits since the rule began: `node scripts/check-commits.mjs`. A subject has at most 72
 * characters and no full stop at its end. Prints each that breaks the rule, and exits with 1 when there is one.
 */
import { spawnSync } from 'node:child_process';
import { fail, ROOT, say } from './setup/terminal.mjs';

const BEFORE_THE_RULE = '283e880925a7497a0b4b8d2aa483f0ee45dc77ed';
const LONGEST = 72;

const known = git('rev-parse', '--verify', '--quiet', `${BEFORE_THE_RULE}^{commit}`);
if (known === undefined) say('The commits since the rule began are not all here: their subjects are not checked.');
else check();

function check() {
  const subjects = (git('log', '--format=%h %s', `${known}..HEAD`) ?? '').split('\n').filter(Boolean);
  const broken = subjects.filter((line) => {
    const subject = line.slice(line.indexOf(' ') + 1);
    return subject.length > LONGEST || subject.endsWith('.');
  });
  for (const line of broken) say(line);
  if (broken.length > 0)
    fail(
      `${broken.length} of ${subjects.length} commit subjects are longer than ${LONGEST} characters or end with a full stop.`,
    );
}

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
