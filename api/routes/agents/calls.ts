import { createRoute, z } from '@hono/zod-openapi';
import { agentCallOf, pageOfAgentCalls } from '../../../db/repositories/wrap-ups.ts';
import { notFound } from '../../../domain/failures.ts';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import type { SaidWindow } from '../../actions/callback-window.ts';
import { openWritten, writeCallDown } from '../../actions/wrap-up.ts';
import { cursorQuery, pageSchema } from '../../cursor.ts';
import { authorOf } from '../../env.ts';
import { instantCursor } from '../../instant-cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { defined, isoOrNull, jsonBody, jsonResponse } from '../../schemas.ts';
import { attemptIdFrom, attemptParams } from '../attempts/model.ts';
import {
  agentCallJson,
  agentCallSchema,
  agentCallStateSchema,
  wrapUpBody,
  writtenJson,
  writtenSchema,
} from './call-model.ts';
import { me } from './checks.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/v1/agents/me/calls',
  tags: ['Agents'],
  summary: 'One’s own calls, last first',
  description:
    'Filter: `state`; with `wrap_up` those that are still to be written down. Order: by when they were given.',
  operationId: 'listMyCalls',
  request: { query: cursorQuery.extend({ state: agentCallStateSchema.optional() }) },
  responses: {
    200: jsonResponse(pageSchema(agentCallSchema), 'One page'),
    ...problemResponses('invalid_input', 'not_found', 'refused'),
  },
});

export const listMyCalls = operation(listRoute, 'agents.self', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, state } = c.req.valid('query');
  const page = await deps.db.inTenant(tenantId, async (tx) => {
    const { id } = await me(tx, c);
    const cursor = instantCursor(deps.vault, tenantId, 'listMyCalls', { state, id });
    const found = await pageOfAgentCalls(tx, {
      agentId: id,
      state: state ?? null,
      after: cursor.read(after),
      limit,
    });
    return { items: found.rows.map(agentCallJson), next: cursor.write(found.next) };
  });
  return c.json(page, 200);
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/agents/me/calls/{contactId}/{ordinal}',
  tags: ['Agents'],
  summary: 'One of one’s own calls, with what was written down',
  operationId: 'getMyCall',
  request: { params: attemptParams },
  responses: {
    200: jsonResponse(
      z.object({ call: agentCallSchema, written: writtenSchema.nullable() }),
      'The call; nothing is left of what was written of a person who was erased',
    ),
    ...problemResponses('invalid_input', 'not_found', 'refused'),
  },
});

export const getMyCall = operation(readRoute, 'agents.self', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const attemptId = attemptIdFrom(c.req.valid('param'));
  const call = await deps.db.inTenant(tenantId, async (tx) => {
    const { id } = await me(tx, c);
    const found = await agentCallOf(tx, attemptId);
    if (found?.agentId !== id) throw notFound('the call');
    return found;
  });
  const sealer = (await deps.vault.sealersOf(tenantId, [call.personId])).get(call.personId);
  try {
    const written = sealer === undefined ? null : writtenJson(openWritten(sealer, call));
    c.header('Cache-Control', 'no-store');
    return c.json({ call: agentCallJson(call), written }, 200);
  } finally {
    sealer?.dispose();
  }
});

const wrapUpRoute = createRoute({
  method: 'put',
  path: '/v1/agents/me/calls/{contactId}/{ordinal}/wrap-up',
  tags: ['Agents'],
  summary: 'Write a call down: what it came to, notes, form, a promised callback (话后小结)',
  description:
    'While the call goes on it is saved and can be sent again; `opted_out` binds at once all the same. Once the call is ' +
    'over it is final, and the agent is free in the same transaction. Sent again it changes nothing; within the limit it ' +
    'may be changed, as long as nothing was drawn from it. A refusal names every field at fault: a disposition that is ' +
    'not in the campaign’s set with those that are, each field of the form with what it takes, a callback without a window, ' +
    'or with one in which no call is allowed, for which the next one is `offered`.',
  operationId: 'writeCallDown',
  request: { params: attemptParams, body: jsonBody(wrapUpBody) },
  responses: {
    200: jsonResponse(
      z.object({
        call: agentCallSchema,
        final: z.boolean().openapi({ description: 'false: saved, and still to be written down' }),
        warning: z
          .object({
            verdict: z.enum(['defer', 'deny']),
            allowedFrom: z.string().nullable(),
            reasons: z.array(z.string()),
          })
          .nullable()
          .openapi({
            description:
              'Calling at the beginning of the promised window would not be allowed as things stand, and from when it would',
          }),
        followUp: z
          .object({
            campaign: z.string(),
            contactId: z.string().nullable(),
            reason: z.string().nullable().openapi({
              description:
                'Why it was not put there: `campaign.missing`, `campaign.over`, `person.there`, `external_id.there`',
            }),
          })
          .nullable()
          .openapi({ description: 'The contact’s place in the campaign that the disposition names' }),
      }),
      'Saved, or written down',
    ),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

function windowOf({ from, until, at, zone }: SaidWindow): SaidWindow {
  return defined({ from, until, at, zone });
}

export const writeMyCallDown = operation(wrapUpRoute, 'agents.self', (deps) => {
  const policies = createPolicyReader(() => deps.defaultPolicySet());
  return async (c) => {
    const tenantId = c.get('tenantId');
    const { disposition, notes, form, callback, draft } = c.req.valid('json');
    const { id } = await deps.db.inTenant(tenantId, (tx) => me(tx, c));
    const { call, final, warning, followUp } = await writeCallDown(
      { ...deps, policies },
      { ...authorOf(c), tenantId },
      {
        agentId: id,
        attemptId: attemptIdFrom(c.req.valid('param')),
        disposition,
        notes: notes === '' ? null : notes,
        form,
        hasCallback: callback !== null,
        callback:
          callback === null
            ? null
            : { window: windowOf(callback), topic: callback.topic, owner: callback.owner ?? null },
        draft,
      },
    );
    const shown =
      warning === null
        ? null
        : {
            verdict: warning.verdict,
            allowedFrom: isoOrNull(warning.allowedFrom),
            reasons: [...warning.reasons],
          };
    return c.json({ call: agentCallJson(call), final, warning: shown, followUp }, 200);
  };
});
