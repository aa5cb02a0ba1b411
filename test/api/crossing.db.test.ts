import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { OPERATIONS } from '../../api/routes/index.ts';
import { makeCallable } from './callable.ts';
import {
  SECRET,
  addAttempt,
  addCampaign,
  addCarrier,
  addContact,
  createRig,
  type Answer,
  type Rig,
} from './rig.ts';
import { sampleOf, type Schema } from './sample.ts';

/**
 * I12 on every route there is: whatever names a thing of another tenant, in its address, its query or its body, is
 * answered like what names nothing, and changes nothing over there. A route that is added is tested without a line
 * here; a parameter of a name that is not known fails with what to add to `seedsOf`.
 */
type Seeds = Readonly<Record<string, string>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Described {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  /** Media type and schema of the body; null: it takes none. */
  readonly body: { readonly type: string; readonly schema: Schema } | null;
  readonly streams: boolean;
}

const DIALOGUE = {
  language: 'en-US',
  start: 'offer',
  nodes: {
    offer: {
      kind: 'menu',
      say: 'Hello.',
      branches: [{ keys: '9', label: 'do not call again', goto: 'never' }],
      onSilence: 'never',
    },
    never: { kind: 'end', disposition: 'opted_out' },
  },
};

/** Bodies that a schema alone does not lead to. `id` is that of the other tenant or of nothing. */
const BODIES: Readonly<Record<string, (ids: Seeds) => unknown>> = {
  addLocation: () => ({ source: 'address', jurisdiction: 'US-FL' }),
  retractLocations: (ids) => ({ ids: [ids['locationId']], reason: 'it was stated wrongly' }),
  searchContact: () => ({ externalId: 'x' }),
  searchContacts: () => ({ externalId: 'x' }),
  changeCampaign: () => ({ name: 'Mine now' }),
  changeCarrier: () => ({ callsPerSecond: 99 }),
  changeApiKey: () => ({ name: 'mine-now' }),
  changeEndpoint: () => ({ description: 'mine now' }),
  changeAgent: () => ({ name: 'Mine now' }),
  promiseCallback: () => ({ from: '2026-03-02T12:00:00+08:00', until: '2026-03-02T13:00:00+08:00' }),
  changeCallback: () => ({ from: '2026-03-02T14:00:00+08:00', until: '2026-03-02T15:00:00+08:00' }),
  revealPerson: (ids) => ({
    fields: ['attributes'],
    contactId: ids['contactId'],
    reason: 'to see whether it can be seen',
  }),
  addScriptVersion: () => ({ document: DIALOGUE }),
  publishScriptVersion: () => ({ version: 1 }),
  replayEvents: (ids) => ({ deliveryIds: [Number(ids['deliveryId'])] }),
  createPolicyDraft: () => ({ title: 'Mine' }),
  changePolicyDraft: () => ({ title: 'Mine now' }),
  addSuppression: (ids) => ({ number: '+12025550190', scope: 'campaign', campaignId: ids['campaignId'] }),
};

/** What a tenant makes under a name of its own choosing: the same name here and there is two things. */
const MADE_BY_NAME = new Set(['putCarrier']);

let rig: Rig;
let two: Rig;
let mine: Seeds;
let theirs: Seeds;
let described: Described[];
let admin: pg.Client;
let resolve: (ref: string) => Schema;

beforeAll(async () => {
  rig = await createRig();
  admin = new pg.Client({ connectionString: rig.url });
  await admin.connect();
  two = {
    ...rig,
    app: rig.other.app,
    tenantId: rig.other.tenantId,
    call: (...request) => rig.callOther(...request),
  };
  theirs = await seedsOf(rig, 'line-of-one');
  mine = await seedsOf(two, 'line-of-two');
  const document = (await (await rig.app.request('/openapi.json')).json()) as {
    paths: Record<string, Record<string, Record<string, unknown>>>;
  };
  resolve = (ref) =>
    ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document) as Schema;
  described = OPERATIONS.filter((operation) => operation.permission !== 'open').map(
    ({ method, path, operationId }) => describedAs(method, path, operationId, document.paths[path]![method]!),
  );
});
afterAll(async () => {
  await admin.end();
  await rig.close();
});

