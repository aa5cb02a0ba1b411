import { invalidInput } from '../domain/failures.ts';

/** What a row says of who is called and about what (domain/stated-matter.ts). */
export const MATTER_FIELDS = [
  'callee_kind',
  'birth_date',
  'relation',
  'debtor_unreachable',
  'debt_ref',
  'subject_ref',
  'contract_since',
  'contract_until',
  'last_purchase_at',
  'last_inquiry_at',
] as const;
export type MatterField = (typeof MATTER_FIELDS)[number];

/** Further numbers of the person, in the order in which they are tried. */
export const FURTHER_PHONES = ['phone_2', 'phone_3'] as const;

/** What a column can mean. Anything else is one of the contact's attributes. */
export const CONTACT_FIELDS = [
  'phone',
  ...FURTHER_PHONES,
  'external_id',
  'country',
  'time_zone',
  'name',
  'email',
  'address',
  'address_country',
  'address_region',
  'billing_country',
  'billing_region',
  'priority',
  'consent_purpose',
  'consent_basis',
  'consent_channel',
  'consent_at',
  'consent_source',
  'consent_expires_at',
  'consent_withdrawn_at',
  'consent_evidence_sha256',
  ...MATTER_FIELDS,
] as const;
export type ContactField = (typeof CONTACT_FIELDS)[number];

export const DO_NOT_CALL_FIELDS = ['phone', 'country', 'valid_from', 'valid_until', 'category'] as const;
export type DoNotCallField = (typeof DO_NOT_CALL_FIELDS)[number];

export type Field = ContactField | DoNotCallField;

/** Header names that are taken for a field by themselves, the best first; compared as `normaliseHeader` gives them. */
const ALIASES: Readonly<Record<Field, readonly string[]>> = {
  phone: [
    'phone',
    'phone_number',
    'phonenumber',
    'e164',
    'mobile',
    'mobile_phone',
    'mobile_number',
    'cell',
    'cell_phone',
    'cellphone',
    'msisdn',
    'tel',
    'telephone',
    'telephone_number',
    'number',
    '手机号',
    '手机号码',
    '手机',
    '电话号码',
    '电话',
    '联系电话',
    '号码',
    '被叫号码',
  ],
  phone_2: [
    'phone_2',
    'phone2',
    'second_phone',
    'other_phone',
    'alternative_phone',
    'alternate_phone',
    '备用电话',
    '备用号码',
    '备用手机',
    '电话2',
    '手机2',
  ],
  phone_3: ['phone_3', 'phone3', 'third_phone', '备用电话2', '备用号码2', '电话3', '手机3'],
  external_id: [
    'external_id',
    'externalid',
    'customer_id',
    'customer_no',
    'client_id',
    'contact_id',
    'crm_id',
    'id',
    '客户编号',
    '客户号',
    '客户id',
    '编号',
  ],
  country: ['country', 'country_code', '国家', '国家代码', '国别'],
  time_zone: ['time_zone', 'timezone', 'tz', '时区'],
  name: ['name', 'full_name', 'fullname', 'customer_name', '姓名', '客户姓名', '名字'],
  email: ['email', 'e_mail', 'mail', '邮箱', '电子邮箱', '邮件'],
  address: ['address', 'street_address', '地址', '联系地址'],
  address_country: ['address_country', '地址国家'],
  address_region: ['address_region', 'address_state', 'address_province', '地址省份'],
  billing_country: ['billing_country', '账单国家'],
  billing_region: ['billing_region', 'billing_state', 'billing_province', '账单省份'],
  priority: ['priority', '优先级'],
  consent_purpose: ['consent_purpose', 'consent_purposes', '同意目的', '同意用途'],
  consent_basis: ['consent_basis', 'consent_level', '同意方式', '同意依据'],
  consent_channel: ['consent_channel', 'consent_channels', '同意渠道'],
  consent_at: ['consent_at', 'consent_date', 'consent_time', 'consented_at', '同意时间'],
  consent_source: ['consent_source', '同意来源'],
  consent_expires_at: ['consent_expires_at', 'consent_expiry', '同意到期时间', '同意有效期'],
  consent_withdrawn_at: [
    'consent_withdrawn_at',
    'withdrawn_at',
    'consent_revoked_at',
    '撤回时间',
    '撤回同意时间',
  ],
  consent_evidence_sha256: ['consent_evidence_sha256', 'consent_evidence_hash', '同意证据哈希'],
  callee_kind: ['callee_kind', '被叫类型', '客户性质'],
  birth_date: ['birth_date', 'birthdate', 'date_of_birth', 'dob', 'birthday', '出生日期', '生日'],
  relation: ['relation', '与债务人关系', '与本人关系', '关系'],
  debtor_unreachable: ['debtor_unreachable', '债务人失联', '本人失联', '失联'],
  debt_ref: ['debt_ref', 'debt_id', 'debt_no', '债务编号', '借据号'],
  subject_ref: ['subject_ref', 'subject_id', '事项编号', '案件编号'],
  contract_since: ['contract_since', 'contract_start', '合同开始时间', '合同生效时间'],
  contract_until: ['contract_until', 'contract_end', '合同结束时间', '合同到期时间'],
  last_purchase_at: ['last_purchase_at', 'last_purchase', '最近购买时间'],
  last_inquiry_at: ['last_inquiry_at', 'last_inquiry', '最近咨询时间'],
  valid_from: ['valid_from', 'from', 'start_date', '生效时间', '开始时间'],
  valid_until: ['valid_until', 'valid_to', 'until', 'expires_at', '失效时间', '到期时间'],
  category: ['category', '类别', '分类'],
};

