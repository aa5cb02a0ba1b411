import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../domain/access.ts';
import { createRig, NOW, type Answer, type Rig } from './rig.ts';

let rig: Rig;
let ann: string;
let ben: string;
beforeAll(async () => {
  rig = await createRig();
});
beforeEach(async () => {
  [ann, ben] = [await key('compliance'), await key('compliance')];
});
afterAll(() => rig.close());

const HOUR = 3_600_000;
const key = (role: Role) => rig.makeKey({ roles: [role] });
const as = (who: string, method: string, path: string, body?: unknown, revision?: number): Promise<Answer> =>
  rig.call(method, path, body, {
    Authorization: `Bearer ${who}`,
    ...(revision === undefined ? {} : { 'If-Match': `"${revision}"` }),
  });

/** A house pack that keeps one province quieter. */
function pack(change: Record<string, unknown> = {}, rule: Record<string, unknown> = {}) {
  return {
    kind: 'pack',
    id: 'house-guangdong',
    version: 1,
    title: 'Quieter evenings in Guangdong',
    authority: 'house',
    rules: [
      {
        id: 'house.guangdong.hours',
        version: 1,
        type: 'calling_window',
        label: 'Guangdong until 18:00',
        jurisdiction: ['CN-GD'],
        strength: 'house',
        citation: { instrument: 'House policy', article: null, url: null, checkedOn: '2026-03-01' },
        confidence: 'P',
        reasonCode: 'window.closed',
        params: { windows: { daily: ['10:00-18:00'] } },
        ...rule,
      },
    ],
    ...change,
  };
}

let made = 0;
/** A pack of its own, so that no two drafts are about the same. */
function freshPack() {
  made += 1;
  return pack({ id: `house-${made}` }, { id: `house.rule-${made}` });
}

async function draft(body: Record<string, unknown>, who = ann): Promise<string> {
  const answer = await as(who, 'POST', '/v1/policies/drafts', { title: 'A draft', ...body });
  expect(answer.body).toMatchObject({ status: 'draft', revision: 1 });
  return answer.body.id;
}
const path = (id: string, deed = '') => `/v1/policies/drafts/${id}${deed === '' ? '' : `/${deed}`}`;
const check = (id: string, revision = 1) => as(ann, 'POST', path(id, 'check'), undefined, revision);
interface Checked {
  draft: { status: string; candidateHash: string; baseHash: string };
  check: {
    passed: boolean;
    faults: { field: string; fault: string; expected: string }[];
    touchesLaw: boolean;
    cases: { run: number; failed: number };
  };
}
const checked = (answer: Answer) => answer.body as unknown as Checked;

