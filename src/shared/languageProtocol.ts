/** What an editor may tell the language server when it starts it (`initializationOptions`). */
export interface LanguageServerOptions {
  /** The folder that CODEX_HOME names, or `~/.codex` spelt out. Without it every `.codex/config.toml` is taken for a project's. */
  readonly codexHome?: string;
}
