# Proves that the wheel is whole: built from a copy of the sources, installed with its dependencies into an empty
# environment elsewhere, and used from another folder.

prove_wheel() (
  set -e
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
  copy_sources "$folder/sources"
  "$VENV/bin/python" -m build --wheel --outdir "$folder/dist" "$folder/sources"
  name_what_is_missing "$folder"/dist/*.whl
  "$VENV/bin/python" -m venv "$folder/venv"
  "$folder/venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "$folder"/dist/*.whl
  cd "$folder"
  "$folder/venv/bin/mi-bridge" version
  for dialect in postgresql sqlserver; do
    "$folder/venv/bin/mi-bridge" sql install --print --dialect "$dialect" >"$folder/$dialect.sql"
    grep -q 'CREATE .*sp_medical_insurance_call' "$folder/$dialect.sql"
    echo "$dialect: $(wc -l <"$folder/$dialect.sql") lines of SQL printed"
  done
)

# A copy, so that neither leftovers of earlier builds get into the wheel nor new ones into the project.
copy_sources() {
  mkdir "$1"
  tar --exclude=./.git --exclude=./.venv --exclude=./.run --exclude=./build --exclude=./dist --exclude='./.*_cache' \
    --exclude='*.egg-info' --exclude=__pycache__ -cf - . | tar -xf - -C "$1"
}

# Fail with the list of our files that the wheel does not carry.
name_what_is_missing() {
  local missing
  missing="$(comm -23 <(wheel_should_carry) <("$VENV/bin/python" -m zipfile --list "$1" | awk 'NR > 1 { print $1 }' | LC_ALL=C sort))"
  [[ -z "$missing" ]] || { echo "The wheel lacks (see packages and package_data in setup.cfg):" && echo "$missing" && return 1; }
}

wheel_should_carry() {
  { find mi_bridge -type f -not -path '*/__pycache__/*' && find sql config -type f | sed 's|^|mi_bridge/|'; } | LC_ALL=C sort
}
