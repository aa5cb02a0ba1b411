import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tx } from '../../db/client.ts';
import { CALLED_NUMBER } from '../../db/repositories/called-number.ts';
import type { DialFacts } from '../../domain/facts.ts';
import type { EpochMs } from '../../domain/time.ts';
import { matterFacts } from '../../domain/matter.ts';
import { NOTHING_STANDING, campaignFacts } from '../campaign-facts.ts';
import type { CampaignNow } from '../campaign-now.ts';
import { readFactsOf } from '../facts-batch.ts';
import { compare, placesOf, type SetPair } from './compare.ts';
import type { Compared } from './tally.ts';

export interface AskedContact {
  readonly contactId: string;
  readonly facts: DialFacts;
}

/** Contacts of one campaign in one reading: those for whom the sets may differ with their facts, the rest as counts. */
export interface ContactBatch {
  /** Where the next one goes on; null: this was the last. */
  readonly after: string | null;
  readonly read: number;
  /** Of whom nothing can change, by place. */
  readonly same: ReadonlyMap<string, number>;
  readonly asked: readonly AskedContact[];
}

interface PlaceRow {
  id: string;
  person_id: string;
  has_number: boolean;
  country: string | null;
  number_type: DialFacts['number']['type'] | null;
  locations: string | null;
}

const COLUMNS =
  'c.id, c.person_id, n.person_id IS NOT NULL AS has_number, n.country, n.number_type, n.locations::text';
const NUMBER = `LEFT JOIN person_numbers n ON n.tenant_id = $1 AND n.person_id = c.person_id AND ${CALLED_NUMBER}`;
const openOf = (state: string) =>
  `(SELECT id, person_id, number_hash FROM contacts
    WHERE tenant_id = $1 AND campaign_id = $2 AND state = '${state}' AND id > $3 ORDER BY id LIMIT $4)`;

/** By id, whatever the state: one that is admitted meanwhile is looked at once. */
const NEXT_SQL = `
SELECT ${COLUMNS} FROM (${openOf('waiting')} UNION ALL ${openOf('admitted')} ORDER BY id LIMIT $4) c ${NUMBER}
ORDER BY c.id`;

const THESE_SQL = `
SELECT ${COLUMNS} FROM unnest($2::uuid[]) AS asked (id) JOIN contacts c ON c.tenant_id = $1 AND c.id = asked.id ${NUMBER}`;

/** Before any id. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Reads the contacts of one campaign, and the facts of those alone for whom the two sets may differ. */
export class ContactReader {
  readonly #campaign: CampaignNow;
  readonly #pair: SetPair;
  readonly #lists: DialFacts['lists'];
  /** Answers by place; places are few, and people at one have the same. */
  readonly #places = new Map<string, { readonly same: boolean; readonly name: string }>();

  constructor(campaign: CampaignNow, pair: SetPair, lists: DialFacts['lists']) {
    this.#campaign = campaign;
    this.#pair = pair;
    this.#lists = lists;
  }

  /** @param at instant (engine clock) that will be asked about: how far back earlier attempts are read */
  async next(tx: Tx, after: string, limit: number, at: EpochMs): Promise<ContactBatch> {
    const rows = await tx.prepared<PlaceRow>('preview_contacts', NEXT_SQL, [
      tx.tenantId,
      this.#campaign.id,
      after,
      limit,
    ]);
    return { ...(await this.#batch(tx, rows, at)), after: rows.length < limit ? null : rows.at(-1)!.id };
  }

  async these(tx: Tx, ids: readonly string[], at: EpochMs): Promise<ContactBatch> {
    const rows = await tx.query<PlaceRow>(THESE_SQL, [tx.tenantId, ids]);
    return { ...(await this.#batch(tx, rows, at)), after: null };
  }

  async #batch(tx: Tx, rows: readonly PlaceRow[], at: EpochMs): Promise<Omit<ContactBatch, 'after'>> {
    const same = new Map<string, number>();
    const ids: string[] = [];
    for (const row of rows) {
      const place = this.#placeOf(row);
      if (place.same) same.set(place.name, (same.get(place.name) ?? 0) + 1);
      else ids.push(row.id);
    }
    const asked: AskedContact[] = [];
    if (ids.length > 0) {
      for (const { contactId, facts } of await readFactsOf(tx, this.#campaign, this.#lists, ids, at)) {
        if (facts === null) same.set(NO_NUMBER.name, (same.get(NO_NUMBER.name) ?? 0) + 1);
        else asked.push({ contactId, facts });
      }
    }
    return { read: rows.length, same, asked };
  }

  #placeOf(row: PlaceRow): { readonly same: boolean; readonly name: string } {
    // No number, no call, by whatever policies.
    if (!row.has_number) return NO_NUMBER;
    const key = `${row.country}|${row.number_type}|${row.locations}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      const facts = this.#factsAt(row);
      place = { same: this.#pair.isSame(facts), name: placesOf(facts) };
      if (this.#places.size >= PLACES_MAX) this.#places.clear();
      this.#places.set(key, place);
    }
    return place;
  }

  /** What is known of anybody at the place. */
  #factsAt(row: PlaceRow): DialFacts {
    const { id: contactId, person_id: personId, country, number_type: type } = row;
    return {
      ...campaignFacts(NOBODY, this.#campaign, NOTHING_STANDING),
      ...matterFacts(null, 0),
      contactId,
      personId,
      number: { pseudonym: '', country, type: type! },
      locations: JSON.parse(row.locations!) as DialFacts['locations'],
      consents: [],
      suppressions: [],
      lists: this.#lists,
      attempts: [],
      triggers: [],
    };
  }
}

/** Whose rules these are plays no part in which rules bind. */
const NOBODY = '';
const NO_NUMBER = { same: true, name: '' } as const;
/** Places kept: evidence carries when it was recorded, so that a long import makes many of one. */
const PLACES_MAX = 20_000;
/** Evaluations between two turns of the event loop: a few ms, so that what else the process does goes on. */
const TURN = 20;

/** What becomes of those asked about, one by one. */
export async function* compareContacts(
  campaign: CampaignNow,
  pair: SetPair,
  asked: readonly AskedContact[],
  at: EpochMs,
  horizonMs: number,
): AsyncGenerator<Compared> {
  for (const [index, { contactId, facts }] of asked.entries()) {
    if (index % TURN === TURN - 1) await nextTurn();
    yield {
      id: contactId,
      contactId,
      personId: facts.personId,
      campaignId: campaign.id,
      jurisdiction: placesOf(facts),
      at,
      ...compare(pair, facts, at, horizonMs),
    };
  }
}