/** A header's name for comparing: full-width forms folded, lower case, words joined by `_`. */
export function normaliseHeader(name: string): string {
  return name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[\s_\-.]+/g, '_');
}

/** What becomes of a column. */
export type ColumnTarget =
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'ignored' };

/** Column name → field, `attribute` (keep it as it is) or `ignore`. */
export type ColumnMapping = Readonly<Record<string, string>>;

/**
 * Decide each column's meaning: the explicit mapping first, then header names people use. A field is filled from one
 * column, the one whose name stands first among the aliases; other columns become attributes.
 * @param columns names as they stand in the file, in order.
 * @throws RightcallError `invalid_input`: a name twice, a mapping that names no column or no field, or a field twice,
 * or no column for the phone number.
 */
export function mapColumns(
  columns: readonly string[],
  mapping: ColumnMapping,
  fields: readonly Field[],
): ColumnTarget[] {
  const names = columns.map((name) => name.trim());
  refuseDuplicates(names);
  const targets = new Map<number, ColumnTarget>();
  const taken = new Set<Field>();
  for (const [column, meaning] of Object.entries(mapping)) {
    const at = names.findIndex((name) => normaliseHeader(name) === normaliseHeader(column));
    if (at === -1)
      throw fault(`mapping.${column}`, 'names no column of the file', `one of: ${listed(names)}`);
    if (meaning === 'attribute') targets.set(at, { kind: 'attribute', name: names[at]! });
    else if (meaning === 'ignore') targets.set(at, { kind: 'ignored' });
    else {
      const field = fields.find((one) => one === meaning);
      if (field === undefined) {
        throw fault(
          `mapping.${column}`,
          `${JSON.stringify(meaning)} is no field`,
          `one of: ${fields.join(', ')}, attribute, ignore`,
        );
      }
      if (taken.has(field))
        throw fault(`mapping.${column}`, `${field} is mapped twice`, 'one column a field');
      taken.add(field);
      targets.set(at, { kind: 'field', field });
    }
  }
  const normalised = names.map(normaliseHeader);
  for (const field of fields) {
    if (taken.has(field)) continue;
    for (const alias of ALIASES[field]) {
      const at = normalised.findIndex((name, i) => name === alias && !targets.has(i));
      if (at === -1) continue;
      taken.add(field);
      targets.set(at, { kind: 'field', field });
      break;
    }
  }
  if (!taken.has('phone')) throw phoneColumnMissing(names);
  return names.map(
    (name, at) => targets.get(at) ?? (name === '' ? { kind: 'ignored' } : { kind: 'attribute', name }),
  );
}

/** The error for a file without a column that could be the phone number. */
export function phoneColumnMissing(names: readonly string[]): Error {
  return fault(
    'columns',
    `none of them is the phone number; the file has: ${listed(names)}`,
    `a column named ${ALIASES.phone.slice(0, 5).join(', ')}, 手机号, 电话 or so, or a mapping such as {"<column>": "phone"}; ` +
      'or another delimiter, if the columns above are not cut as they should be',
  );
}

function refuseDuplicates(names: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    if (name === '') continue;
    const before = seen.get(name);
    if (before !== undefined) {
      throw fault(
        'columns',
        `${JSON.stringify(shown(name))} stands twice in the header, in columns ${before + 1} and ${at + 1}`,
        'each column name once',
      );
    }
    seen.set(name, at);
  }
}

/** A header is no place for personal data, but a file without one has its first row there: show little of it. */
function shown(name: string): string {
  return name.replace(/\d(?=\d{2})/g, '*').slice(0, 40);
}

function listed(names: readonly string[]): string {
  const some = names.slice(0, 40).map((name) => JSON.stringify(shown(name)));
  return some.join(', ') + (names.length > 40 ? ` and ${names.length - 40} more` : '');
}

function fault(field: string, what: string, expected: string): Error {
  return invalidInput([{ field, fault: what, expected }]);
}

/**
 * The meaning of a JSON key by itself: the mapping's, or its alias with its rank among them (0: best).
 * Of two keys of one object that mean the same field the better one fills it, and the other stays an attribute.
 */
export function keyMeaning(
  key: string,
  mapping: ColumnMapping,
  fields: readonly Field[],
): { readonly target: ColumnTarget; readonly rank: number } {
  const name = normaliseHeader(key);
  for (const [column, meaning] of Object.entries(mapping)) {
    if (normaliseHeader(column) !== name) continue;
    if (meaning === 'ignore') return { target: { kind: 'ignored' }, rank: 0 };
    if (meaning === 'attribute') return { target: { kind: 'attribute', name: key }, rank: 0 };
    const field = fields.find((one) => one === meaning);
    if (field !== undefined) return { target: { kind: 'field', field }, rank: -1 };
  }
  for (const field of fields) {
    const rank = ALIASES[field].indexOf(name);
    if (rank !== -1) return { target: { kind: 'field', field }, rank };
  }
  return { target: { kind: 'attribute', name: key }, rank: 0 };
}
