# Shared by the scripts here: headings with timings, and the count of what passed and failed.
passed=0 failed=0 skipped=0
started=$SECONDS step_started=$SECONDS step=

# heading TEXT: ends the step before, saying how long it took, and begins one.
heading() {
  if [ -n "$step" ]; then echo "--- $step: $((SECONDS - step_started)) s"; fi
  step=$1 step_started=$SECONDS
  echo
  echo "=== $step"
}

# check NAME COMMAND...: runs one command that counts as one test.
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

# tests NAME COMMAND...: runs jest with its results in a file, and adds up what they say. A run without results counts as a failure.
tests() {
  local name=$1 results counts
  shift
  results=$(mktemp)
  "$@" --json --outputFile="$results" || true
  if counts=$(node -e '
      const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
      const broken = r.testResults.filter((s) => s.status === "failed" && s.assertionResults.every((t) => t.status !== "failed")).length;
      if (r.numTotalTests === 0) process.exit(1);
      console.log(r.numPassedTests, r.numFailedTests + broken, r.numPendingTests + r.numTodoTests);
      for (const suite of r.testResults) {
        if (suite.status === "failed") console.error("FAILED:", suite.name);
        for (const test of suite.assertionResults) if (test.status === "failed") console.error("FAILED:", test.fullName);
      }' "$results" 2>"$results.names"); then
    # shellcheck disable=SC2086
    set -- $counts
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    cat "$results.names"
    echo "$name: $1 passed, $2 failed, $3 skipped"
  else
    failed=$((failed + 1))
    echo "FAILED: $name gave no results"
  fi
  rm -f "$results" "$results.names"
}

# retry N COMMAND...: for what fails while somebody else holds a lock or a mirror is busy.
retry() {
  local times=$1 i
  shift
  for ((i = 1; i <= times; i++)); do
    "$@" && return
    echo "try $i of $times failed: $*"
    sleep $((i * 3))
  done
  return 1
}

# The mirror of Debian that this machine is set up with.
debian_mirror() {
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk '$1 == "bookworm" { print $2; exit }'
}
