# shellcheck shell=bash
# The system packages mi-bridge needs on Debian and Ubuntu, and how to get only those that are missing.

OLDEST_POSTGRESQL=12
CLUSTER_DROPIN=/etc/postgresql-common/createcluster.d/zz-mi-bridge-setup.conf

# Print a Python of at least 3.11 that can make virtual environments; nothing if there is none.
suitable_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
}

has_postgresql() {
  local folder version
  for folder in /usr/lib/postgresql/*/bin; do
    version="${folder#/usr/lib/postgresql/}"
    version="${version%/bin}"
    if [[ "$version" =~ ^[0-9]+$ && -x "$folder/initdb" ]] && ((version >= OLDEST_POSTGRESQL)); then return 0; fi
  done
  command -v initdb >/dev/null
}

# No pipe into grep -q: with pipefail, the first match would break the pipe and count as a failure.
has_driver_manager() { [[ "$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)" == *'libodbc.so.2 '* ]]; }

has_odbc_driver() { compgen -G '/usr/lib/*-linux-gnu/odbc/psqlodbcw.so' >/dev/null || [[ -e /usr/lib64/psqlodbcw.so ]]; }

# Print what is missing, one word each.
missing_parts() {
  [[ -n "$(suitable_python)" ]] || echo python
  has_postgresql || echo postgresql
  has_driver_manager || echo driver-manager
  has_odbc_driver || echo odbc-driver
}

# known_package NAME...: print the first that apt can install.
known_package() {
  local name
  for name in "$@"; do
    if [[ "$(LC_ALL=C apt-cache policy "$name" 2>/dev/null)" == *'Candidate: '[0-9]* ]]; then
      echo "$name"
      return
    fi
  done
}

# packages_for PART: the packages that bring it, on this release.
packages_for() {
  case "$1" in
    python) python_packages ;;
    postgresql) echo postgresql ;;
    driver-manager) known_package libodbc2 libodbc1 ;; # Ubuntu 22.04 names it libodbc1
    odbc-driver) echo odbc-postgresql ;;
  esac
}

python_packages() {
  local version newest
  version="$(apt-cache show python3 2>/dev/null | sed -n 's/^Version: 3\.\([0-9]*\).*/\1/p' | sort -n | tail -1)"
  if ((${version:-0} >= 11)); then
    echo python3 python3-venv
    return
  fi
  newest="$(known_package python3.14-venv python3.13-venv python3.12-venv python3.11-venv)"
  [[ -z "$newest" ]] || echo "${newest%-venv}" "$newest"
}

# as_root COMMAND...: run it as root, through sudo where needed.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

can_become_root() { ((EUID == 0)) || command -v sudo >/dev/null; }

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"
}

# Install PostgreSQL without the cluster 'main' that its package creates and starts when it is first installed.
# The package's own script reads the drop-in. It has a name of its own, touches no existing file, and is taken away
# again whatever happens, so that what others install later behaves as usual.
apt_install_without_cluster() (
  trap 'as_root rm -f "$CLUSTER_DROPIN"; as_root rmdir --ignore-fail-on-non-empty "${CLUSTER_DROPIN%/*}"' EXIT
  as_root mkdir -p "${CLUSTER_DROPIN%/*}" &&
    echo 'create_main_cluster = false' | as_root tee "$CLUSTER_DROPIN" >/dev/null &&
    apt_install "$@"
)
