import { PURPOSES, type Channel, type ConsentLevel, type Purpose } from '../domain/vocabulary.ts';

/**
 * What a basis as written is worth (docs/imports.md has the table for people). PIPL 14 asks for informed, voluntary
 * and explicit consent (`express`); a legitimate interest or a standing relationship is no more than `implied`.
 */
export const LEVELS: Readonly<Record<string, ConsentLevel>> = {
  explicit: 'express',
  express: 'express',
  opt_in: 'express',
  double_opt_in: 'express',
  verbal: 'express',
  明示: 'express',
  明示同意: 'express',
  同意: 'express',
  written: 'written',
  signed: 'written',
  e_signature: 'written',
  书面: 'written',
  书面同意: 'written',
  separate: 'separate',
  单独同意: 'separate',
  guardian: 'guardian',
  监护人同意: 'guardian',
  implied: 'implied',
  soft_opt_in: 'implied',
  legitimate_interest: 'implied',
  legitimate_interests: 'implied',
  existing_relationship: 'implied',
  默示: 'implied',
  默示同意: 'implied',
};

export const PURPOSE_NAMES: Readonly<Record<string, Purpose>> = {
  ...Object.fromEntries(PURPOSES.map((purpose) => [purpose, purpose])),
  营销: 'marketing',
  推广: 'marketing',
  服务: 'service',
  回访: 'service',
  催收: 'collection',
  调研: 'survey',
};

export const CHANNEL_NAMES: Readonly<Record<string, Channel>> = {
  voice: 'voice',
  phone: 'voice',
  call: 'voice',
  电话: 'voice',
  sms: 'sms',
  短信: 'sms',
};

/** The values of a list such as `marketing;service`, sorted; null when it is empty or one of them is unknown. */
export function namesIn<T extends string>(
  text: string,
  names: Readonly<Record<string, T>>,
): readonly T[] | null {
  const values = text
    .toLowerCase()
    .split(/[;,|/、，；\s]+/)
    .filter((name) => name !== '')
    .map((name) => names[name]);
  if (values.length === 0 || values.includes(undefined)) return null;
  return [...new Set(values as T[])].sort();
}