/** What a finished preview leaves behind. */
async function preview(id: string, revision = 1): Promise<void> {
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO policy_previews (tenant_id, id, draft_id, draft_revision, candidate_hash, base_hash, status,
                                    requested_by, requested_at, request, finished_at)
       SELECT tenant_id, $3, id, $4, candidate_hash, base_hash, 'finished', 'test', now(), '{}', now()
       FROM policy_drafts WHERE tenant_id = $1 AND id = $2`,
      [rig.tenantId, id, randomUUID(), revision],
    ),
  );
}

async function approved(body: Record<string, unknown> = { put: [freshPack()] }): Promise<string> {
  const id = await draft(body);
  const found = checked(await check(id));
  expect(found.check.faults).toEqual([]);
  await preview(id);
  expect((await as(ben, 'POST', path(id, 'approve'), {}, 1)).body).toMatchObject({ status: 'approved' });
  return id;
}
const publish = (id: string, body: Record<string, unknown> = {}, who = ben) =>
  as(who, 'POST', path(id, 'publish'), body, 1);
const active = async () => (await rig.call('GET', '/v1/policies/active')).body as unknown as { hash: string };

describe('a draft on its way', () => {
  test('is checked, previewed, approved by somebody else and published, and is in force from the answer on', async () => {
    const id = await draft({ put: [freshPack()], note: 'Neighbours asked' });
    expect((await as(ben, 'POST', path(id, 'approve'), {}, 1)).status).toBe(409);
    const found = checked(await check(id));
    expect(found).toMatchObject({ draft: { status: 'checked' }, check: { passed: true, faults: [] } });
    expect((await as(ben, 'POST', path(id, 'approve'), {}, 1)).body.detail).toContain('preview');
    await preview(id);
    expect((await as(ann, 'GET', path(id))).body).toMatchObject({ status: 'previewed' });
    expect((await publish(id)).status).toBe(409);
    expect((await as(ben, 'POST', path(id, 'approve'), { note: 'read' }, 1)).body).toMatchObject({
      status: 'approved',
    });
    const published = await publish(id);
    expect(published.body).toMatchObject({
      draft: { status: 'published' },
      publication: { hash: found.draft.candidateHash, status: 'in_force', draftId: id },
    });
    expect((await active()).hash).toBe(found.draft.candidateHash);
    const versions = await rig.call('GET', '/v1/policies/versions?limit=1');
    expect(versions.body.items[0]).toMatchObject({ hash: found.draft.candidateHash, status: 'in_force' });
    const whole = await rig.call('GET', `/v1/policies/versions/${found.draft.candidateHash.slice(0, 10)}`);
    expect(whole.body).toMatchObject({ hash: found.draft.candidateHash, publications: [{ draftId: id }] });
    const changes = await rig.call('GET', `/v1/changes?resource=policy_draft&resourceId=${id}`);
    expect(changes.body.items.map((one) => (one as unknown as { action: string }).action)).toEqual([
      'approvePolicyDraft',
      'checkPolicyDraft',
      'createPolicyDraft',
    ]);
  });

  test('an edit after its approval takes the approval away', async () => {
    const id = await approved();
    const edited = await as(ann, 'PATCH', path(id), { title: 'Another title' }, 1);
    expect(edited.body).toMatchObject({ status: 'draft', revision: 2, candidateHash: null });
    expect((await as(ben, 'POST', path(id, 'publish'), {}, 2)).status).toBe(409);
    expect((await publish(id)).status).toBe(412);
  });

  test('none of its authors approves it, nobody twice, and a rejected revision nobody at all', async () => {
    const id = await draft({ put: [freshPack()] });
    await as(ben, 'PATCH', path(id), { note: 'and this' }, 1);
    await check(id, 2);
    await preview(id, 2);
    for (const author of [ann, ben]) {
      const refused = await as(author, 'POST', path(id, 'approve'), {}, 2);
      expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
      expect(refused.body.detail).toContain('wrote a part of this draft');
    }
    const cy = await key('admin');
    expect((await as(cy, 'POST', path(id, 'approve'), {}, 2)).status).toBe(200);
    const again = await as(cy, 'POST', path(id, 'approve'), {}, 2);
    expect([again.status, again.body.detail]).toEqual([
      409,
      expect.stringContaining('approved this revision already'),
    ]);

    const other = await draft({ put: [freshPack()] });
    await check(other);
    await preview(other);
    expect((await as(ben, 'POST', path(other, 'reject'), { note: 'no' }, 1)).body).toMatchObject({
      status: 'draft',
    });
    await check(other);
    expect((await as(cy, 'POST', path(other, 'approve'), {}, 1)).body.detail).toContain(
      'rejected this revision',
    );
  });

  test('a manager writes and checks drafts, and neither approves nor publishes', async () => {
    const manager = await key('manager');
    const id = await draft({ put: [freshPack()] }, manager);
    for (const deed of ['approve', 'publish']) {
      expect((await as(manager, 'POST', path(id, deed), {}, 1)).status, deed).toBe(403);
    }
  });

  test('whoever may not change the law’s packs neither approves nor publishes a draft that does', async () => {
    const id = await draft({ accepted: [{ rule: 'cn.none', reason: 'repealed' }], put: [freshPack()] });
    expect(checked(await check(id)).check.touchesLaw).toBe(true);
    await preview(id);
    const narrow = await rig.makeKey({
      roles: ['compliance'],
      scopes: ['policies.approve', 'policies.publish'],
    });
    expect((await as(narrow, 'POST', path(id, 'approve'), {}, 1)).body.detail).toContain('policies.law');
    await as(ben, 'POST', path(id, 'approve'), {}, 1);
    expect((await publish(id, {}, narrow)).body.detail).toContain('policies.law');
  });
});

describe('a check names what is wrong and what would be right', () => {
  const faultsOf = async (body: Record<string, unknown>) => {
    const { check: found } = checked(await check(await draft(body)));
    expect(found.passed).toBe(false);
    return found.faults;
  };
  const faulty = async (change: Record<string, unknown>, rule: Record<string, unknown> = {}) =>
    faultsOf({ put: [pack(change, rule)] });

  test('an unknown rule type, with those there are', async () => {
    const [fault] = await faulty({}, { type: 'calling_windows' });
    expect(fault).toMatchObject({ field: 'house-guangdong.rules[0].type' });
    expect(fault!.expected).toContain('calling_window');
  });
  test('an unknown parameter, with its path', async () => {
    const faults = await faulty({}, { params: { windows: { daily: ['10:00-18:00'] }, lunch: true } });
    expect(faults[0]!.field + faults[0]!.fault).toContain('lunch');
    expect(faults[0]!.field).toContain('house-guangdong.rules[0].params');
  });
  test('hours that leave no time to call', async () => {
    const faults = await faultsOf({
      put: [pack({}, { jurisdiction: ['CN'], params: { windows: { daily: ['02:00-03:00'] } } })],
    });
    expect(faults.map(({ fault }) => fault).join()).toContain('leave no hour');
  });
  test('an empty calendar', async () => {
    const calendar = {
      kind: 'calendar',
      id: 'empty',
      version: 1,
      title: 'Empty',
      jurisdiction: ['CN'],
      coverage: { from: '2027-01-01', to: '2027-12-31' },
      daysOff: [],
      workdays: [],
      sources: [
        {
          citation: { instrument: 'None', article: null, url: null, checkedOn: '2026-03-01' },
          confidence: 'M',
          covers: 'nothing',
        },
      ],
    };
    expect(await faultsOf({ put: [calendar] })).toMatchObject([{ field: 'empty.daysOff' }]);
  });
  test('a law’s rule without the article it was read in', async () => {
    const law = { strength: 'law' };
    const [fault] = await faulty({ authority: 'law' }, law);
    expect(fault).toMatchObject({ field: 'house-guangdong.rules[0].citation.article' });
  });
  test('a house pack that would loosen the law, with the rule', async () => {
    const faults = await faulty({}, { exemptions: [{ kind: 'emergency' }] });
    expect(faults.map(({ field }) => field).join()).toContain('house-guangdong.rules[0]');
  });
  test('a pack of the law that would be taken out, with every rule that would be loosened', async () => {
    const faults = await faultsOf({ remove: ['pack/cn'] });
    expect(faults.length).toBeGreaterThan(3);
    expect(faults.every(({ field }) => field.startsWith('cn/') || field.includes('cn'))).toBe(true);
  });
  test('a version that was in force with other content', async () => {
    const first = freshPack();
    await publish(await approved({ put: [first] }));
    const [fault] = await faultsOf({ put: [{ ...first, title: 'Another' }] });
    expect(fault).toMatchObject({ field: `${first.id}.version`, expected: '2 or more' });
  });
  test('a case that does not come out, with what came out', async () => {
    const faults = await faultsOf({
      put: [pack()],
      cases: [
        {
          title: 'Guangdong',
          packs: ['cn', 'house-guangdong'],
          facts: {
            consents: [{ level: 'express' }],
            locations: [{ jurisdiction: 'CN-GD', zone: 'Asia/Shanghai' }],
          },
          cases: [
            { name: 'seven in the evening', at: '2026-03-02T19:00:00+08:00', expect: { verdict: 'allow' } },
          ],
        },
      ],
    });
    expect(faults).toMatchObject([{ field: 'case Guangdong: seven in the evening' }]);
    expect(faults[0]!.fault).toContain('verdict: expected allow, got defer');
  });
  test('nothing to publish, and something to remove that is not there', async () => {
    expect(await faultsOf({})).toMatchObject([{ field: 'changes' }]);
    expect(await faultsOf({ remove: ['pack/none'] })).toMatchObject([{ field: 'pack/none' }]);
  });
});

describe('a body that cannot be a draft is refused at once', () => {
  test('a pack of 50 MB, before it is parsed', async () => {
    const answer = await as(ann, 'POST', '/v1/policies/drafts', {
      title: 'Big',
      note: 'x'.repeat(50 * 1024 ** 2),
    });
    expect([answer.status, answer.body.code]).toEqual([413, 'too_large']);
  });
  test('what is neither pack nor calendar, and cases that are none', async () => {
    const answer = await as(ann, 'POST', '/v1/policies/drafts', {
      title: 'x',
      put: [{ kind: 'law', id: 'x' }],
    });
    expect(answer.body.faults[0]!.field).toContain('put[0].kind');
    const cases = [{ title: 'x', packs: ['cn'], cases: [{ name: 'x' }] }];
    const other = await as(ann, 'POST', '/v1/policies/drafts', { title: 'x', cases });
    expect(other.body.faults[0]!.field).toContain('cases[0].cases[0]');
  });
});

describe('publishing', () => {
  test('an instant in the past is refused', async () => {
    const answer = await publish(await approved(), { effectiveAt: new Date(NOW - 1).toISOString() });
    expect([answer.status, answer.body.faults[0]!.field]).toEqual([400, 'effectiveAt']);
  });

  test('a draft made for a set that was followed by another is told which, and goes on once rebased', async () => {
    const late = await approved();
    const first = freshPack();
    const between = await approved({ put: [first] });
    await publish(between);
    const refused = await publish(late);
    expect(refused.status).toBe(409);
    expect(refused.body.faults).toMatchObject([
      { field: 'baseHash', fault: expect.stringContaining(`pack/${first.id}`) as string },
    ]);
    const rebased = await as(ann, 'POST', path(late, 'rebase'), undefined, 1);
    expect(rebased.body).toMatchObject({ status: 'draft', revision: 2 });
    await check(late, 2);
    await preview(late, 2);
    await as(ben, 'POST', path(late, 'approve'), {}, 2);
    expect((await as(ben, 'POST', path(late, 'publish'), {}, 2)).status).toBe(200);
  });

  test('what two drafts both changed is a conflict that names it, and no rebase hides it', async () => {
    const shared = freshPack();
    const late = await approved({ put: [shared] });
    await publish(await approved({ put: [{ ...shared, title: 'Theirs' }] }));
    const refused = await as(ann, 'POST', path(late, 'rebase'), undefined, 1);
    expect(refused.status).toBe(409);
    expect(refused.body.faults[0]!.expected).toContain(`both change pack/${shared.id}`);
  });

  test('of two at once one is published, and the other is told', async () => {
    const [one, two] = [await approved(), await approved()];
    const statuses = (await Promise.all([publish(one), publish(two)])).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 409]);
  });

  test('one to come takes effect at its instant, holds up what would overtake it, and can be called off until then', async () => {
    const before = await active();
    const effectiveAt = rig.clock.now() + HOUR;
    const first = await publish(await approved(), { effectiveAt: new Date(effectiveAt).toISOString() });
    const { publication } = first.body as unknown as {
      publication: { id: number; hash: string; status: string };
    };
    expect(publication.status).toBe('scheduled');
    expect(await active()).toMatchObject({ next: { id: publication.id } });
    expect((await active()).hash).toBe(before.hash);
    expect((await publish(await approved())).body.detail).toContain('takes effect at');
    const cancelled = await as(ben, 'POST', `/v1/policies/publications/${publication.id}/cancel`, {});
    expect(cancelled.body.status).toBe('cancelled');
    rig.clock.set(effectiveAt + 1);
    expect((await active()).hash).toBe(before.hash);
    const again = await publish(await approved(), {
      effectiveAt: new Date(effectiveAt + HOUR).toISOString(),
    });
    const second = (again.body as unknown as { publication: { id: number; hash: string } }).publication;
    rig.clock.set(effectiveAt + HOUR);
    expect((await active()).hash).toBe(second.hash);
    expect((await as(ben, 'POST', `/v1/policies/publications/${second.id}/cancel`, {})).status).toBe(409);
  });

  test('an older set is gone back to by a draft that a second person approves', async () => {
    const before = await active();
    await publish(await approved());
    const id = await approved({ fromSet: before.hash.slice(0, 12) });
    await publish(id);
    expect((await active()).hash).toBe(before.hash);
  });

  test('the difference between two sets is said document by document and rule by rule', async () => {
    const before = await active();
    const added = freshPack();
    await publish(await approved({ put: [added] }));
    const answer = await rig.call('GET', `/v1/policies/diff?from=${before.hash.slice(0, 12)}&to=active`);
    expect(answer.body).toMatchObject({ documents: [{ id: added.id, change: 'added', toVersion: 1 }] });
    const same = await rig.call('GET', '/v1/policies/diff?from=active&to=latest');
    expect(same.body).toMatchObject({ documents: [], lines: [] });
    const unknown = await rig.call('GET', '/v1/policies/diff?from=yesterday&to=active');
    expect([unknown.status, unknown.body.faults[0]!.field]).toEqual([400, 'query.from']);
  });
});

describe('calendars', () => {
  test('whoever looks at what is in force is told 60 days before a calendar ends, and so is the author of a draft', async () => {
    rig.clock.set(Date.parse('2026-11-15T10:00:00+08:00'));
    await publish(await approved());
    const ending = (await active()) as unknown as { calendarsEnding: { id: string; coveredTo: string }[] };
    expect(ending.calendarsEnding).toContainEqual({ id: 'cn-statutory-holidays', coveredTo: '2026-12-31' });
    const { check: found } = checked(await check(await draft({ put: [freshPack()] })));
    expect((found as unknown as { warnings: string[] }).warnings.join()).toContain(
      'cn-statutory-holidays ends on 2026-12-31',
    );
  });
});
