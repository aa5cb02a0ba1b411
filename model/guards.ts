/**
 * What keeps the promises. Each can be taken away, to see what it is for: then some state breaks the law named beside it.
 */
export const GUARDS = {
  'claim.asks': 'a pass of the gate asks, under its locks, whether a stop binds',
  'claim.stop_lock':
    'a stop waits for passes of the gate that are inside, and keeps new ones out until it has committed',
  'claim.person_lock': 'one pass of the gate a person at a time',
  'claim.reserves':
    'an attempt counts under the caps from its claim on, and while nobody knows what became of it',
  'claim.finds': 'a run that finds its admission’s attempt on its way never sends it again',
  'claim.commits': 'a permit is used only after the transaction that made it has committed',
  'send.state': 'the compare-and-set names the state claimed and the fence',
  'send.lease': 'the compare-and-set names a lease that holds',
  'send.stale': 'a process that stood still since its compare-and-set does not send',
  'stop.revokes': 'a stop takes back permits that were not used',
  'stop.waits': 'a stop is acknowledged when nothing in its scope is being sent within its lease',
  'stop.marks': 'a stop marks what is on its way to be hung up',
  'expire.finds': 'what is past its lease is found',
  'reconcile.asks': 'the carrier is asked about what nobody knows the fate of',
  'reconcile.waits':
    'the carrier’s “no such call” is believed only when no request can be under way any more',
  'late.marks': 'a call that is heard of after it was given up is marked to be hung up',
  'late.hangs_up': 'a call that the carrier has, and that is over here, is found and hung up',
} as const;
export type Guard = keyof typeof GUARDS;
