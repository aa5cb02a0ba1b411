/** Types of the standalone verifier, which is plain JavaScript so that anybody can run it by itself. */
export interface BundleFault {
  readonly what: string;
  readonly decisionId?: string;
  readonly position?: number;
  readonly checkpoint?: number;
  readonly line?: number;
}

export interface BundleReport {
  readonly ok: boolean;
  readonly scope: 'all' | 'range' | 'contact' | null;
  readonly tenantId: string | null;
  readonly contactId: string | null;
  readonly decisions: number;
  readonly unsealed: number;
  readonly withheld: number;
  readonly checkpoints: number;
  readonly size: number;
  readonly sealedAt: number | null;
  readonly keys: readonly string[];
  readonly packs: readonly { name: string; id: string; version: string; decisions: number }[];
  readonly faultsTotal: number;
  readonly faults: readonly BundleFault[];
}

export const FORMAT: 'rightcall.evidence/2';
export function rootFromPath(
  leaf: string,
  index: number,
  size: number,
  path: readonly string[],
): string | null;
export function isConsistent(
  earlier: number,
  earlierRoot: string,
  size: number,
  root: string,
  path: readonly string[],
): boolean;
export function verifyBundle(
  lines: AsyncIterable<string> | Iterable<string>,
  options?: { readonly keys?: readonly string[] },
): Promise<BundleReport>;
/** @returns the exit code */
export function main(args: readonly string[], write: (text: string) => void): Promise<number>;
