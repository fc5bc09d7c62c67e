#!/usr/bin/env bash
# The one entry for what is done again and again:
#
#	./do test [flags]       the tests of all modules of go.work, with flags of go test
#	./do matrix             the large tests in full: odd answers, faults, deaths of connections, memory
#	./do chaos              the shared throttles, whatever happens to their processes and to what they share, and
#	                        the table of what a server counted; it takes some minutes
#	./do fuzz [SECONDS]     every fuzz target, for 20 seconds or what is given
#	./do bench              this client beside others; it fails where a goal is missed
#	./do lint               golangci-lint and go fix, over every module
#	./do fix                what both can mend by themselves
#	./do cover [write]      how much the tests cover, of each package; write makes that the floor
#	./do api [REVISION]     incompatible changes of the API since the last tag, or a revision
#	./do vuln               known vulnerabilities, where their database can be reached
#	./do platforms          vet and build for other systems; the tests where int has 32 bits
#	./do ci                 every check; it goes on after a failure and names all at the end
#	./do release VERSION    writes the version and its checksums, builds the programs into dist/, and
#	                        prints the tags to set
set -euo pipefail
cd "$(dirname "$0")"

# The modules that get tags, each after those that it requires.
published=(. throttle/filethrottle throttle/redisthrottle otelbitbucket cmd examples)
# What go.work uses besides.
unpublished=(openapi)
# What requires much, or what others made: outside of go.work, so that it raises nobody's
# requirements, and with plain replaces, since it is never tagged.
outside=()
for folder in bench tools conformance cmd/browser; do
	if [ -f "$folder/go.mod" ]; then outside+=("$folder"); fi
done

# The tests that wait in real time run once, and not again for coverage or for a module by itself.
waiting='^Test(Chaos|Processes)'

root=$PWD
path=$(awk '$1 == "module" { print $2 }' go.mod)

. .ci/checks.sh
. .ci/habits.sh
. .ci/release.sh

main() {
	case "${1-} $#" in
	"test "*) run_tests "${@:2}" ;;
	"matrix 1") run_matrix ;;
	"chaos 1") run_chaos ;;
	"fuzz "[12]) run_fuzz "${2-20}" ;;
	"bench 1") (cd bench && GOWORK=off go run . -check) ;;
	"lint 1") run_lint ;;
	"fix 1") run_fix ;;
	"cover "[12]) run_cover "${2-}" ;;
	"api "[12]) run_api "${2-}" ;;
	"vuln 1") run_vuln ;;
	"platforms 1") check_platforms windows/amd64 darwin/arm64 freebsd/amd64 js/wasm ;;
	"ci 1") ci ;;
	"release 2") release "$2" ;;
	*)
		sed -n 's/^#	//p' "${BASH_SOURCE[0]}" >&2
		exit 2
		;;
	esac
}

# run_matrix runs in full what a run of the tests has a part of.
run_matrix() {
	go test -count=1 -timeout 15m -v -run '^Test(Matrix|Deaths|Memory)' . -matrix=full |
		grep -vE '^(=== |[ ]+--- PASS|[0-9/]+ .*Unsolicited response)'
}

# run_chaos runs in full what a run of the tests of filethrottle and redisthrottle has a part of.
run_chaos() {
	go test -count=1 -p 1 -timeout 1h -parallel 12 -v -run '^Test(Chaos|Undisturbed)' \
		./throttle/filethrottle ./throttle/redisthrottle -chaos full |
		grep -vE '^(=== |[ ]+--- PASS|    chaos\.go:[0-9]+: seed)'
}

# run_fuzz SECONDS runs every fuzz target of the workspace for that long.
run_fuzz() {
	local file target
	git ls-files -z '*_test.go' | xargs -0 grep -HoE '^func Fuzz[A-Za-z0-9]+' | sort |
		while IFS=: read -r file target; do
			target=${target#func }
			fuzz "./$(dirname "$file")" "$target" "$1" || fuzz "./$(dirname "$file")" "$target" "$1" new
		done
}

# fuzz PACKAGE TARGET SECONDS [new] fails for an input that the target fails on, and the second time
# for anything: the fuzzer itself sometimes ends with an error when its time is up.
fuzz() {
	local out
	echo "$2"
	out=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$3s" "$1" 2>&1) && return
	echo "$out" | tail -n 30
	if [ "${4-}" = new ] || grep -q 'Failing input written' <<<"$out"; then exit 1; fi
	return 1
}

run_tests() { go test "$@" work; }

ci() {
	unset "${!BITBUCKET_@}" # or the demos would not be demos
	make_scratch
	failed=() missing=()

	part "three direct requirements" check_requirements
	part "the copies that two throttles share" check_copies
	part "lint" run_lint
	part "other systems" check_platforms windows/amd64 js/wasm
	# With several Ps a timer of a synctest bubble breaks the race detector now and then (golang/go#78156).
	part "tests of the workspace" run_tests -race -cpu 1 -timeout 20m
	part "the large tests in full" run_matrix
	part "fuzzing" run_fuzz 2
	part "API" run_api
	part "vulnerabilities" run_vuln
	part "the demo audit" go run ./cmd/bbaudit run -demo -fail-on none -format json -out /dev/null
	for module in "${published[@]}" "${unpublished[@]}" "${outside[@]}"; do
		part "$module by itself" check_alone "$module"
	done
	part "coverage" check_cover <"$scratch/tests"
	part "rehearsal of the release" rehearse
	part "the program, built twice" build_twice "$scratch/dist" "$(go env GOOS)/$(go env GOARCH)"
	part "versions" check_versions
	part "another path, by the README's command" check_rename

	if ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null; then
		missing+=("throttle/redisthrottle against a server: install redis-server or valkey-server")
	fi
	if ! command -v chromium >/dev/null; then
		missing+=("cmd/browser: install chromium")
	fi
	summary
}

# part NAME COMMAND… runs a check, whose first failing command ends it. It must not be called in a
# condition, where the shell would not do that.
part() {
	local status
	echo "== $1"
	set +e
	(
		set -e
		"${@:2}"
	)
	status=$?
	set -e
	if [ $status != 0 ]; then
		failed+=("$1")
	fi
}

summary() {
	local what
	for what in ${missing[@]+"${missing[@]}"}; do
		echo "NOT TESTED: $what"
	done
	for what in ${failed[@]+"${failed[@]}"}; do
		echo "FAILED: $what"
	done
	if [ ${#failed[@]} != 0 ]; then
		exit 1
	fi
	if [ ${#missing[@]} != 0 ] && [ "${CI-}" = true ]; then
		echo "FAILED: with CI=true everything has to be tested"
		exit 1
	fi
	echo "== all is well"
}

# version is the one that is going to be tagged.
version() { awk -v path="$path" '$1 == path { print $2 }' "$root/go.work"; }

path_of() { if [ "$1" = . ]; then echo "$path"; else echo "$path/$1"; fi; }

tag_of() { if [ "$1" = . ]; then echo "$2"; else echo "$1/$2"; fi; }

make_scratch() {
	scratch=$(mktemp -d)
	trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
}

fail() {
	echo "$1" >&2
	exit 1
}

main "$@"
