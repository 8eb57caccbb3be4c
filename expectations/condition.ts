/** A condition on rows as a tree, however it was written. */
export type Scalar = string | number | boolean | null;
export type Comparator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type Operand = { readonly column: string } | { readonly value: Scalar };

/** Of a row it is true or false, never null: a comparison with null is false, and true where it is `!=` or not-in. */
export type RowCondition =
  | { readonly kind: 'compare'; readonly left: Operand; readonly operator: Comparator; readonly right: Operand }
  | { readonly kind: 'in'; readonly column: string; readonly values: readonly Scalar[]; readonly not: boolean }
  | { readonly kind: 'null'; readonly column: string; readonly not: boolean }
  | { readonly kind: 'and'; readonly all: readonly RowCondition[] }
  | { readonly kind: 'or'; readonly all: readonly RowCondition[] }
  | { readonly kind: 'not'; readonly one: RowCondition };
