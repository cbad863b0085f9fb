// Proves what of a run's files can be had from the dashboard: those that its manifest names, as it names them, and
// nothing else.
import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromBuffer } from 'yauzl';
import { filesOfRun } from '../../../src/dashboard/runs/outputs.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { finishedRun } from '../../support/finished-run.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { openFilesUnder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const TEMPLATE = `"One","Two"\n${'"<b>bold</b>","a ""quoted"" field"\n'.repeat(3)}`;
let fixture: RunFixture;
let dashboard: ServedDashboard;
let run: RunRecord;

beforeAll(async () => {
  fixture = await openRunFixture();
  const template = join(fixture.folder, 'template.csv');
  writeFileSync(template, TEMPLATE);
  run = await finishedRun(fixture, people(60), {}, { USER_COMPLETION_TEMPLATE_FILE: template });
  dashboard = await serveDashboard(fixture);
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});

const outputPath = (name: string) => join(fixture.folder, 'generated', name);
const nameOf = (beginning: string) => filesOfRun(run).find(({ name }) => name.startsWith(beginning))!.name;
const address = (name: string) => `/runs/${run.plan.id}/files/${name}`;
const page = async (path: string) => (await dashboard.ask(path)).text();

/** Asks for a path without what a client would make of it. */
async function asIs(path: string): Promise<{ status: number; body: string }> {
  const request = get(dashboard.url, { path, agent: false });
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await text(response) };
}

/** Does something with a file, and puts it back as it was. */
async function whileChanged(name: string, change: (path: string) => void, work: () => Promise<void>): Promise<void> {
  renameSync(outputPath(name), `${outputPath(name)}.kept`);
  writeFileSync(outputPath(name), readFileSync(`${outputPath(name)}.kept`));
  try {
    change(outputPath(name));
    await work();
  } finally {
    renameSync(`${outputPath(name)}.kept`, outputPath(name));
  }
}

describe('one file', () => {
  test.each([
    ['ContentUserCompletion', 'text/csv; charset=utf-8'],
    ['Non_Completed', 'text/csv; charset=utf-8'],
    ['UserCompletion', 'text/csv; charset=utf-8'],
    ['Run_2025_10_28_1', 'text/plain; charset=utf-8'],
  ])('%s… comes byte for byte, to be kept under its name', async (beginning, type) => {
    const name = nameOf(beginning);
    const response = await dashboard.ask(address(name));
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename="${name}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(readFileSync(outputPath(name)));
  });

  test('the manifest comes too, though it does not name itself, and what the page says of it is true', async () => {
    const { name, bytes, rows, sha256 } = filesOfRun(run).at(-1)!;
    const response = await dashboard.ask(address(name));
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const body = await response.text();
    expect(JSON.parse(body).runId).toBe(run.plan.id);
    expect([body.length, body.split('\n').length - 1]).toEqual([bytes, rows]);
    expect(await page(`/runs/${run.plan.id}`)).toContain(sha256);
  });
});