function describedAs(
  method: string,
  path: string,
  operationId: string,
  what: Record<string, unknown>,
): Described {
  const content = (what['requestBody'] as { content?: Record<string, { schema: Schema }> } | undefined)
    ?.content;
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  const answers = JSON.stringify(what['responses']);
  return {
    method: method.toUpperCase(),
    path,
    operationId,
    parameters: (what['parameters'] ?? []) as Parameter[],
    body: type === undefined || media === undefined ? null : { type, schema: media.schema },
    streams: answers.includes('text/event-stream'),
  };
}

/** One real thing of each kind, of the rig's tenant, by the name that path parameters give it. */
async function seedsOf(of: Rig, carrierName: string): Promise<Seeds> {
  const must = (answer: Answer, ...statuses: number[]) => {
    expect(statuses, JSON.stringify(answer.body)).toContain(answer.status);
    return answer.body as unknown as Record<string, Record<string, string>>;
  };
  await addCarrier(of);
  const line = {
    kind: 'simulator',
    baseUrl: 'http://127.0.0.1:9',
    callsPerSecond: 1,
    maxConcurrentCalls: 1,
    webhookSecret: SECRET,
  };
  must(await of.call('PUT', `/v1/carriers/${carrierName}`, line), 200, 201);
  const campaignId = await addCampaign(of, { name: `of ${carrierName}` });
  must(await of.call('POST', `/v1/campaigns/${campaignId}/start`), 200);
  const { contactId, personId } = await addContact(of, {
    campaignId,
    number: '+12025550111',
    externalId: 'x',
  });
  const located = must(
    await of.call('POST', `/v1/persons/${personId}/locations`, { source: 'declared', zone: 'Asia/Shanghai' }),
    201,
  ) as unknown as { locations: { id: string }[] };
  await addAttempt(of, { campaignId, contactId, personId, n: 1, state: 'ended', outcome: 'answered' });
  await makeCallable(of, personId);
  const callback = must(
    await of.call('POST', `/v1/contacts/${contactId}/callbacks`, BODIES['promiseCallback']!({})),
    201,
  );
  const imported = must(
    await of.call('POST', `/v1/campaigns/${campaignId}/imports?name=a.csv`, 'phone\n'),
    201,
  );
  const suppressed = must(
    await of.call('POST', '/v1/suppressions', { number: '+12025550112', list: 'internal' }),
    201,
  );
  const attested = must(
    await of.call('POST', '/v1/attestations', { kind: 'registration', name: 'seed' }),
    201,
  ) as unknown as { id: string };
  const key = must(await of.call('POST', '/v1/access/keys', { name: 'seed', roles: ['auditor'] }), 201);
  const endpoint = must(await of.call('POST', '/v1/endpoints', { url: 'https://crm.example/hooks' }), 201);
  const endpointId = endpoint['endpoint']!['id']!;
  must(await of.call('POST', `/v1/endpoints/${endpointId}/test`), 200, 201, 202);
  const deliveries = await of.call('GET', `/v1/endpoints/${endpointId}/deliveries`);
  const script = must(await of.call('POST', '/v1/scripts', { name: 'Seed', document: DIALOGUE }), 201);
  const draft = must(
    await of.call('POST', '/v1/policies/drafts', { title: 'Seed', remove: ['pack/house-marketing'] }),
    201,
  ) as unknown as { id: string };
  const drafted = `/v1/policies/drafts/${draft.id}`;
  must(await of.call('POST', `${drafted}/check`, undefined, { 'If-Match': '"1"' }), 200);
  const preview = must(await of.call('POST', `${drafted}/previews`, {}), 202) as unknown as { id: string };
  const versions = await of.call('GET', '/v1/policies/versions');
  const publication = versions.body.items[0] as unknown as { id: number; hash: string };
  const team = must(await of.call('POST', '/v1/teams', { name: 'seed' }), 201) as unknown as { id: string };
  const seated = { name: 'Seed', account: 'user:seed', teamId: team.id, zone: 'Asia/Shanghai' };
  const agent = must(await of.call('POST', '/v1/agents', seated), 201) as unknown as { id: string };
  const decisionId = uuidv7();
  await of.db.inTenant(of.tenantId, (tx) =>
    tx.query(
      `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                              horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
       VALUES ($1, $2, $3, $4, $5, 'dial', 1, $6, now(), 0, 'deny', NULL, '{}', 'x', 'x', '{}', 'x', '[]')`,
      [of.tenantId, decisionId, campaignId, contactId, personId, new Date(of.clock.now()).toISOString()],
    ),
  );
  return {
    campaignId,
    contactId,
    personId,
    locationId: located.locations[0]!.id,
    callbackId: callback['callback']!['id']!,
    importId: imported['import']!['id']!,
    suppressionId: suppressed['suppression']!['id']!,
    attestationId: attested.id,
    keyId: key['apiKey']!['id']!,
    endpointId,
    deliveryId: String(deliveries.body.items[0]!.id),
    decisionId,
    scriptId: script['script']!['id']!,
    version: '1',
    draftId: draft.id,
    previewId: preview.id,
    publicationId: String(publication.id),
    hash: publication.hash,
    teamId: team.id,
    agentId: agent.id,
    carrierName,
    ordinal: '1',
    n: '1',
    size: '1',
  };
}

