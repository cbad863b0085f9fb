import type { Logger } from 'pino';
import type { Settings } from '../../../config/settings.ts';
import { localDate } from '../../domain/simulation/business-week.ts';
import { plural } from '../../domain/wording.ts';
import { chooseLocal, chooseRemote, withInboundSftp } from '../newest-catalogs.ts';
import type { Outcome } from './finding.ts';

/**
 * Looks for the catalog files that a run would take at this moment, and reads the beginning of each from the vendor's
 * server: that a folder can be listed does not tell that its files can be read.
 * @param now epoch milliseconds.
 * @throws BtcFakeError CATALOG_MISSING, CATALOG_TOO_LARGE, and as `withSftp`.
 */
export async function tryInbound(settings: Settings, logger: Logger, now = Date.now()): Promise<Outcome> {
  const { sftpInbound: server } = settings;
  const day = localDate(now, settings.run.timeZone);
  if (!server) {
    const { files, notices } = await chooseLocal(settings, day);
    const found = `runs use the newest files in ${settings.files.downloadDir}: ${files.map(({ name }) => name).join(' and ')}`;
    return { state: 'not configured', detail: [found, ...notices.map(({ text }) => text)].join('; ') };
  }
  return withInboundSftp(server, { logger }, async (session) => {
    const { files, notices, listing, here } = await chooseRemote(session, server, settings, day);
    for (const file of files) if (!here.has(file.name)) await session.readStart(server.remotePath, file);
    const place = `${server.username}@${server.host}:${server.port}${server.remotePath}`;
    const dates = files.map(({ date }) => date).join(' and ');
    const found = `${place}: ${plural(listing.files.length, 'catalog file')}, the newest of ${dates} can be read`;
    return { state: 'fine', detail: [found, ...notices.map(({ text }) => text)].join('; ') };
  });
}
