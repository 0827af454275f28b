# Shared by the scripts beside this folder. Source it; it changes into the project's folder.

PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$PROJECT"
RUN="$PROJECT/.run"
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
