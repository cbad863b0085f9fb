import { NO_PROXY, PROXY } from '../formats.ts';
import { optional, withLogin } from '../setting.ts';

/** How servers are reached by HTTP. The names are those of other programs; they count in small letters too. */
export const NETWORK = {
  HTTPS_PROXY: withLogin(
    PROXY,
    'http://user:password@proxy.example:8080',
    'Proxy for https addresses: recommender, Databricks, webhook, traces. Not for SFTP and Redis. Also https_proxy.',
  ),
  HTTP_PROXY: withLogin(PROXY, 'http://proxy.example:8080', 'The same for http addresses. Also http_proxy.'),
  NO_PROXY: optional(
    NO_PROXY,
    '.internal.example,10.0.0.0/8',
    'What is reached without a proxy: names (with all below them), IP addresses, networks, each with :PORT if need be, or *. This machine always is. Also no_proxy.',
  ),
};
