import { createHash } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import { insertNotice, noticeOf } from '../../../db/repositories/consent-notices.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { noticeSchema } from '../../../domain/consent-record.ts';
import { conflict } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { noticeJson, publishedNoticeSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/consent-notices',
  tags: ['Persons'],
  summary: 'Publish a version of a text that people are shown before they consent (告知文本)',
  description:
    'A version never changes. The same version with the same content again is that version; with another it is a conflict.',
  operationId: 'publishNotice',
  request: { body: jsonBody(noticeSchema) },
  responses: {
    200: jsonResponse(publishedNoticeSchema, 'It was published before'),
    201: jsonResponse(publishedNoticeSchema, 'Published'),
    ...problemResponses('invalid_input', 'unauthorized', 'conflict'),
  },
});

export const publishNotice = operation(route, 'consents.notices', (deps) => async (c) => {
  const given = c.req.valid('json');
  const notice = {
    ...given,
    items: [...new Set(given.items)].sort(),
    textHash: createHash('sha256').update(given.text, 'utf8').digest(),
  };
  const { row, created } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const author = authorOf(c);
    const at = deps.clock.now();
    const created = await insertNotice(tx, { ...notice, publishedAt: at, publishedBy: author.by });
    const row = (await noticeOf(tx, notice.id, notice.version))!;
    if (created) {
      const { text: _, ...said } = noticeJson(row);
      await recordChange(tx, {
        ...author,
        action: 'publishNotice',
        resource: 'consent_notice',
        resourceId: `${row.id}@${row.version}`,
        before: null,
        after: said,
        at,
      });
    }
    return { row, created };
  });
  const differs =
    !row.textHash.equals(notice.textHash) ||
    row.language !== notice.language ||
    row.title !== notice.title ||
    row.items.join() !== notice.items.join();
  if (differs) {
    throw conflict(
      `version ${notice.version} of notice ${notice.id} was published with other content on ` +
        `${noticeJson(row).publishedAt}; expected a new version`,
    );
  }
  return created ? c.json(noticeJson(row), 201) : c.json(noticeJson(row), 200);
});
