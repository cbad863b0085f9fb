// Proves that a description is read as people write it: with every default filled in, targets that differ in what they
// name and in nothing else, and everything that is wrong reported at once with its line.
import { describe, expect, test } from '@jest/globals';
import { parseDescription } from '../../../src/domain/description/parse.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import { starterDescription } from '../../../src/generators/description/starter.ts';

const CALL = 'simulation: { recommender: { url: "https://recommender.example/run" } }';

/** The lines of the error that a text meets. */
function problemsOf(text: string): readonly string[] {
  try {
    parseDescription(text, 'lakehouse.yaml');
  } catch (error) {
    if (error instanceof BtcFakeError && error.code === 'LAKEHOUSE_INVALID') return error.lines;
    throw error;
  }
  return [];
}

describe('a description', () => {
  test('that says nothing but what must be said has every default', () => {
    const { targets, ...whole } = parseDescription(`version: 1\n${CALL}\n`, 'lakehouse.yaml');
    expect(whole).toEqual({ version: 1, name: 'btc-fake', managed_by: 'bundle' });
    expect(targets).toHaveLength(1);
    expect(targets[0]).toMatchObject({
      name: 'dev',
      schedule: { cron: '0 6 * * 1', time_zone: 'UTC', paused: true },
      job: { compute: 'serverless', retries: 2, cluster: { workers: 2 } },
      simulation: { employees_file: 'input/employees.csv', recommender: { mode: 'driver', timeout_seconds: 30 } },
    });
  });

  test('gives each target what is said for all, and what the target says in its place', () => {
    const text = `version: 1
${CALL}
schedule: { cron: 30 5 * * 2, time_zone: Europe/Berlin }
notifications: { on_failure: [one@team.example] }
targets:
  dev:
  prod:
    catalog: live
    schedule: { paused: false }
    notifications: { on_failure: [] }
`;
    const [dev, prod] = parseDescription(text, 'lakehouse.yaml').targets;
    expect(dev?.schedule).toEqual({ cron: '30 5 * * 2', time_zone: 'Europe/Berlin', paused: true });
    expect(prod?.schedule).toEqual({ cron: '30 5 * * 2', time_zone: 'Europe/Berlin', paused: false });
    expect(prod?.catalog).toBe('live');
    expect(dev?.notifications.on_failure).toEqual(['one@team.example']);
    expect(prod?.notifications.on_failure).toEqual([]);
  });

  test('that init writes is right, and has every setting as its defaults are', () => {
    const written = parseDescription(
      starterDescription({ 'simulation.recommender.url': 'https://recommender.example/run' }),
      'lakehouse.yaml',
    );
    const bare = parseDescription(
      `version: 1\n${CALL}\ntargets: { dev: , qa: { catalog: training_qa }, prod: { catalog: training_prod } }`,
      '',
    );
    expect(written).toEqual(bare);
  });

  test('that init writes has the values of the settings that people have', () => {
    const values = {
      host: 'adb-1.workspace.example',
      'schedule.time_zone': 'Asia/Kolkata',
      'simulation.recommender.url': 'https://recommender.example/run',
      'simulation.catalog_date_formats': "yyyy-MM-dd'T'HH:mm; d/M/yyyy",
    };
    const [dev] = parseDescription(starterDescription(values), 'lakehouse.yaml').targets;
    expect(dev).toMatchObject({
      host: 'adb-1.workspace.example',
      schedule: { time_zone: 'Asia/Kolkata' },
      simulation: { catalog_date_formats: "yyyy-MM-dd'T'HH:mm; d/M/yyyy" },
    });
  });
});

