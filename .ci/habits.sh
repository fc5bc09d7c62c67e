# ./do lint, fix, cover, api, vuln, platforms and binaries. ./do reads this file.

# tool NAME makes a pinned tool of tools/go.mod, unless it is made, and prints where it is.
tool() { GOWORK=off go -C "$root/tools" tool -n "$1"; }

# each_module COMMAND… runs a command in the folder of every module.
each_module() {
	local module
	for module in "${published[@]}" "${unpublished[@]}"; do
		(cd "$root/$module" && "$@")
	done
	for module in ${outside[@]+"${outside[@]}"}; do
		(cd "$root/$module" && GOWORK=off "$@")
	done
}

run_lint() {
	local linter
	linter=$(tool golangci-lint)
	each_module "$linter" run --config "$root/.golangci.yml" ./...
	each_module no_fixes
}

# fix is go fix without what .golangci.yml leaves out.
fix() { go fix -stringsbuilder=false "$@" ./...; }

# no_fixes fails for what go fix would change.
no_fixes() {
	local fixes
	fixes=$(fix -diff) || true # it fails where it finds something
	if [ -n "$fixes" ]; then
		fail "./do fix changes this:"$'\n'"$fixes"
	fi
}

run_fix() {
	local linter
	linter=$(tool golangci-lint)
	each_module fix
	each_module "$linter" fmt --config "$root/.golangci.yml" # and no --fix, which can change what code does
}

# run_cover prints how much of each package its tests cover, and fails below the floors of
# .ci/coverage; with "write" it writes them.
run_cover() {
	local report
	report=$(run_tests -count=1 -cover -skip "$waiting") || fail "$report"
	if [ "${1-}" = write ]; then
		covered <<<"$report" | awk '{ printf "%s %d\n", $1, $2 - 0.3 }' >.ci/coverage
	else
		check_cover <<<"$report"
	fi
}

# check_cover reads what go test -cover prints.
check_cover() {
	LC_ALL=C join -a 1 -e missing -o 0,1.2,2.2 .ci/coverage <(covered) | awk '
		$3 == "missing" || $3 < $2 { print $1 ": " $3 "% is covered, and it was " $2 "% or more"; bad = 1; next }
		{ print $1, $3 "%" }
		END { exit bad }'
}

# covered makes a table of what go test -cover prints: package and percent.
covered() {
	sed -nE "s#^ok[[:space:]]+$path([^[:space:]]*).*coverage: ([.0-9]+)% of.*#.\1 \2#p" | LC_ALL=C sort
}

# run_api [REVISION] fails for an incompatible change of what the published modules export since the
# last tag, or since a revision.
run_api() {
	local since=${1-} differ module old work
	since=${since:-$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true)}
	if [ -z "$since" ]; then
		echo "NOT CHECKED: nothing is tagged yet; ./do api REVISION compares with a revision"
		return
	fi
	differ=$(tool apidiff)
	make_scratch
	git worktree add -q --detach "$scratch/old" "$since"
	trap 'git -C "$root" worktree remove --force "$scratch/old"; rm -rf "$scratch"' EXIT
	for module in "${published[@]}"; do
		old=$scratch/old/$module
		if [ ! -f "$old/go.mod" ] || [[ $module =~ ^(cmd|examples)$ ]]; then continue; fi # programs
		echo "-- $(path_of "$module")"
		work=
		if [ "$module" = . ]; then work=off; fi # or the modules below it would count as packages of it
		(cd "$old" && GOWORK=$work "$differ" -m -w "$scratch/old.api" "$(path_of "$module")") 2>/dev/null
		(cd "$root/$module" && GOWORK=$work "$differ" -m -incompatible "$scratch/old.api" "$(path_of "$module")") 2>/dev/null |
			tee "$scratch/changes"
		if [ -s "$scratch/changes" ]; then incompatible=1; fi
	done
	if [ -n "${incompatible-}" ]; then fail "these changes break programs"; fi
}

# run_vuln fails for a known vulnerability that our code can reach. It needs the database of
# vulnerabilities, and says so where that is out of reach.
run_vuln() {
	local checker out
	checker=$(tool govulncheck)
	if ! out=$(each_module "$checker" ./... 2>&1); then
		if grep -qE 'dial tcp|no such host|proxyconnect|Forbidden|fetching vulnerabilities' <<<"$out"; then
			echo "NOT CHECKED: the database of vulnerabilities is out of reach"
			return
		fi
		fail "$out"
	fi
	echo "$out"
}

# check_platforms SYSTEM… vets and builds for other systems, and runs tests where int has 32 bits.
check_platforms() {
	local system
	for system in "$@"; do
		echo "-- $system"
		GOOS=${system%/*} GOARCH=${system#*/} go vet work
		GOOS=${system%/*} GOARCH=${system#*/} go build work
	done
	echo "-- linux/386"
	GOARCH=386 go test . ./internal/... ./bbql ./throttle ./v1 ./bitbuckettest/... ./cmd/internal/...
}

# systems are those that get a program.
systems=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64)

# build_binaries FOLDER SYSTEM… builds static programs for people without Go, and their checksums.
build_binaries() {
	local folder=$1 system name
	shift
	rm -rf "$folder"
	mkdir -p "$folder"
	for system in "$@"; do
		name=bbaudit-${system%/*}-${system#*/}
		if [ "${system%/*}" = windows ]; then name=$name.exe; fi
		CGO_ENABLED=0 GOOS=${system%/*} GOARCH=${system#*/} \
			go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o "$folder/$name" ./cmd/bbaudit
	done
	(cd "$folder" && sha256sum bbaudit-* >SHA256SUMS)
}

# build_twice FOLDER SYSTEM… builds them, and once more in another folder, without the cache of the
# first: who builds them again gets the same bytes.
build_twice() {
	build_binaries "$@"
	snapshot "$scratch/elsewhere"
	(
		cd "$scratch/elsewhere"
		GOCACHE=$scratch/cache build_binaries "$scratch/again" "${@:2}"
	)
	diff "$1/SHA256SUMS" "$scratch/again/SHA256SUMS"
}
