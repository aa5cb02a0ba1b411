import { messageOf } from '../../domain/failures.ts';
import type { Acknowledged } from './cast.ts';
import { carrierGoesOn, passTime, type Scene } from './scene.ts';
import type { Contact } from './people.ts';

export interface Verdict {
  readonly violations: readonly string[];
  /** Requests after an acknowledgement, or rings above a cap, that the residual risk accounts for. */
  readonly residual: number;
}

interface Row {
  id: string;
  contact_id: string;
  person_id: string;
  state: string;
  outcome: string | null;
  result: unknown;
  reported: boolean;
  allowed: boolean;
}

const OVER: ReadonlySet<string> = new Set(['revoked', 'abandoned', 'rejected', 'ended']);
/** Rounds of sweepers and services after which nothing may be stuck. */
const ROUNDS = 14;

/**
 * Let everyone come to an end, then hold the rows and the acknowledgements against what the carrier was asked. It knows
 * nothing of how the engine keeps its promises.
 */
export async function judge(scene: Scene, waiting: (() => void)[]): Promise<Verdict> {
  const { stage, line, cast, lane } = scene;
  line.calm();
  for (const begin of waiting.splice(0)) begin();
  const violations: string[] = [];
  await toTheEnd(scene);
  // Nobody's phone has stopped ringing by itself yet: what rings after this was left to ring.
  for (let round = 0; round < 3 && line.liveCount() + line.events.length > 0; round += 1) {
    lane.clock.advance(2_000);
    line.bringUp();
    await services(scene, 1);
  }
  const ringing = line.ringing().filter((attemptId) => stopOver(scene, attemptId, Infinity) !== null);
  for (const attemptId of ringing)
    violations.push(`I3: ${attemptId} rings in the scope of a stop, and nobody hangs up`);
  // Pauses end, so that nothing waits for them; then everything that is going on comes to an end.
  for (const kind of ['pause campaign', 'pause carrier', 'kill'] as const) {
    stage.start(`lift ${kind}`, () => cast.lift(kind));
    await toTheEnd(scene);
  }
  let rows: Row[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await carrierGoesOn(scene, true);
    for (const arrive of line.onTheWire.splice(0)) arrive();
    await services(scene, 1);
    rows = await attemptsOf(scene);
    const over = rows.every(({ state, reported }) => reported && OVER.has(state));
    if (over && line.liveCount() + line.events.length === 0) break;
    await passTime(scene, 20_000);
    lane.clock.advance(15 * 60_000);
  }
  for (const actor of stage.actors) {
    if (actor.failed !== null) violations.push(`${actor.name} failed: ${messageOf(actor.failed)}`);
    if (!actor.done) violations.push(`I10: ${actor.name} never ends`);
  }
  return { ...(await heldAgainst(scene, rows, violations)), violations };
}

async function heldAgainst(
  scene: Scene,
  rows: readonly Row[],
  violations: string[],
): Promise<{ residual: number }> {
  const { line, cast, risked } = scene;
  const budget = risked.frozen.size + risked.late;
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const asked = new Map<string, number>();
  let residual = 0;
  for (const { attemptId, seq } of line.requests) {
    asked.set(attemptId, (asked.get(attemptId) ?? 0) + 1);
    if (rowOf.get(attemptId)?.allowed !== true)
      violations.push(`I1: ${attemptId} was requested without a permit`);
    const stop = stopOver(scene, attemptId, seq);
    if (stop === null) continue;
    if (risked.frozen.has(attemptId)) residual += 1;
    else violations.push(`I3: ${attemptId} was requested after the ${stop.kind} had been acknowledged`);
  }
  for (const [attemptId, times] of asked)
    if (times > 1) violations.push(`I2: ${attemptId} was requested ${times} times`);

  const taken = new Set(
    line.log.flatMap((entry) =>
      entry.kind === 'dial' && entry.result === 'accepted' ? [entry.attemptId!] : [],
    ),
  );
  const rings = new Map<string, number>();
  for (const attemptId of taken) {
    const person = rowOf.get(attemptId)?.person_id ?? '';
    rings.set(person, (rings.get(person) ?? 0) + 1);
  }
  for (const [person, times] of rings) {
    if (times <= 1) continue;
    if (times <= 1 + budget) residual += 1;
    else violations.push(`I5: ${person} was rung ${times} times under a cap of one`);
  }
  for (const { id, state, outcome, result, reported } of rows) {
    if (!['revoked', 'abandoned', 'rejected', 'ended'].includes(state))
      violations.push(`I10: ${id} is still ${state}`);
    else if (result === null || !reported) violations.push(`I10: what became of ${id} was told to nobody`);
    if (taken.has(id) && state !== 'ended')
      violations.push(`the carrier took ${id}, and its row is ${state}`);
    if (!taken.has(id) && state === 'ended' && outcome !== 'unknown')
      violations.push(`the carrier never took ${id}, and its row is ended (${outcome})`);
  }
  const contacts = await scene.lane.behind.query<{ id: string; state: string; attempts: number }>(
    'SELECT id, state, attempts FROM contacts WHERE tenant_id = $1 AND id = ANY ($2)',
    [scene.lane.tenantId, scene.people.contacts.map(({ contactId }) => contactId)],
  );
  for (const { id, state, attempts } of contacts.rows) {
    if (state === 'admitted') violations.push(`I10: contact ${id} neither waits nor has ended`);
    const made = rows.filter(({ contact_id: contactId }) => contactId === id).length;
    if (made !== attempts) violations.push(`contact ${id} counts ${attempts} attempts and has ${made}`);
  }
  if (cast.told.length === 0 && rows.length > 0 && rows.some(({ reported }) => !reported))
    violations.push('I10: nobody was told');
  return { residual };
}