describe('what is wrong with a description', () => {
  test('is said all at once, in the order of the lines', () => {
    const text = `version: 1
shedule: {}
catalog: a b
schedule:
  cron: 0 6 1 * 1
  pauzed: 1
job:
  retries: 99
  compute: spark
notifications:
  on_failure: someone@team.example
  on_success: [someone]
`;
    expect(problemsOf(text)).toEqual([
      'lakehouse.yaml:2: "shedule" is not a setting; did you mean schedule?',
      'lakehouse.yaml:3: catalog: "a b" is not a name of letters, digits and _, at most 255',
      expect.stringMatching(/^lakehouse\.yaml:5: schedule\.cron: "0 6 1 \* 1" .* cannot combine a day of the month/),
      'lakehouse.yaml:6: "schedule.pauzed" is not a setting; did you mean paused?',
      'lakehouse.yaml:8: job.retries: "99" is not a number from 0 to 10',
      'lakehouse.yaml:9: job.compute: "spark" is not one of serverless, cluster',
      'lakehouse.yaml:11: notifications.on_failure is not a list',
      'lakehouse.yaml:12: notifications.on_success.0: "someone" is not an e-mail address',
    ]);
  });

  test.each([
    ['nothing', '', 'lakehouse.yaml:1: version is missing'],
    ['a list', '- 1', 'lakehouse.yaml:1: the file is not a group of settings'],
    ['another version', 'version: 2', 'lakehouse.yaml:1: version: "2" is not 1'],
    ['a key twice', `version: 1\n${CALL}\nversion: 1`, 'lakehouse.yaml:3: Map keys must be unique'],
    ['a bracket that stays open', `version: 1\nname: [`, 'lakehouse.yaml:2: '],
    ['an alias of nothing', 'version: 1\nname: *x', 'lakehouse.yaml:2: an alias (*) is not allowed'],
    ['no target', `version: 1\n${CALL}\ntargets: {}`, 'lakehouse.yaml:3: targets names no target'],
    [
      'an unknown target',
      `version: 1\n${CALL}\ntargets:\n  prd: {}`,
      'lakehouse.yaml:4: "targets.prd" is not a setting; did you mean prod?',
    ],
    [
      'an unknown zone',
      `version: 1\n${CALL}\nschedule:\n  time_zone: Europe/Berln`,
      'lakehouse.yaml:4: schedule.time_zone: "Europe/Berln" is not an IANA time zone',
    ],
    ['no address to call', 'version: 1', 'lakehouse.yaml:1: simulation.recommender.url is missing: mode is driver'],
    [
      'a mode without its table',
      'version: 1\nsimulation:\n  recommender:\n    mode: table',
      'lakehouse.yaml:4: simulation.recommender.table is missing',
    ],
    [
      'a cluster without a node type',
      `version: 1\n${CALL}\ntargets:\n  prod:\n    job: { compute: cluster }`,
      'lakehouse.yaml:5: job.cluster.node_type is missing: compute is cluster (target prod)',
    ],
    [
      'a warning that nobody would see',
      `version: 1\n${CALL}\njob:\n  warn_after_minutes: 500`,
      'lakehouse.yaml:4: job.warn_after_minutes is not below job.timeout_minutes',
    ],
    [
      'an empty setting that must hold something',
      `version: 1\n${CALL}\nstorage_url: ""`,
      'lakehouse.yaml:3: storage_url is empty',
    ],
    [
      'an address twice',
      `version: 1\n${CALL}\nnotifications:\n  on_failure: [a@team.example, a@team.example]`,
      'lakehouse.yaml:4: notifications.on_failure has an entry twice',
    ],
    [
      'a host with a scheme',
      `version: 1\n${CALL}\nhost: https://adb-1.example/`,
      'lakehouse.yaml:3: host: "https://adb-1.example/" is not a host name',
    ],
  ])('is said with its line: %s', (_what, text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
  });

  // Bundles replace ${…}, jobs {{…}}: what is written there is no text to them.
  test.each([`\${resources.jobs.other.id}`, '{{secrets/scope/key}}', '{{job.id}}'])(
    'is a text that Databricks would evaluate: %s',
    (text) => {
      for (const line of [
        `name: "${text}"`,
        `storage_url: "${text}"`,
        `workspace_folder: "/Workspace/${text}"`,
        `secret_scope: "${text}"`,
      ]) {
        expect(problemsOf(`version: 1\n${CALL}\n${line}`)).toHaveLength(1);
      }
      const simulation = `simulation: { employees_file: "${text}", template_file: "${text}", catalog_date_formats: "yyyy-MM-dd'${text}'", recommender: { url: "https://r.example/${text}", table: "${text}" } }`;
      expect(problemsOf(`version: 1\n${simulation}`)).toHaveLength(5);
      expect(problemsOf(`version: 1\n${CALL}\nnotifications: { on_failure: ["${text}@x.example"] }`)).toHaveLength(1);
    },
  );

  test('is never a crash, whatever stands in the file', () => {
    for (const text of [
      '\u0000',
      'version: 1\n? [a]\n: b',
      '!!js/function x',
      '%YAML 9.9\n---\na',
      '--- 1\n--- 2',
      'a: &x [*x]',
      `a: ${'['.repeat(2000)}`,
    ]) {
      expect(problemsOf(text).length).toBeGreaterThan(0);
    }
  });
});
