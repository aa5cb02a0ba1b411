import { z } from '@hono/zod-openapi';
import type { TeamRow } from '../../../db/repositories/teams.ts';
import { toIso } from '../../../domain/time.ts';
import { inputIdSchema } from '../../schemas.ts';

export const teamParams = z.object({ teamId: inputIdSchema.openapi({ description: 'Team id' }) });

export const teamNameSchema = z
  .string()
  .trim()
  .min(1, 'is empty; expected the name of a team')
  .max(200)
  .openapi({ example: 'renewals', description: 'As campaigns name it; one team has it at a time' });

export const teamSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    revision: z.number().int().openapi({ description: 'Also the ETag; send it as If-Match with a change' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Team', { description: 'Agents who take calls of the same campaigns (班组).' });

export function teamJson(row: TeamRow): z.infer<typeof teamSchema> {
  const { id, name, revision } = row;
  return { id, name, revision, createdAt: toIso(row.createdAt), updatedAt: toIso(row.updatedAt) };
}

/** As it is recorded with a change. */
export function recordedTeam({ name, revision }: TeamRow): Readonly<Record<string, unknown>> {
  return { name, revision };
}
