import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadSettings } from '../../config/load.ts';
import { SCHEMA, type SettingName } from '../../config/schema.ts';
import type { Settings } from '../../config/settings.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';

type Outcome =
  | { settings: Settings; warnings: readonly string[]; wrong?: never }
  | { wrong: string[]; settings?: never };

/** The settings with the examples of these names, or the names that the errors are about. */
function outcomeOf(names: readonly SettingName[], extra: Record<string, string> = {}): Outcome {
  const env = { ...Object.fromEntries(names.map((name) => [name, SCHEMA[name].example])), ...extra };
  try {
    return loadSettings({ env, envFile: false });
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    return { wrong: error.lines.map((line) => line.split(':')[0] ?? '') };
  }
}

const parts = ['HOST', 'USER', 'REMOTE_PATH', 'PASSWORD', 'PRIVATE_KEY_FILE', 'PRIVATE_KEY_PASSPHRASE'] as const;
const needed = ['HOST', 'USER', 'REMOTE_PATH'] as const;

describe.each(['SFTP_INBOUND', 'SFTP_OUTBOUND'] as const)('%s', (side) => {
  test('is configured with a login and a folder, not configured without a password or key, and else wrong by name', () => {
    fc.assert(
      fc.property(fc.subarray([...parts]), (given) => {
        const has = (part: (typeof parts)[number]) => given.includes(part);
        const credential = has('PASSWORD') || has('PRIVATE_KEY_FILE');
        const expected = [
          ...needed.filter((part) => credential && !has(part)).map((part) => `${side}_${part}`),
          ...(has('PRIVATE_KEY_PASSPHRASE') && !has('PRIVATE_KEY_FILE') ? [`${side}_PRIVATE_KEY_FILE`] : []),
        ];
        const outcome = outcomeOf(given.map((part) => `${side}_${part}` as const));
        expect(outcome.wrong ?? []).toEqual(expected);
        if (outcome.settings === undefined) return;
        const server = side === 'SFTP_INBOUND' ? outcome.settings.sftpInbound : outcome.settings.sftpOutbound;
        expect(server !== undefined).toBe(credential);
        expect(server?.password !== undefined).toBe(credential && has('PASSWORD'));
      }),
    );
  });
});

describe('publishing', () => {
  test('needs a whole outbound server, and names all that is missing', () => {
    const own = ['HOST', 'USER', 'REMOTE_PATH', 'PASSWORD', 'PRIVATE_KEY_FILE'] as const;
    fc.assert(
      fc.property(fc.subarray([...own]), (given) => {
        const { wrong, settings } = outcomeOf(
          given.map((part) => `SFTP_OUTBOUND_${part}` as const),
          { SFTP_PUBLISH_ENABLED: 'true' },
        );
        const credential = given.includes('PASSWORD') || given.includes('PRIVATE_KEY_FILE');
        const expected = needed.filter((part) => !given.includes(part)).map((part) => `SFTP_OUTBOUND_${part}`);
        if (!credential) expected.push('SFTP_OUTBOUND_PASSWORD');
        expect(wrong ?? []).toEqual(expected);
        expect(settings?.sftpOutbound !== undefined).toBe(expected.length === 0);
      }),
    );
  });

  test('that is written wrongly is an error of its own and not taken for true', () => {
    expect(outcomeOf([], { SFTP_PUBLISH_ENABLED: 'maybe' }).wrong).toEqual(['SFTP_PUBLISH_ENABLED']);
  });
});

test.each(['DASHBOARD_USER', 'DASHBOARD_PASSWORD'] as const)('%s alone is half a login, and wrong', (name) => {
  const other = name === 'DASHBOARD_USER' ? 'DASHBOARD_PASSWORD' : 'DASHBOARD_USER';
  expect(outcomeOf([name]).wrong).toEqual([other]);
  expect(outcomeOf([name, other])).not.toHaveProperty('wrong');
});

describe('Databricks', () => {
  const own = ['HOST', 'HTTP_PATH', 'TOKEN', 'CLIENT_ID', 'CLIENT_SECRET'] as const;

  test('is configured with host, path and a login; half a client is wrong; else it is not configured', () => {
    fc.assert(
      fc.property(fc.subarray([...own]), (given) => {
        const has = (part: (typeof own)[number]) => given.includes(part);
        const outcome = outcomeOf(given.map((part) => `DATABRICKS_${part}` as const));
        if (has('CLIENT_ID') !== has('CLIENT_SECRET')) {
          expect(outcome.wrong).toEqual([`DATABRICKS_CLIENT_${has('CLIENT_ID') ? 'SECRET' : 'ID'}`]);
          return;
        }
        const configured = has('HOST') && has('HTTP_PATH') && (has('TOKEN') || has('CLIENT_ID'));
        expect(outcome.settings?.databricks !== undefined).toBe(configured);
      }),
    );
  });

  test('with a login but no host or path is not configured, and a warning says so', () => {
    expect(outcomeOf(['DATABRICKS_TOKEN', 'DATABRICKS_HOST'])).toMatchObject({
      warnings: ['DATABRICKS_TOKEN: is set, but DATABRICKS_HTTP_PATH not: Databricks counts as not configured'],
    });
  });

  test('with a token and a client says in a warning which one is used', () => {
    const names = own.map((part) => `DATABRICKS_${part}` as const);
    expect(outcomeOf(names)).toMatchObject({
      warnings: ['DATABRICKS_TOKEN: is set beside DATABRICKS_CLIENT_ID; the token is used'],
    });
  });
});

test('a secret of up to three characters is taken, and a warning says that logs cannot hide it everywhere', () => {
  const warnings = (password: string) => {
    const outcome = outcomeOf(['DASHBOARD_USER'], { DASHBOARD_PASSWORD: password });
    return 'warnings' in outcome ? outcome.warnings : outcome.wrong;
  };
  expect(warnings('abc')).toEqual([
    'DASHBOARD_PASSWORD: is so short that logs cannot hide it in running text; choose a longer one',
  ]);
  expect(warnings('abcd')).toEqual([]);
});

test('a setting that is there but wrongly written is not called missing as well', () => {
  const all = ['HOST', 'USER', 'REMOTE_PATH', 'PASSWORD'].map((part) => `SFTP_INBOUND_${part}` as SettingName);
  expect(outcomeOf(all, { SFTP_INBOUND_HOST: 'sftp://vendor.example' }).wrong).toEqual(['SFTP_INBOUND_HOST']);
});

test('EMPLOYEE_CONCURRENCY_MAX must not be less than EMPLOYEE_CONCURRENCY, be that set or not', () => {
  const max = (most: string, more = {}) => outcomeOf([], { EMPLOYEE_CONCURRENCY_MAX: most, ...more });
  expect(max('49').wrong).toEqual(['EMPLOYEE_CONCURRENCY_MAX']);
  expect(max('99', { EMPLOYEE_CONCURRENCY: '100' }).wrong).toEqual(['EMPLOYEE_CONCURRENCY_MAX']);
  expect(max('50').settings?.queues).toMatchObject({ employeeConcurrencyMax: 50 });
  expect(max('10', { EMPLOYEE_CONCURRENCY: '10' }).settings?.queues).toMatchObject({ employeeConcurrencyMax: 10 });
});
