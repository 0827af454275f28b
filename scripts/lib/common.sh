# shellcheck shell=bash
# Shared by the scripts beside this folder. Source it; it changes into the project's folder.

PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$PROJECT" || exit
RUN="$PROJECT/.run"
# shellcheck disable=SC2034 # for those who source this
VENV="$PROJECT/.venv"
mkdir -p "$RUN"

say() { printf '%s\n' "$*"; }

# complain ENGLISH CHINESE: what is wrong and what to do, on stderr.
complain() { printf '%s\n%s\n' "$1" "$2" >&2; }

now_ms() { date +%s%3N; }

# seconds_since MILLISECONDS -> "1.2"
seconds_since() {
  local ms=$(($(now_ms) - $1))
  printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# quietly LOG LINES LABEL COMMAND...: run it with its output added to LOG; print one line when it is done, and when it
# failed the last LINES of its output.
quietly() {
  local log="$1" lines="$2" label="$3" began status=0 output
  shift 3
  began="$(now_ms)"
  output="$(mktemp "$log.XXXXXX")"
  "$@" >"$output" 2>&1 || status=$?
  if ((status == 0)); then
    say "$label ... ok ($(seconds_since "$began") s)"
  else
    say "$label ... FAILED ($(seconds_since "$began") s)"
    tail -n "$lines" "$output"
  fi
  { say "--- $label" && cat "$output"; } >>"$log"
  rm "$output"
  return "$status"
}
