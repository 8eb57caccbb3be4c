/** Tests of texts that SQL cannot do as Python does them, as functions of this connection. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { BOOLEAN, DuckDBScalarFunction, VARCHAR } from '../host/sdk.ts';

export class PythonFunctions {
  private readonly connection: DuckDBConnection;
  private readonly names = new Map<string, string>();

  constructor(connection: DuckDBConnection) {
    this.connection = connection;
  }

  /**
   * SQL that applies a test to a text; null stays null. The same key is the same function.
   * @param make called once
   */
  call(key: string, make: () => (text: string) => boolean, text: string): string {
    let name = this.names.get(key);
    if (!name) {
      name = `ratchet_test_${this.names.size}`;
      this.names.set(key, name);
      const test = make();
      this.connection.registerScalarFunction(
        DuckDBScalarFunction.create({
          name,
          returnType: BOOLEAN,
          parameterTypes: [VARCHAR],
          mainFunction: (_, input, output) => {
            const texts = input.getColumnVector(0);
            for (let row = 0; row < input.rowCount; row++) {
              const value = texts.getItem(row);
              output.setItem(row, typeof value === 'string' ? test(value) : null);
            }
            output.flush();
          },
        }),
      );
    }
    return `${name}(${text})`;
  }
}
