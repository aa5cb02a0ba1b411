import { createRoute, z } from '@hono/zod-openapi';
import { isDeepStrictEqual } from 'node:util';
import { changeAgent as apply, lockAgent } from '../../../db/repositories/agents.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { moveSeat, noteNextState } from '../../../db/repositories/seat-requests.ts';
import { lockSeat } from '../../../db/repositories/seats.ts';
import { isEngaged } from '../../../domain/agent.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, requireRevision, revisionOf } from '../../revisions.ts';
import { defined, inputIdSchema, jsonBody, jsonResponse } from '../../schemas.ts';
import { mustBeFree, mustBeTeam } from './checks.ts';
import {
  accountSchema,
  agentJson,
  agentNameSchema,
  agentParams,
  agentSchema,
  languagesInput,
  recordedAgent,
  shiftsInput,
  skillsInput,
  zoneSchema,
} from './model.ts';

const bodySchema = z
  .strictObject({
    name: agentNameSchema.optional(),
    account: accountSchema.nullable().optional(),
    teamId: inputIdSchema.optional(),
    skills: skillsInput.optional(),
    languages: languagesInput.optional(),
    zone: zoneSchema.optional(),
    shifts: shiftsInput.optional(),
    enabled: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing; expected a field to change')
  .openapi('AgentChange', { minProperties: 1 });

const route = createRoute({
  method: 'patch',
  path: '/v1/agents/{agentId}',
  tags: ['Agents'],
  summary: 'Change what an agent can do, when, and in which team; enable or disable them',
  description:
    'Binds for the next assignment; a call under way ends as it began. One who is disabled is offline at once, or after ' +
    'the call they are on.',
  operationId: 'changeAgent',
  request: { params: agentParams, headers: ifMatchHeader, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(agentSchema, 'The new revision'),
    ...problemResponses(
      'invalid_input',
      'not_found',
      'conflict',
      'precondition_failed',
      'precondition_required',
    ),
  },
});

const DISABLED = 'agent.disabled';

export const changeAgent = operation(route, 'agents.write', (deps) => async (c) => {
  const { agentId } = c.req.valid('param');
  const expected = revisionOf(c.req.valid('header')['if-match']);
  const change = defined(c.req.valid('json'));
  const at = deps.clock.now();
  const agent = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockAgent(tx, agentId);
    if (before === null) throw notFound('the agent');
    requireRevision('the agent', before.revision, expected);
    if (isDeepStrictEqual({ ...before, ...change }, before)) return before;
    if (change.teamId !== undefined) await mustBeTeam(tx, change.teamId);
    if (change.account !== undefined && change.account !== before.account) {
      await mustBeFree(tx, change.account);
    }
    const after = await apply(tx, agentId, change, at);
    if (before.enabled && !after.enabled) {
      const seat = (await lockSeat(tx, agentId))!;
      const away = { to: 'offline', reason: DISABLED, sessionId: null, at } as const;
      if (isEngaged(seat.state)) await noteNextState(tx, seat, { state: 'offline', reason: DISABLED });
      else if (seat.state !== 'offline') await moveSeat(tx, seat, away);
    }
    await recordChange(tx, {
      ...authorOf(c),
      action: 'changeAgent',
      resource: 'agent',
      resourceId: agentId,
      before: recordedAgent(before),
      after: recordedAgent(after),
      at,
    });
    return after;
  });
  c.header('ETag', etag(agent));
  return c.json(agentJson(agent), 200);
});
