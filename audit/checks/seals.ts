import { faultOfCheckpoint, type SignedCheckpoint } from '../../evidence/checkpoint.ts';
import { leafOf } from '../../evidence/leaf.ts';
import type { Violation } from '../verdict.ts';

/** A place of the evidence log, with the decision that it names as it stands now; null: it is not there. */
export interface SealedPlace {
  readonly position: number;
  readonly decisionId: string;
  readonly hash: Buffer;
  readonly row: Readonly<Record<string, unknown>> | null;
}

/** I7: what was sealed at a place is there, and is what it was. @param due the place that comes next in the log */
export function checkSealed(place: SealedPlace, due: number): Violation[] {
  const subject = { decisionId: place.decisionId, position: place.position };
  const violations: Violation[] = [];
  if (place.position !== due) {
    violations.push({
      subject,
      what: `follows a gap in the evidence log: the places ${due} to ${place.position - 1} are missing`,
      expected: 'every place of the log',
    });
  }
  if (place.row === null) {
    violations.push({
      subject,
      what: 'was sealed and is missing',
      expected: 'every decision that was sealed',
    });
  } else if (!leafOf(place.row).hash.equals(place.hash)) {
    violations.push({
      subject,
      what: 'was changed after it was sealed',
      expected: `the decision whose leaf hash is ${place.hash.toString('hex')}`,
    });
  }
  return violations;
}

/**
 * I7: a checkpoint is signed, and what stands in the log gives its root.
 * @param previousSize of the checkpoint before it @param root of the log's first `size` places, as they stand
 */
export function checkCheckpoint(signed: SignedCheckpoint, previousSize: number, root: string): Violation[] {
  const { checkpoint } = signed;
  const subject = { checkpoint: checkpoint.size };
  const violations: Violation[] = [];
  const fault = faultOfCheckpoint(signed);
  if (fault !== null) violations.push({ subject, what: fault, expected: 'a signature of the key it names' });
  if (root !== checkpoint.root) {
    violations.push({
      subject,
      what: `does not hold for the log as it stands: something at the places ${previousSize} to ${checkpoint.size - 1} was replaced, moved, put in or taken out`,
      expected: `root ${checkpoint.root}; it is ${root}`,
    });
  }
  return violations;
}

/** I7: a decision that is older than it takes to seal it, without a place in the log. */
export function unsealed(decisionId: string, afterMs: number): Violation {
  return {
    subject: { decisionId },
    what: `is not sealed, ${afterMs / 60_000} minutes and more after it was recorded`,
    expected: 'a place in the evidence log within seconds',
  };
}