/** The acknowledged stop that binds an attempt at that moment, or null. */
function stopOver(scene: Scene, attemptId: string, seq: number): Acknowledged | null {
  const contact = scene.people.contacts.find(({ contactId }) => attemptId.startsWith(contactId));
  if (contact === undefined) return null;
  return scene.cast.acknowledged.find((stop) => binds(scene, stop, contact, seq)) ?? null;
}

function binds(scene: Scene, stop: Acknowledged, contact: Contact, seq: number): boolean {
  const { lifted } = scene.cast;
  return (
    stop.seq < seq &&
    stop.covers(contact) &&
    !lifted.some(({ kind, seq: at }) => kind === stop.kind && at > stop.askedSeq && at < seq)
  );
}

/** Let go of whoever stands somewhere, until nobody does; time passes where someone only looks again. */
async function toTheEnd(scene: Scene): Promise<void> {
  const { stage } = scene;
  for (let n = 0; n < 400; n += 1) {
    await stage.still();
    const standing = stage.standing();
    if (standing.length === 0) return;
    if (standing.every(({ at }) => at === 'looks again')) {
      await passTime(scene, 2_500);
      stage.start('hang up', () => scene.cast.help('hang up'));
      stage.start('settle', () => scene.cast.help('settle'));
    }
    for (const token of standing) {
      scene.count(token.at);
      token.go();
    }
  }
}

/** What workers do all the time, a few rounds of it; and activities that died are run again. */
async function services(scene: Scene, rounds: number): Promise<void> {
  const { stage, cast, people, line } = scene;
  for (let n = 0; n < rounds; n += 1) {
    if (n > 0) await passTime(scene, 6_000);
    const events = line.events.splice(0);
    if (events.length > 0) stage.start('deliver', () => cast.deliver(events));
    for (const helper of ['sweep', 'compare calls', 'settle', 'hang up', 'report'] as const) {
      stage.start(helper, () => cast.help(helper));
    }
    await toTheEnd(scene);
    const admitted = await scene.lane.behind.query<{ id: string }>(
      `SELECT id FROM contacts WHERE tenant_id = $1 AND state = 'admitted'`,
      [scene.lane.tenantId],
    );
    for (const { id } of admitted.rows) {
      const contact = people.contacts.find(({ contactId }) => contactId === id);
      if (contact !== undefined) stage.start(`dial again ${contact.name}`, () => cast.dialAgain(contact));
    }
    await toTheEnd(scene);
  }
}

async function attemptsOf(scene: Scene): Promise<Row[]> {
  const { rows } = await scene.lane.behind.query<Row>(
    `SELECT a.id, a.contact_id, a.person_id, a.state, a.outcome, a.result, a.reported_real IS NOT NULL AS reported,
            EXISTS (SELECT 1 FROM decisions d WHERE d.tenant_id = a.tenant_id AND d.id = a.decision_id
                      AND d.verdict = 'allow' AND d.contact_id = a.contact_id) AS allowed
     FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = ANY ($2)`,
    [scene.lane.tenantId, scene.people.contacts.map(({ contactId }) => contactId)],
  );
  return rows;
}
