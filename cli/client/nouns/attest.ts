import type { NounModule } from '../noun.ts';

interface Attestation {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly validUntil: string | null;
  readonly retractedAt: string | null;
}

export const verbs: NounModule['verbs'] = [
  {
    verb: 'add',
    operation: 'addAttestation',
    about: 'put on record a registration, licence, assessment, proof of a caller id, emergency or transfer',
    text: ({ id, kind, name, validUntil }: Attestation) =>
      `${kind} ${name} is on record as ${id}, ${validUntil === null ? 'until it is retracted' : `until ${validUntil}`}`,
    examples: [
      'attest add --kind registration --name cn-telemarketing --jurisdiction CN --valid-until 2027-03-02T00:00:00+08:00',
    ],
  },
  {
    verb: 'list',
    operation: 'listAttestations',
    about: 'what is attested, newest first',
    columns: [
      ['ID', 'id'],
      ['KIND', 'kind'],
      ['NAME', 'name'],
      ['WHERE', 'jurisdiction'],
      ['FROM', 'validFrom'],
      ['UNTIL', 'validUntil'],
      ['RETRACTED', 'retractedAt'],
    ],
    examples: ['attest list --kind registration --state in_force'],
  },
  {
    verb: 'retract',
    operation: 'retractAttestation',
    about: 'take one back: decisions do not see it any more; it stays as evidence',
    text: (one: Attestation) => `${one.kind} ${one.name} is retracted since ${one.retractedAt}`,
    examples: ['attest retract 0195b3a0-0000-7000-8000-000000000001 --reason "licence was withdrawn"'],
  },
];