/** Parameters that say which thing is meant; others, such as an attempt's number, count within one. */
const namesThing = (name: string) => /(Id|Name)$/.test(name);

/** An id of the same form that nothing has. */
function nothingLike(id: string): string {
  if (/^\d+$/.test(id)) return '987654321';
  return /^[0-9a-f-]{36}$/.test(id) ? uuidv7() : 'line-of-nobody';
}

const pathNames = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);

/** As tenant two. @param ids for the path and, by name, for body and query */
async function send(
  operation: Described,
  ids: Seeds,
  query: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name]!));
  const required = operation.parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required === true)
    .map(({ name, schema }) => [name, String(sampleOf(schema, resolve, endOfPeriod, name))] as const);
  const search = new URLSearchParams(Object.fromEntries([...required, ...Object.entries(query)])).toString();
  const headers: Record<string, string> = operation.parameters.some(({ name }) => name === 'if-match')
    ? { 'If-Match': '"1"' }
    : {};
  const address = search === '' ? path : `${path}?${search}`;
  const { body } = operation;
  if (body === null) return two.call(operation.method, address, undefined, headers);
  const isJson = body.type.includes('json');
  return two.call(
    operation.method,
    address,
    isJson ? bodyOf(operation, ids) : 'phone\n+12025550113\n',
    isJson ? headers : { ...headers, 'Content-Type': body.type },
  );
}

/** A period ends after it begins. */
function endOfPeriod(name: string): unknown {
  return name === 'to' ? '2026-03-03T12:00:00+08:00' : undefined;
}

function bodyOf(operation: Described, ids: Seeds): unknown {
  const own = BODIES[operation.operationId];
  if (own !== undefined) return own(ids);
  return sampleOf(operation.body!.schema, resolve, (name) => idFor(name, ids));
}

/** The id that a field of this name holds: `campaignId`, and the one of `contactIds`. */
function idFor(name: string, ids: Seeds): string | undefined {
  return name !== 'carrierName' && namesThing(name) ? ids[name] : undefined;
}

/** An answer without what differs by nature: the request's id, and the ids that were sent. */
function comparable(answer: Answer, sent: Seeds): unknown {
  const text = Object.values(sent)
    .filter((id) => id.length > 4)
    .reduce((all, id) => all.replaceAll(id, '<id>'), JSON.stringify(answer.body));
  return [answer.status, JSON.parse(text.replaceAll(answer.body.requestId ?? '<none>', '<request>'))];
}

/** Every row of tenant one, of every table that has tenants. */
async function rowsOfTenantOne(): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind = 'r' AND n.nspname IN ('public', 'vault') ORDER BY 1`,
  );
  const found: Record<string, string> = {};
  for (const { name } of rows) {
    const { rows: hashes } = await admin.query<{ rows: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS rows
       FROM ${name} t WHERE tenant_id = $1`,
      [rig.tenantId],
    );
    found[name] = hashes[0]!.rows;
  }
  return found;
}

test('every parameter of every path is known here', () => {
  const known = new Set([...Object.keys(theirs)]);
  const unknown = described.flatMap(({ operationId, path }) =>
    pathNames(path)
      .filter((name) => !known.has(name))
      .map((name) => `${operationId}: add a real ${name} to seedsOf in this file`),
  );
  expect(unknown).toEqual([]);
});

