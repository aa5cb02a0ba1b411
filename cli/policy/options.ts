/** Options of `rightcall policy evaluate`, as they were typed. */
export interface EvaluateOptions {
  readonly facts: string;
  readonly at: string;
  readonly packs: string;
  readonly horizon: string;
  readonly shorthand?: boolean;
  readonly json?: boolean;
}
