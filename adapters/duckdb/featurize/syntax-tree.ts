/** A node of the tree that json_serialize_sql gives. */
export type Node = { readonly [key: string]: unknown };
export type Refuse = (reason: string) => never;
