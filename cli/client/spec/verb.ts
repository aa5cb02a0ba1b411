import type { Shell } from '../shell.ts';
import type { Verb } from '../verb.ts';
import { addOffer } from './offer.ts';
import { planOf } from './plan.ts';
import type { SpecVerb } from './table.ts';

/** The verb; null where the document has no such operation. */
export function specVerb(shell: Shell, spec: SpecVerb): Verb | null {
  const plan = planOf(shell.document(), spec);
  if (plan === null) return null;
  const { operation, request, offer } = plan;
  const more = spec.more ?? operation.description?.replaceAll('`', '');
  return {
    usage: offer.usage,
    about: spec.about ?? operation.summary ?? spec.operation,
    ...(more === undefined ? {} : { more }),
    covers: [spec.operation, ...(spec.alsoCovers ?? [])],
    examples: spec.examples,
    writes: request.takesIdempotencyKey,
    ...(spec.isDefault === undefined ? {} : { isDefault: spec.isDefault }),
    options: (command) => addOffer(command, spec, offer, request),
    work: async (context, args, options) => {
      // What a --help does not need is loaded here.
      const { sendPlan } = await import('./send.ts');
      await sendPlan(context, plan, args, options);
    },
  };
}
