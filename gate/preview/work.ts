import type { Database, Tx } from '../../db/client.ts';
import type { EpochMs } from '../../domain/time.ts';
import { readLists } from '../facts-batch.ts';
import {
  campaignNow,
  campaignsOf,
  PairSource,
  type DocumentPair,
  type PreviewedCampaign,
} from './campaigns.ts';
import { compareContacts, ContactReader, FIRST_ID } from './contacts.ts';
import { countPast, PastReader, type PastPeriod, type PastPlace } from './past.ts';
import { countPromises, nextPromises, type ComparedPromise, type PromisePlace } from './promise-reading.ts';
import { PROMISE_CHANGES, type PromiseChangeKind } from './promises.ts';
import { Samples } from './samples.ts';
import { exampleOf, PreviewTally, type Compared, type NameRule, type StoredTally } from './tally.ts';

/** What a preview asks. */
export interface PreviewQuestion {
  /** Null: of all campaigns that run or are paused. */
  readonly campaignId: string | null;
  /** The instant (engine clock) at which open contacts are asked about. */
  readonly at: EpochMs;
  readonly past: PastPeriod;
  readonly horizonMs: number;
  readonly documents: DocumentPair;
}

/** Lists that a preview makes: open contacts, open promises, past calls, past denials. */
export const PREVIEW_PARTS = ['contacts', 'promises', 'calls', 'denials'] as const;
export type PreviewPart = (typeof PREVIEW_PARTS)[number];

/** One line of a list. */
export interface PreviewEntry {
  readonly part: PreviewPart;
  readonly change: string;
  /** Of the contact, the callback or the decision. */
  readonly id: string;
  readonly campaignId: string;
  readonly body: object;
}

/** Lines kept of each list; what is beyond is counted and not listed. */
export const LISTED_MAX = 10_000;

/** How far a preview is, as JSON, so that another process can go on with it. */
export interface StoredWork {
  readonly campaigns: readonly PreviewedCampaign[];
  readonly contacts: {
    /** Index of the campaign that is being read, and the id of the contact after which it goes on. */
    readonly campaign: number;
    readonly after: string;
    readonly done: number;
    readonly tally: StoredTally;
  };
  readonly promises: {
    readonly after: PromisePlace | null;
    readonly finished: boolean;
    readonly done: number;
    readonly total: number;
    readonly counts: Readonly<Record<PromiseChangeKind, number>>;
    readonly samples: readonly ComparedPromise[];
  };
  readonly past: {
    readonly after: PastPlace | null;
    readonly finished: boolean;
    readonly done: number;
    readonly total: number;
    readonly calls: StoredTally;
    readonly denials: StoredTally;
    readonly skipped: { readonly olderFacts: number; readonly unknownSet: number };
  };
  /** Lines listed so far, by part and change. */
  readonly listed: Readonly<Record<string, number>>;
}

/** Rows read in one transaction: a preview holds none open for longer than that takes. */
const EACH = { contacts: 1_000, promises: 200, past: 250 } as const;
const PROMISE_SAMPLES = 50;

/** What was found so far. `steps` goes on from there; between two of them it can be stored and taken up elsewhere. */
export class PreviewWork {
  readonly #question: PreviewQuestion;
  readonly #pairs: PairSource;
  readonly campaigns: readonly PreviewedCampaign[];
  readonly contacts: { campaign: number; after: string; done: number; readonly tally: PreviewTally };
  readonly promises: {
    after: PromisePlace | null;
    finished: boolean;
    done: number;
    total: number;
    readonly counts: Record<PromiseChangeKind, number>;
    readonly samples: Samples<ComparedPromise>;
  };
  readonly past: {
    after: PastPlace | null;
    finished: boolean;
    done: number;
    total: number;
    readonly calls: PreviewTally;
    readonly denials: PreviewTally;
    readonly skipped: { olderFacts: number; unknownSet: number };
  };
  readonly listed: Record<string, number>;
  #entries: PreviewEntry[] = [];