describe('no file', () => {
  const SECRET = 'nobody may see this';
  beforeAll(() => {
    writeFileSync(join(fixture.folder, 'secret.csv'), SECRET);
    writeFileSync(outputPath('other.csv'), SECRET);
    mkdirSync(outputPath('folder'));
  });

  test.each([
    'other.csv',
    'folder',
    '..%2fsecret.csv',
    '%2e%2e%2fsecret.csv',
    '..%5csecret.csv',
    '%2fetc%2fhostname',
    'other.csv%00',
    '%00',
    '..',
    '%252e%252e%252fsecret.csv',
    '__proto__',
    'constructor',
  ])('is had by the name %s', async (name) => {
    for (const path of [address(name), `${address(name)}/preview`]) {
      const { status, body } = await asIs(path);
      expect([400, 404]).toContain(status);
      expect(body).not.toContain(SECRET);
    }
  });

  test.each(['..', '%2e%2e', 'run-none', 'a/../b'])('is had of a run by the name %s', async (id) => {
    expect((await asIs(`/runs/${id}/files/${nameOf('Run')}`)).status).toBe(404);
  });

  test('of another run is had as if it were of this one', async () => {
    const other = await fixture.createRun(people(1));
    const response = await dashboard.ask(`/runs/${other.plan.id}/files/${nameOf('Run')}`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('has no files yet');
    expect(await page(`/runs/${other.plan.id}/files.zip`)).toContain('has no files yet');
  });

  test('that has changed since it was written is handed out, in whatever way', async () => {
    const name = nameOf('ContentUserCompletion');
    const change = (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('2025', '2024'));
    await whileChanged(name, change, async () => {
      for (const path of [address(name), `${address(name)}/preview`, `/runs/${run.plan.id}/files.zip`]) {
        const response = await dashboard.ask(path);
        expect(response.status).toBe(409);
        const said = await response.text();
        expect(said).toContain('OUTPUT_CHANGED');
        expect(said).toContain(name);
        expect(said).not.toContain('2024-10');
      }
    });
    expect((await page(address(name))).length).toBeGreaterThan(0);
  });

  test('that is not here, or is a link, is handed out; the page of the run says so and offers no ZIP', async () => {
    const name = nameOf('Non_Completed');
    const link = (path: string) => {
      renameSync(path, `${path}.moved`);
      symlinkSync(`${path}.moved`, path);
    };
    await whileChanged(
      name,
      (path) => renameSync(path, `${path}.moved`),
      async () => {
        const response = await dashboard.ask(address(name));
        expect(response.status).toBe(404);
        const said = await response.text();
        expect(said).toContain('OUTPUT_MISSING');
        expect(said).toContain('on another machine');
        const shown = await page(`/runs/${run.plan.id}`);
        expect(shown).toContain('1 file on another machine, moved or deleted');
        expect(shown).not.toContain('files.zip');
      },
    );
    await whileChanged(name, link, async () => {
      const response = await dashboard.ask(address(name));
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('links are not followed');
    });
    await whileChanged(
      name,
      (path) => appendFileSync(path, 'x'),
      async () => {
        expect(await page(`/runs/${run.plan.id}`)).toContain('1 file not as large as written');
      },
    );
    expect(await page(`/runs/${run.plan.id}`)).toContain('files.zip');
  });
});

describe('all files as a ZIP', () => {
  test('are, byte for byte, those on the disk, with the manifest', async () => {
    const response = await dashboard.ask(`/runs/${run.plan.id}/files.zip`);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${run.plan.id}.zip"`);
    const entries = await unzip(Buffer.from(await response.arrayBuffer()));
    expect([...entries.keys()]).toEqual(filesOfRun(run).map(({ name }) => name));
    expect(entries.size).toBe(5);
    for (const [name, content] of entries) expect(content).toBe(readFileSync(outputPath(name), 'utf8'));
  });

  test('a client that goes away in the middle leaves no file open', async () => {
    const large = await finishedRun(fixture, people(3), { seed: 'large' });
    const { outputs } = large.manifest!;
    // Nothing of it can be compressed, and it is more than any buffer takes.
    const noise = randomBytes(24 * 1024 * 1024);

    const first = { ...outputs[0]!, bytes: noise.length, sha256: hash('sha256', noise, 'hex') };
    writeFileSync(outputPath(first.name), noise);
    const manifest = { ...large.manifest!, outputs: [first] };
    writeFileSync(
      outputPath(filesOfRun({ ...large, manifest }).at(-1)!.name),
      `${JSON.stringify(manifest, null, 2)}\n`,
    );
    await fixture.store.finishRun(large.plan.id, manifest, Date.now());
    for (const path of ['files.zip', `files/${first.name}`]) {
      const request = get(`${dashboard.url}/runs/${large.plan.id}/${path}`, { agent: false });
      const [response] = await once(request, 'response');
      await once(response, 'data');
      response.pause();
      // A ZIP tells the name of a file before it opens it.
      const isOpen = () => openFilesUnder(outputPath(first.name)).length === 1;
      if (process.platform === 'linux') await waitUntil('the file is open', isOpen);
      request.destroy();
      await waitUntil('the file is closed', () => openFilesUnder(fixture.folder).length === 0);
    }
    expect(fixture.log.filter(({ level }) => level >= 40).map(({ msg }) => msg)).not.toContain(
      'A page could not be made',
    );
  });
});

describe('a preview', () => {
  test('shows the first 50 rows of a feed as a table', async () => {
    const name = nameOf('ContentUserCompletion');
    const shown = await page(`${address(name)}/preview`);
    const lines = readFileSync(outputPath(name), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(60);
    expect(shown.match(/<tr><td>/g)).toHaveLength(50);
    expect(shown).toContain('<th scope="col">DateCompleted</th>');
    expect(shown).toContain(`The first 50 of ${lines.length - 1} rows`);
    const cells = (line: string) => JSON.parse(`[${line}]`).map((cell: string) => `<td>${cell}</td>`);
    expect(shown).toContain(`<tr>${cells(lines[50]!).join('')}</tr>`);
    expect(shown).not.toContain(`<tr>${cells(lines[51]!).join('')}</tr>`);
  });

  test('shows what stands in a field as text, whatever it is', async () => {
    const shown = await page(`${address(nameOf('UserCompletion'))}/preview`);
    expect(shown).toContain('<td>&lt;b&gt;bold&lt;/b&gt;</td><td>a &quot;quoted&quot; field</td>');
    expect(shown).toContain('All 3 rows');
  });

  test('shows the summary and the manifest as text', async () => {
    const summary = nameOf('Run_2025_10_28_1');
    expect(await page(`${address(summary)}/preview`)).toContain(
      readFileSync(outputPath(summary), 'utf8').split('\n')[0]!,
    );
    const manifest = filesOfRun(run).at(-1)!.name;
    expect(await page(`${address(manifest)}/preview`)).toContain('&quot;manifestVersion&quot;: 2');
  });

  test('leaves no file open', async () => {
    await page(`${address(nameOf('ContentUserCompletion'))}/preview`);
    await waitUntil('all are closed', () => openFilesUnder(fixture.folder).length === 0);
  });
});

/** The files of a ZIP, in its order. */
async function unzip(zip: Buffer): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true }, (error, opened) => {
      if (error) return reject(error);
      opened.on('error', reject).on('end', resolve);
      opened.on('entry', (entry) => {
        opened.openReadStream(entry, async (problem, stream) => {
          if (problem) return reject(problem);
          entries.set(entry.fileName, await text(stream));
          opened.readEntry();
        });
      });
      opened.readEntry();
    });
  });
  return entries;
}
