import { type SentinelConnectionOptions, SentinelConnector } from 'ioredis';

/**
 * ioredis' connector for sentinels, which survives a failover while it connects. ioredis stops watching the sentinels
 * for the old connection only when it is told to disconnect. After a crash of the master it so hears of the failover
 * while it already looks for the new master, breaks that off, and its client is closed for good: a worker would stand
 * still until it is started again.
 */
export class SteadySentinelConnector extends SentinelConnector {
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override connect(...args: Parameters<SentinelConnector['connect']>): ReturnType<SentinelConnector['connect']> {
    // What the old connection's watch would tell is what is asked now.
    const { failoverDetector } = this as unknown as { failoverDetector: { cleanup(): void } | null };
    failoverDetector?.cleanup();
    return super.connect(...args);
  }
}