  private constructor(question: PreviewQuestion, stored: StoredWork) {
    const { contacts, promises, past } = stored;
    this.#question = question;
    this.#pairs = new PairSource(question.documents);
    this.campaigns = stored.campaigns;
    this.contacts = { ...contacts, tally: PreviewTally.from(contacts.tally) };
    const samples = new Samples<ComparedPromise>(PROMISE_SAMPLES);
    samples.merge(promises.samples);
    this.promises = { ...promises, counts: { ...promises.counts }, samples };
    this.past = {
      ...past,
      calls: PreviewTally.from(past.calls),
      denials: PreviewTally.from(past.denials),
      skipped: { ...past.skipped },
    };
    this.listed = { ...stored.listed };
  }

  /** Begin: count what there is to do. */
  static async begin(tx: Tx, question: PreviewQuestion): Promise<PreviewWork> {
    const { campaignId, at, past } = question;
    const campaigns = await campaignsOf(tx, campaignId);
    const ids = campaigns.map(({ id }) => id);
    const nothing = new PreviewTally().toJSON();
    const counts = Object.fromEntries(PROMISE_CHANGES.map((kind) => [kind, 0])) as Record<
      PromiseChangeKind,
      number
    >;
    const open = { after: null, finished: false, done: 0 };
    return new PreviewWork(question, {
      campaigns,
      contacts: { campaign: 0, after: FIRST_ID, done: 0, tally: nothing },
      promises: { ...open, total: await countPromises(tx, ids, at), counts, samples: [] },
      past: {
        ...open,
        total: await countPast(tx, past),
        calls: nothing,
        denials: nothing,
        skipped: { olderFacts: 0, unknownSet: 0 },
      },
      listed: {},
    });
  }

  static from(question: PreviewQuestion, stored: StoredWork): PreviewWork {
    return new PreviewWork(question, stored);
  }

  toJSON(): StoredWork {
    const { promises } = this;
    return {
      campaigns: this.campaigns,
      contacts: { ...this.contacts, tally: this.contacts.tally.toJSON() },
      promises: { ...promises, samples: promises.samples.items },
      past: { ...this.past, calls: this.past.calls.toJSON(), denials: this.past.denials.toJSON() },
      listed: this.listed,
    };
  }

  /** Lines found since they were last taken; to be stored together with `toJSON`. */
  takeEntries(): readonly PreviewEntry[] {
    const taken = this.#entries;
    this.#entries = [];
    return taken;
  }

  /** Contacts that there were when it began. */
  get contactsTotal(): number {
    return this.campaigns.reduce((sum, { contacts }) => sum + contacts, 0);
  }