describe('another tenant’s things', () => {
  test('named in an address are not found, exactly like what does not exist, and nothing happens to them', async () => {
    const before = await rowsOfTenantOne();
    let crossed = 0;
    const faults: string[] = [];
    for (const operation of described) {
      if (MADE_BY_NAME.has(operation.operationId)) continue;
      const things = pathNames(operation.path).filter(namesThing);
      // Each of them alone is the other tenant's, and all of them together.
      const choices = things.length === 1 ? [things] : [...things.map((name) => [name]), things];
      for (const foreign of things.length === 0 ? [] : choices) {
        const there = { ...mine, ...Object.fromEntries(foreign.map((name) => [name, theirs[name]!])) };
        const nowhere = {
          ...mine,
          ...Object.fromEntries(foreign.map((name) => [name, nothingLike(theirs[name]!)])),
        };
        const answer = await send(operation, there);
        const nothing = await send(operation, nowhere);
        crossed += 1;
        const what = `${operation.operationId} with the ${foreign.join(' and ')} of another tenant`;
        if (answer.status !== 404) {
          faults.push(
            `${what} answers ${answer.status} instead of 404 (a body that is not valid? give one in BODIES): ` +
              JSON.stringify(answer.body).slice(0, 400),
          );
        } else if (
          JSON.stringify(comparable(answer, there)) !== JSON.stringify(comparable(nothing, nowhere))
        ) {
          faults.push(`${what} can be told from nothing: ${JSON.stringify([answer.body, nothing.body])}`);
        }
      }
    }
    expect(faults).toEqual([]);
    expect(crossed).toBeGreaterThan(40);
    expect(await rowsOfTenantOne()).toEqual(before);
  });

  test('named in a body are answered like what does not exist, and nothing happens to them', async () => {
    const before = await rowsOfTenantOne();
    const named: string[] = [];
    for (const operation of described) {
      if (operation.body === null || !operation.body.type.includes('json')) continue;
      const own = JSON.stringify(bodyOf(operation, mine));
      for (const name of Object.keys(theirs).filter(namesThing)) {
        if (!new RegExp(`["[,:]${mine[name]}[",\\]}]`).test(own) || name === 'carrierName') continue;
        named.push(`${operation.operationId} ${name}`);
        const paths = pathNames(operation.path);
        // What is also in the path stays our own there: a body of its own goes with it.
        expect(paths, operation.operationId).not.toContain(name);
        const there = { ...mine, [name]: theirs[name]! };
        const nowhere = { ...mine, [name]: nothingLike(theirs[name]!) };
        const answer = comparable(await send(operation, there), there);
        expect(answer, `${operation.operationId} with ${name}`).toEqual(
          comparable(await send(operation, nowhere), nowhere),
        );
      }
    }
    expect(named).toEqual(expect.arrayContaining(['moveContact campaignId', 'addSuppression campaignId']));
    expect(await rowsOfTenantOne()).toEqual(before);
  });

  test('named in a query are answered like what does not exist', async () => {
    const before = await rowsOfTenantOne();
    let named = 0;
    for (const operation of described.filter((one) => one.method === 'GET' && !one.streams)) {
      const filters = operation.parameters.filter(
        (parameter) => parameter.in === 'query' && theirs[parameter.name] !== undefined,
      );
      for (const { name } of filters) {
        named += 1;
        const there = await send(operation, mine, { [name]: theirs[name]! });
        const id = nothingLike(theirs[name]!);
        const nowhere = await send(operation, mine, { [name]: id });
        const what = `${operation.operationId}?${name}`;
        expect(comparable(there, { [name]: theirs[name]! }), what).toEqual(
          comparable(nowhere, { [name]: id }),
        );
        expect([200, 404], what).toContain(there.status);
      }
    }
    expect(named).toBeGreaterThan(5);
    expect(await rowsOfTenantOne()).toEqual(before);
  });

  test('stand in no list', async () => {
    const ids = Object.entries(theirs)
      .filter(([name, id]) => namesThing(name) && id.length > 8)
      .map(([, id]) => id);
    const lists = described.filter(
      (one) => one.method === 'GET' && !one.streams && pathNames(one.path).length === 0,
    );
    expect(lists.length).toBeGreaterThan(10);
    for (const operation of lists) {
      const answer = await send(operation, mine);
      const text = JSON.stringify(answer.body);
      for (const id of ids) expect(text.includes(id), `${operation.operationId} shows ${id}`).toBe(false);
    }
  });
});
