/**
 * What this CRM knows of its customers: a log of the events it was told and of the lists it fed, and what they add up to.
 * The log is the store: an event is in it before it is answered, so that what was acknowledged is never lost, and the
 * ids in it tell what came twice.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export function openStore(directory) {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'log.jsonl');
  const state = { seen: new Set(), lastSequence: new Map(), customers: new Map() };
  for (const entry of readLog(path)) apply(state, entry);
  const file = openSync(path, 'a');

  /** On the disk first, then in memory. */
  const append = (entry) => {
    writeSync(file, `${JSON.stringify(entry)}\n`);
    fsyncSync(file);
    apply(state, entry);
  };
  return {
    /** @returns false for an event that came before: at-least-once means that it may. */
    takeEvent: (event) => {
      if (state.seen.has(event.id)) return false;
      append({ kind: 'event', event });
      return true;
    },
    /** Customers that were sent as contacts of a campaign; those whose row was not taken say why. */
    takeFeed: (campaignId, rows) => append({ kind: 'fed', campaignId, rows }),
    customers: () => state.customers,
    /** Not to be called again: asked not to be, for everything or by a withdrawal. */
    mayFeed: (externalId) => {
      const customer = state.customers.get(externalId);
      return customer === undefined || !isOptedOut(customer, Date.now());
    },
    events: () => state.seen.size,
    close: () => closeSync(file),
  };
}

export function isOptedOut(customer, now) {
  return (
    customer.withdrawn.length > 0 ||
    Object.values(customer.suppressions).some(
      ({ scope, validFrom, validUntil }) =>
        scope !== 'campaign' &&
        Date.parse(validFrom) <= now &&
        (validUntil === null || Date.parse(validUntil) > now),
    )
  );
}

/** A line that was being written when the process died is not whole, and was never acknowledged. */
function readLog(path) {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

function apply(state, entry) {
  if (entry.kind === 'fed') {
    for (const { externalId, refused } of entry.rows) {
      const contact = contactOf(state, externalId, entry.campaignId);
      // An event may have come before the answer to the feed did; it knows better.
      if (contact.state === null) contact.state = refused === null ? 'waiting' : `not taken: ${refused}`;
    }
    return;
  }
  const { event } = entry;
  state.seen.add(event.id);
  // Events of one contact come in order, unless some were replayed: what is older than what is known changes nothing.
  // A withdrawal adds to those before it, whenever it comes.
  const key = `${event.partitionkey} ${event.type}`;
  const known = state.lastSequence.get(key) ?? '';
  if (event.sequence <= known && event.type !== 'com.rightcall.consent.withdrawn') return;
  state.lastSequence.set(key, event.sequence);
  HANDLERS[event.type]?.(state, event.data, event);
}

const HANDLERS = {
  'com.rightcall.attempt.ended': (state, data) =>
    withContact(state, data, (contact) => {
      contact.attempts = Math.max(contact.attempts, data.n);
      contact.lastOutcome = data.outcome ?? data.state;
    }),
  'com.rightcall.disposition.recorded': (state, data) =>
    withContact(state, data, (contact) => {
      contact.disposition = data.code;
    }),
  'com.rightcall.conversion.recorded': (state, data) =>
    withContact(state, data, (contact) => {
      contact.convertedAt = data.at;
    }),
  'com.rightcall.contact.finished': setState,
  'com.rightcall.contact.reopened': setState,
  'com.rightcall.callback.promised': setCallback,
  'com.rightcall.callback.changed': setCallback,
  'com.rightcall.callback.kept': setCallback,
  'com.rightcall.callback.breached': setCallback,
  'com.rightcall.callback.cancelled': setCallback,
  'com.rightcall.consent.withdrawn': (state, data) => {
    for (const { externalId } of data.contacts) {
      if (externalId === null) continue;
      const customer = customerOf(state, externalId);
      customer.withdrawn = [...new Set([...customer.withdrawn, ...data.purposes])];
    }
  },
  'com.rightcall.suppression.added': setSuppression,
  'com.rightcall.suppression.changed': setSuppression,
};

function setState(state, data, event) {
  withContact(state, data, (contact) => {
    // Finished and reopened are two types of one story.
    if (event.sequence < contact.stateSequence) return;
    contact.stateSequence = event.sequence;
    contact.state = data.state;
    contact.reason = data.reason;
  });
}

function setCallback(state, data, event) {
  withContact(state, data, (contact) => {
    if (event.sequence < contact.callbackSequence) return;
    contact.callbackSequence = event.sequence;
    contact.callback = { status: data.status, from: data.from, until: data.until };
  });
}

function setSuppression(state, data, event) {
  for (const { externalId } of data.contacts) {
    if (externalId === null) continue;
    const { suppressions } = customerOf(state, externalId);
    if (event.sequence < (suppressions[data.suppressionId]?.sequence ?? '')) continue;
    const { scope, validFrom, validUntil } = data;
    suppressions[data.suppressionId] = { scope, validFrom, validUntil, sequence: event.sequence };
  }
}

/** Contacts that this CRM did not feed have no id that it knows. */
function withContact(state, data, change) {
  if (data.externalId !== null) change(contactOf(state, data.externalId, data.campaignId));
}

function contactOf(state, externalId, campaignId) {
  const { contacts } = customerOf(state, externalId);
  contacts[campaignId] ??= {
    state: null,
    reason: null,
    attempts: 0,
    lastOutcome: null,
    disposition: null,
    convertedAt: null,
    callback: null,
    stateSequence: '',
    callbackSequence: '',
  };
  return contacts[campaignId];
}

function customerOf(state, externalId) {
  let customer = state.customers.get(externalId);
  if (customer === undefined) {
    customer = { withdrawn: [], suppressions: {}, contacts: {} };
    state.customers.set(externalId, customer);
  }
  return customer;
}
