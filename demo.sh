#!/usr/bin/env bash
# What `make demo` shows: build, check, simulate, then publish to an AWS on this machine, change, publish, roll back.
# Everything that is written goes to build/ (as committed) and target/demo.
set -euo pipefail

python=$1
here=$(pwd)
sfn() { "$python" -m sfn_dsl "$@"; }
say() { printf '\n== %s\n' "$1"; }

say "Build all pipelines for both Regions"
sfn build
sfn build --check

say "Check them"
sfn check
sfn list

say "Simulate one: the load is throttled twice and retried"
sfn simulate guidewire-base --fail 'Load base layer=Glue.ConcurrentRunsExceededException*2'

say "What it may do: each call of its runs against its policy"
sfn iam check guidewire-base

say "Publish to an AWS on this machine (in a copy under target/demo)"
rm -rf target/demo
git clone --quiet --no-hardlinks "$here" target/demo
cd target/demo
git config user.name demo && git config user.email demo@localhost
export PYTHONPATH=$here
stop() { cd "$here" && "$python" -c 'import pathlib; from sfn_dsl.embedded.process import stop; stop(pathlib.Path("target/demo/target/aws"))'; }
trap stop EXIT
sfn publish --local --yes | tail -n 1

say "Again: there is nothing to do"
sfn publish --local --yes

say "Change one retry: the plan"
sed -i 's/retry=RETRY,/retry=RETRY.with_(max_attempts=4),/' pipelines/guidewire_base.py
sfn build > /dev/null
git commit --quiet --all --message "guidewire-base: four retries"
sfn publish --local --dry-run

say "Publish it, then roll it back"
sfn publish --local --yes | tail -n 1
sfn rollback guidewire-base --local --yes
sfn status --local | head -n 12

cd "$here"
say "Made: $(find build -name '*.asl.json' | wc -l) definitions under build/, one folder per Region. Read one: build/us-east-1/guidewire-base.asl.json"
