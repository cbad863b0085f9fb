import { BlockList, isIP, isIPv4 } from 'node:net';
import { isLoopback } from './loopback.ts';
import type { Values } from './schema.ts';

type ProxyValues = Pick<Values, 'HTTPS_PROXY' | 'HTTP_PROXY' | 'NO_PROXY'>;

/** One entry of NO_PROXY: does it name this host and port? */
type Exception = (host: string, port: number) => boolean;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };
const PREFIX = /^(.+)\/(\d{1,3})$/;
/** `host`, `host:80`, `[::1]`, `[::1]:80`; an IPv6 address without brackets has no port. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;
const NAME = /^(?:\*\.|\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?$/;

/**
 * The proxy through which an http or https address is reached, or null when it is reached without one: `HTTPS_PROXY` or
 * `HTTP_PROXY` by the address' own scheme, except for this machine and for what `NO_PROXY` names.
 */
export function proxyFor(address: string, { HTTPS_PROXY, HTTP_PROXY, NO_PROXY }: ProxyValues): string | null {
  const { protocol, hostname, port } = new URL(address);
  const proxy = protocol === 'https:' ? HTTPS_PROXY : HTTP_PROXY;
  if (proxy === null) return null;
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const portNumber = port === '' ? DEFAULT_PORTS[protocol]! : Number(port);
  if (isLoopback(host)) return null;
  const isException = entriesOf(NO_PROXY ?? '').some((entry) => exception(entry)?.(host, portNumber));
  return isException ? null : proxy;
}

/** The entries of a `NO_PROXY` that nobody understands, and that except nothing. */
export function unreadableExceptions(noProxy: string): string[] {
  return entriesOf(noProxy).filter((entry) => exception(entry) === undefined);
}

function entriesOf(noProxy: string): string[] {
  return noProxy.split(/[,\s]+/).filter((entry) => entry !== '');
}

/**
 * What one entry of NO_PROXY covers, as most programs read it; undefined when it is none. Names are not looked up.
 * - `*` is everything; a name is itself and all names below it, with or without `.` or `*.` in front.
 * - An IP address is itself, and `10.0.0.0/8` all of that network, where the setting holds an address.
 * - `:443` behind any of these limits it to a port.
 */
function exception(entry: string): Exception | undefined {
  const text = entry.toLowerCase();
  if (text === '*') return () => true;
  if (isIP(text) !== 0) return (host) => isSame(host, text);
  const [, network, bits] = PREFIX.exec(text) ?? [];
  if (network !== undefined) return ofNetwork(network, Number(bits));
  const [, bracketed, plain = '', port] = WITH_PORT.exec(text) ?? [];
  const isPort = (given: number) => port === undefined || Number(port) === given;
  const address = bracketed ?? plain;
  if (isIP(address) !== 0) return (host, given) => isPort(given) && isSame(host, address);
  const [, name] = NAME.exec(plain) ?? [];
  if (name === undefined) return undefined;
  return (host, given) => isPort(given) && (host === name || host.endsWith(`.${name}`));
}

function ofNetwork(network: string, bits: number): Exception | undefined {
  if (isIP(network) === 0 || bits > (isIPv4(network) ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(network, bits, familyOf(network));
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
}

/** An IPv6 address can be written in many ways. */
function isSame(host: string, address: string): boolean {
  if (isIP(host) === 0) return false;
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
