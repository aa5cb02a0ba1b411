import { createRoute, z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { insertAgent } from '../../../db/repositories/agents.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { inputIdSchema, jsonBody, jsonResponse } from '../../schemas.ts';
import { mustBeFree, mustBeTeam } from './checks.ts';
import {
  accountSchema,
  agentJson,
  agentNameSchema,
  agentSchema,
  languagesInput,
  recordedAgent,
  shiftsInput,
  skillsInput,
  zoneSchema,
} from './model.ts';

const bodySchema = z
  .strictObject({
    name: agentNameSchema,
    account: accountSchema.nullable().default(null),
    teamId: inputIdSchema,
    skills: skillsInput.default({}),
    languages: languagesInput.default([]),
    zone: zoneSchema,
    shifts: shiftsInput.default(null),
    enabled: z.boolean().default(true),
  })
  .openapi('NewAgent');

const route = createRoute({
  method: 'post',
  path: '/v1/agents',
  tags: ['Agents'],
  summary: 'Make an agent (坐席)',
  description: 'They have a seat from now on, and sign in themselves (`POST /v1/agents/me/state`).',
  operationId: 'createAgent',
  request: { body: jsonBody(bodySchema) },
  responses: {
    201: jsonResponse(agentSchema, 'Made'),
    ...problemResponses('invalid_input', 'conflict'),
  },
});

export const createAgent = operation(route, 'agents.write', (deps) => async (c) => {
  const body = c.req.valid('json');
  const at = deps.clock.now();
  const agent = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    await mustBeTeam(tx, body.teamId);
    await mustBeFree(tx, body.account);
    const made = await insertAgent(tx, { id: uuidv7(), ...body }, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'createAgent',
      resource: 'agent',
      resourceId: made.id,
      before: null,
      after: recordedAgent(made),
      at,
    });
    return made;
  });
  c.header('ETag', etag(agent));
  c.header('Location', `/v1/agents/${agent.id}`);
  return c.json(agentJson(agent), 201);
});
