import { HTTPException } from 'hono/http-exception';
import { z } from '@hono/zod-openapi';
import { RightcallError } from '../../../domain/failures.ts';

export function etag(revision: number): string {
  return `"${revision}"`;
}

export const ifMatchHeader = z.object({
  'if-match': z
    .string()
    .regex(/^(W\/)?"?\d{1,9}"?$/, 'is not a revision; expected the ETag of what is changed, such as "3"')
    .optional()
    .openapi({ description: 'ETag of the revision the change was made for', example: '"3"' }),
});

/** @throws 428 where no revision is named, `precondition_failed` where it is another by now. */
export function mustMatch(ifMatch: string | undefined, revision: number): void {
  if (ifMatch === undefined) {
    throw new HTTPException(428, { message: 'the revision that the change was made for is not named' });
  }
  const given = Number(ifMatch.replace(/\D/g, ''));
  if (given !== revision) {
    throw new RightcallError(
      'precondition_failed',
      `it is at revision ${revision}, the change was made for ${given}`,
    );
  }
}
