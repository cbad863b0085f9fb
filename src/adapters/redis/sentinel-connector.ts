import { type SentinelConnectionOptions, SentinelConnector } from 'ioredis';

/**
 * ioredis' connector for sentinels, which survives a failover while it connects. ioredis itself keeps watching the
 * sentinels of the old connection then, hears of the failover, and closes its client for good.
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
