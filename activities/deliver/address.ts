import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Fault } from '../../domain/failures.ts';

/**
 * Where outgoing events may be sent. Customers name the address, so it must never lead into the engine's own network:
 * every address of the host is checked, when the endpoint is registered and again at every connection
 * (`pinnedLookup`), so that a name that changes its mind in between gets nowhere.
 */
export interface AddressPolicy {
  /** Whether this host was allowed by name (RIGHTCALL_WEBHOOK_ALLOW). */
  allowsHost(host: string): boolean;
  /** Whether this address is within an allowed network. */
  allowsAddress(address: string): boolean;
}

/** Every address of a host. @throws when there is none */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export const resolveBySystem: ResolveHost = async (host) =>
  (await systemLookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** Azure's platform address (WireServer): public by its range, and reachable only from inside. */
const HOST_PLATFORM = new Set(['168.63.129.16']);

/**
 * @param entries of RIGHTCALL_WEBHOOK_ALLOW: host names (`crm.internal`), addresses and CIDR networks (`10.2.0.0/16`)
 */
export function addressPolicy(entries: readonly string[]): AddressPolicy {
  const hosts = new Set<string>();
  const networks: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const entry of entries) {
    if (ipaddr.isValidCIDR(entry)) networks.push(ipaddr.parseCIDR(entry));
    else if (isIP(entry) !== 0) networks.push([ipaddr.parse(entry), isIP(entry) === 4 ? 32 : 128]);
    else hosts.add(entry.toLowerCase());
  }
  return {
    allowsHost: (host) => hosts.has(host.toLowerCase().replace(/\.$/, '')),
    allowsAddress: (text) => {
      if (isIP(text) === 0) return false;
      const address = ipaddr.process(text);
      return networks.some((network) => network[0].kind() === address.kind() && address.match(network));
    },
  };
}

/**
 * An address that anybody on the internet could reach: none of a private, loopback, link-local (where clouds keep their
 * metadata), shared (RFC 6598), multicast or reserved range, in whichever IPv6 clothes.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false;
  // `process` takes an IPv4 address out of its IPv6 form.
  const address = ipaddr.process(text);
  if (HOST_PLATFORM.has(address.toString())) return false;
  if (address.range() !== 'unicast') return false;
  // All that is handed out of IPv6 is in 2000::/3; the rest, such as the old ::127.0.0.1, is nobody's.
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match([ipaddr.IPv6.parse('2000::'), 3]);
}

/** Whether a connection to `host` may go to this address. Without TLS only to what was allowed. */
export function mayConnect(policy: AddressPolicy, host: string, address: string, plain: boolean): boolean {
  if (policy.allowsHost(host) || policy.allowsAddress(address)) return true;
  return !plain && isPublicAddress(address);
}

const FIELD = 'url';

/**
 * What is wrong with an endpoint's URL; null: nothing, at the moment.
 * Of ports, 443 and those above 1023 are open: whatever else listens below speaks another protocol.
 */
export async function urlFault(
  policy: AddressPolicy,
  text: string,
  resolve: ResolveHost = resolveBySystem,
): Promise<Fault | null> {
  const fault = (what: string, expected: string): Fault => ({ field: FIELD, fault: what, expected });
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    return fault('is not a web address', 'an https URL such as https://crm.example/hooks/rightcall');
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return fault(
      'has a user name, a password or a fragment',
      'an address without; requests are signed instead',
    );
  }
  const host = hostOf(url);
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const byName = policy.allowsHost(host);
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? await resolve(host) : [host];
  } catch {
    addresses = [];
  }
  if (addresses.length === 0) return fault('names a host that has no address', 'a host that is in the DNS');
  const allowed = byName || addresses.every((address) => policy.allowsAddress(address));
  if (allowed) return null;
  if (url.protocol !== 'https:')
    return fault('is not encrypted', 'https; RIGHTCALL_WEBHOOK_ALLOW allows exceptions');
  if (port !== 443 && port < 1_024)
    return fault('names a port of other services', 'port 443, or one above 1023');
  if (!addresses.every((address) => mayConnect(policy, host, address, false))) {
    return fault(
      'leads to an address that is not on the public internet',
      'a public host, or one that RIGHTCALL_WEBHOOK_ALLOW allows',
    );
  }
  return null;
}

/** The host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Nothing is sent there. */
export class AddressRefused extends Error {
  readonly code = 'RIGHTCALL_ADDRESS_REFUSED';
  constructor() {
    super('the host leads to an address that nothing is sent to');
    this.name = 'AddressRefused';
  }
}

/**
 * `lookup` for a connection: what it resolved is checked and is what is connected to, with no second look-up in between.
 * One address that is refused refuses the host.
 */
export function pinnedLookup(policy: AddressPolicy, plain: boolean, resolve: ResolveHost): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        if (addresses.length === 0) {
          callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
        } else if (!addresses.every((address) => mayConnect(policy, host, address, plain))) {
          callback(new AddressRefused(), '');
        } else {
          const found = addresses.map((address) => ({ address, family: isIP(address) }));
          if (options.all === true) callback(null, found);
          else callback(null, found[0]!.address, found[0]!.family);
        }
      },
      (error: Error) => callback(error, ''),
    );
  };
}
