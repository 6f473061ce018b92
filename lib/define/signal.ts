/** The signals a setting may name; signal(7) says what each is for. */
export type Signal =
  | "SIGTERM"
  | "SIGINT"
  | "SIGHUP"
  | "SIGQUIT"
  | "SIGUSR1"
  | "SIGUSR2"
  | "SIGALRM"
  | "SIGCONT"
  | "SIGWINCH"
  | "SIGPWR"
  | "SIGABRT"
  | "SIGKILL";
