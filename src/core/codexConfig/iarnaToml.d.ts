/** The writing half alone: the package's own entry also loads its parser and Node's streams. */
declare module '@iarna/toml/stringify.js' {
  function stringify(table: object): string;
  namespace stringify {
    function value(value: string): string;
  }
  export = stringify;
}