  /** Do all that is left; after each batch it stands still, so that it can be stored. */
  async *steps(
    db: Database,
    tenantId: string,
    each: Readonly<Record<keyof typeof EACH, number>> = EACH,
  ): AsyncGenerator<void> {
    yield* this.#contactSteps(db, tenantId, each.contacts);
    while (!this.promises.finished) {
      await db.inTenant(tenantId, (tx) => this.#promiseStep(tx, each.promises));
      yield;
    }
    const reader = new PastReader(this.#question.documents.candidate, this.#question.past);
    while (!this.past.finished) {
      await db.inTenant(tenantId, (tx) => this.#pastStep(tx, reader, each.past));
      yield;
    }
  }

  async *#contactSteps(db: Database, tenantId: string, limit: number): AsyncGenerator<void> {
    const { contacts } = this;
    const { at, horizonMs } = this.#question;
    if (contacts.campaign >= this.campaigns.length) return;
    for (; contacts.campaign < this.campaigns.length; contacts.campaign += 1, contacts.after = FIRST_ID) {
      const { id } = this.campaigns[contacts.campaign]!;
      const { campaign, lists } = await db.inTenant(tenantId, async (tx) => ({
        campaign: await campaignNow(tx, id, at),
        lists: await readLists(tx),
      }));
      const pair = this.#pairs.forCampaign(campaign);
      const nameRule: NameRule = (side, one) => pair.nameRule(side, one[side].rule);
      const reader = new ContactReader(campaign, pair, lists);
      const read = (after: string) => {
        const reading = db.inTenant(tenantId, (tx) => reader.next(tx, after, limit, at));
        // It is waited for below; until then, nobody listens.
        reading.catch(() => undefined);
        return reading;
      };
      // The next batch is read while this one is worked on: the database and this process take turns on nothing.
      let reading: ReturnType<typeof read> | null = read(contacts.after);
      while (reading !== null) {
        const batch: Awaited<ReturnType<typeof read>> = await reading;
        reading = batch.after === null ? null : read(batch.after);
        for (const [jurisdiction, count] of batch.same) {
          contacts.tally.addUnchanged({ campaignId: id, jurisdiction }, count);
        }
        for await (const compared of compareContacts(campaign, pair, batch.asked, at, horizonMs)) {
          contacts.tally.add(compared, nameRule);
          this.#list('contacts', compared, nameRule);
        }
        contacts.done += batch.read;
        if (batch.after !== null) {
          contacts.after = batch.after;
          yield;
        }
      }
    }
    yield;
  }

  async #promiseStep(tx: Tx, limit: number): Promise<void> {
    const { promises } = this;
    const { at, horizonMs } = this.#question;
    const batch = await nextPromises(tx, {
      campaignIds: this.campaigns.map(({ id }) => id),
      pairs: this.#pairs,
      lists: await readLists(tx),
      at,
      horizonMs,
      after: promises.after,
      limit,
    });
    for (const promise of batch.promises) {
      promises.counts[promise.change] += 1;
      if (promise.change === 'kept' || promise.change === 'impossible') continue;
      promises.samples.offer(promise.id, () => promise);
      this.#listOne('promises', promise.change, promise, () => promise);
    }
    promises.done += batch.read;
    promises.after = batch.after;
    promises.finished = batch.after === null;
  }

  async #pastStep(tx: Tx, reader: PastReader, limit: number): Promise<void> {
    const { past } = this;
    const batch = await reader.next(tx, past.after, limit);
    for (const { kind, compared, pair } of batch.decisions) {
      const nameRule: NameRule = (side, one) => pair.nameRule(side, one[side].rule);
      const part = kind === 'call' ? 'calls' : 'denials';
      past[part].add(compared, nameRule);
      if (LISTED_OF_PAST[part].has(compared.change.kind)) this.#list(part, compared, nameRule);
    }
    past.skipped.olderFacts += batch.skipped.olderFacts;
    past.skipped.unknownSet += batch.skipped.unknownSet;
    past.done += batch.read;
    past.after = batch.after;
    past.finished = batch.after === null;
  }

  #list(part: PreviewPart, compared: Compared, nameRule: NameRule): void {
    const { kind } = compared.change;
    if (kind !== 'unchanged') this.#listOne(part, kind, compared, () => exampleOf(compared, nameRule));
  }

  #listOne(
    part: PreviewPart,
    change: string,
    of: { readonly id: string; readonly campaignId: string },
    body: () => object,
  ): void {
    const key = `${part}/${change}`;
    const listed = this.listed[key] ?? 0;
    if (listed >= LISTED_MAX) return;
    this.listed[key] = listed + 1;
    this.#entries.push({ part, change, id: of.id, campaignId: of.campaignId, body: body() });
  }
}

/** Of the past what matters: calls that were made and should not have been, and those that might have been made. */
const LISTED_OF_PAST: Readonly<Record<'calls' | 'denials', ReadonlySet<string>>> = {
  calls: new Set(['newly_denied', 'newly_deferred']),
  denials: new Set(['newly_allowed']),
};
