/** What an expression asks for, and the places in it that the grammar cannot read. */
export interface Expression {
  readonly metrics: readonly string[];
  readonly matchers: readonly {
    readonly metric: string;
    readonly label: string;
    /** Of a regular expression its alternatives. */
    readonly values: readonly string[];
  }[];
  readonly faults: readonly string[];
}

/** Read an expression by Prometheus' own grammar of PromQL. */
export function readExpression(expr: string): Expression;
