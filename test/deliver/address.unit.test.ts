import { describe, expect, it } from 'vitest';
import {
  AddressRefused,
  addressPolicy,
  isPublicAddress,
  pinnedLookup,
  urlFault,
} from '../../activities/deliver/address.ts';

const NOWHERE = addressPolicy([]);
const PUBLIC = '93.184.215.14';
const resolveTo =
  (...addresses: string[]) =>
  async () =>
    addresses;

describe('a public address', () => {
  it.each([PUBLIC, '2606:4700:4700::1111'])('%s is one', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1']],
    ['link-local, with the metadata of clouds', ['169.254.169.254', '169.254.170.2', 'fe80::1']],
    ['other metadata', ['100.100.100.200', 'fd00:ec2::254', '168.63.129.16', '192.0.0.192']],
    ['shared (RFC 6598)', ['100.64.0.1', '100.127.255.255']],
    ['multicast and broadcast', ['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1']],
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
    ['reserved or for documentation', ['240.0.0.1', '192.0.2.1', '198.18.0.1', '2001:db8::1', 'fec0::1']],
    [
      'IPv4 in the clothes of IPv6',
      [
        '::ffff:127.0.0.1',
        '::ffff:10.0.0.1',
        '::127.0.0.1',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
        '::ffff:a9fe:a9fe',
      ],
    ],
    ['nonsense', ['', 'localhost', '1.2.3', '999.1.1.1']],
  ])('nothing %s is', (_name, addresses) => {
    for (const address of addresses) expect(isPublicAddress(address), address).toBe(false);
  });
});

describe('the URL of an endpoint', () => {
  const faultOf = async (url: string, ...addresses: string[]) =>
    (await urlFault(NOWHERE, url, resolveTo(...addresses)))?.fault ?? null;

  it('may be https on a public host, at 443 or a port above 1023', async () => {
    expect(await faultOf('https://crm.example/hooks?token=1', PUBLIC)).toBeNull();
    expect(await faultOf('https://crm.example:8443/', PUBLIC)).toBeNull();
    expect(await faultOf(`https://${PUBLIC}/`)).toBeNull();
  });

  it.each([
    ['http://crm.example/', 'is not encrypted'],
    ['https://crm.example:22/', 'names a port of other services'],
    ['https://user:pass@crm.example/', 'has a user name, a password or a fragment'],
    ['https://crm.example/#part', 'has a user name, a password or a fragment'],
    ['ftp://crm.example/', 'is not a web address'],
    ['crm.example', 'is not a web address'],
    ['https://', 'is not a web address'],
    ['file:///etc/passwd', 'is not a web address'],
  ])('%s is refused', async (url, fault) => {
    expect(await faultOf(url, PUBLIC)).toBe(fault);
  });

  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
  ])('%s leads inside, however it is written', async (url) => {
    expect(await faultOf(url)).toBe('leads to an address that is not on the public internet');
  });

  it('is refused where one of its host’s addresses leads inside, or it has none', async () => {
    expect(await faultOf('https://crm.example/', PUBLIC, '10.0.0.5')).toContain('not on the public internet');
    expect(await faultOf('https://crm.example/')).toBe('names a host that has no address');
  });

  it('may be what RIGHTCALL_WEBHOOK_ALLOW allows: a host, an address, a network; without TLS too', async () => {
    const policy = addressPolicy(['crm.internal', '10.2.0.0/16', '127.0.0.1', 'fd00::/8']);
    const allowed = async (url: string, ...addresses: string[]) =>
      (await urlFault(policy, url, resolveTo(...addresses))) === null;
    expect(await allowed('http://crm.internal:81/', '192.168.0.9')).toBe(true);
    expect(await allowed('http://CRM.internal/', '192.168.0.9')).toBe(true);
    expect(await allowed('http://10.2.3.4/')).toBe(true);
    expect(await allowed('https://other.internal/', '10.2.9.9')).toBe(true);
    expect(await allowed('http://[fd00::7]/')).toBe(true);
    expect(await allowed('http://127.0.0.1:9000/')).toBe(true);
    expect(await allowed('https://other.internal/', '10.3.0.1')).toBe(false);
    expect(await allowed('https://evil-crm.internal.example/', '192.168.0.9')).toBe(false);
    expect(await allowed('https://other.internal/', '10.2.9.9', '10.3.0.1')).toBe(false);
    expect(await allowed('http://public.example/', PUBLIC)).toBe(false);
  });
});

describe('a connection', () => {
  const connectTo = (plain: boolean, all: boolean, ...addresses: string[]) =>
    new Promise((resolve, reject) => {
      pinnedLookup(NOWHERE, plain, resolveTo(...addresses))('crm.example', { all }, (error, found) =>
        error === null ? resolve(found) : reject(error),
      );
    });

  it('goes to the very addresses that were checked', async () => {
    expect(await connectTo(false, true, PUBLIC)).toEqual([{ address: PUBLIC, family: 4 }]);
    expect(await connectTo(false, false, PUBLIC)).toBe(PUBLIC);
  });

  it('is refused where the host leads inside by now, if only with one address, and without TLS anywhere', async () => {
    await expect(connectTo(false, true, '10.0.0.1')).rejects.toBeInstanceOf(AddressRefused);
    await expect(connectTo(false, true, PUBLIC, '::1')).rejects.toBeInstanceOf(AddressRefused);
    await expect(connectTo(true, true, PUBLIC)).rejects.toBeInstanceOf(AddressRefused);
  });
});
