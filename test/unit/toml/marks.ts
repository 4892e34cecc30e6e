/** Every mark that means something in TOML (toml.io/en/v1.0.0), and what texts are not made of. */
export const tomlMarks = '[ ] [[ ]] { } = . , " """ \' \'\'\' # \\ - _ :'
  .split(' ')
  .concat(['\n', '\r\n', '\r', ' ', '\t', '\u0000', '\ufeff', '\ud800', 'true', '1979-05-27']);
