import type { VerbContext } from '../verb.ts';

/** A verb of the command line that is an operation of the API: its options come from the API's description. */
export interface SpecVerb {
  /** Name of the verb, such as `list`. */
  readonly verb: string;
  /** The operation it sends. */
  readonly operation: string;
  /** In place of the operation's summary. */
  readonly about?: string;
  /** In place of the operation's description, under the options. */
  readonly more?: string;
  /** Fields of the query or body that are given as arguments, after those of the path. */
  readonly arguments?: readonly string[];
  /** What a field is called as an option, where its own name will not do. */
  readonly names?: Readonly<Record<string, string>>;
  /** Sent where it was not given. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Fields that are not offered. */
  readonly hidden?: readonly string[];
  /** The body is a file that is given as the last argument. */
  readonly fileArgument?: boolean;
  /** The field of the body that the file is, where it is not the whole. */
  readonly fileField?: string;
  /** The field of the body that a file with a list, or one item a line, stands for, such as `items`. */
  readonly listField?: string;
  /** Of an item that is given as bare text, such as `number`. */
  readonly itemField?: string;
  /** A list to keep: every page, an item a line, to standard output or a file. */
  readonly lines?: boolean;
  /** The person of the path is named by `--person` or `--number`. */
  readonly byNumber?: boolean;
  /** What the parameters of the path are called together: they may be given as one, with slashes between. */
  readonly joined?: string;
  /** The path is a deed done to a thing: the revision is that of the thing, one part of the path up. */
  readonly revisionAbove?: boolean;
  /** Options that no field stands for. */
  readonly extra?: readonly ExtraOption[];
  /** Other operations it may send. */
  readonly alsoCovers?: readonly string[];
  /** Do something else in its place, by the extra options. @returns whether it was done */
  instead?(context: VerbContext, options: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** Change what is sent, by the extra options. */
  prepare?(body: Record<string, unknown>, options: Readonly<Record<string, unknown>>): void;
  /** Of the table that people see: heading, and where the value is, such as `definition.purpose`. */
  readonly columns?: readonly Column[];
  /** What people see of an answer that is no list. */
  text?(answer: never): string;
  readonly examples: readonly string[];
  readonly isDefault?: boolean;
}

export type Column = readonly [heading: string, path: string];

export interface ExtraOption {
  readonly flags: string;
  readonly about: string;
}
