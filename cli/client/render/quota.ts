import { plain } from '../text.ts';

export interface Quota {
  readonly name: string;
  readonly counts: string;
  readonly per: string;
  readonly max: number;
  readonly counted: number;
  readonly open: number;
}

/** A quota, and how far it is filled. */
export function quotaText({ name, counts, per, max, counted, open }: Quota): string {
  const up = open === 0 ? '' : `, ${open} up`;
  return `${plain(name)}: ${counted} of ${max} ${counts}${per === 'day' ? ' a day' : ''}${up}`;
}
