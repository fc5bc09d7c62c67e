# The checks of ./do ci, which reads this file.

check_requirements() {
	same "requirements of the root module" \
		"$(printf '%s\n' github.com/hashicorp/go-retryablehttp golang.org/x/{oauth2,time})" \
		"$(awk '/^require \(/ { f = 1; next } /^\)/ { f = 0 } f && !/indirect/ { print $1 }' go.mod)"
}

# check_copies finds what was changed in one copy only of what the two throttles share, which are
# versioned apart. They differ in their names.
check_copies() {
	local name
	for name in desk.go deskwork.go desk_test.go; do
		diff <(sed 's/filethrottle/redisthrottle/g' "throttle/filethrottle/$name") \
			<(sed 's/filethrottle/redisthrottle/g' "throttle/redisthrottle/$name")
	done
}

# check_alone MODULE checks it as its users get it, with the requirements of its own go.mod and not
# with those that the workspace raises. That our own modules are not tagged yet is a matter of
# replaces in a throw-away copy.
check_alone() {
	cd "$1"
	if ! grep -q '^replace' go.mod; then
		local copy="$scratch/alone/$1" module
		mkdir -p "$copy"
		cp go.mod "$copy/go.mod"
		if [ -f go.sum ]; then # a module that requires nothing has none
			grep -v "^$path[ /]" go.sum >"$copy/go.sum"
		fi
		for module in "${published[@]}"; do
			go mod edit -replace="$(path_of "$module")@$(version)=$root/$module" "$copy/go.mod"
		done
		export GOFLAGS="$(go env GOFLAGS) -modfile=$copy/go.mod" # for a go that a test starts, too
	fi
	export GOWORK=off
	go mod tidy -diff
	go build -o /dev/null ./... # in place of a program where there is but one
	go vet ./...
	go test -count=1 -cover -skip "$waiting" ./... | tee -a "$scratch/tests"
}

# check_versions finds what would keep a module from being installed.
check_versions() {
	local module listed
	for module in "${published[@]}" "${unpublished[@]}"; do
		if grep -Hn '^replace' "$module/go.mod"; then
			fail "a published module, and one of go.work, has no replace"
		fi
	done
	listed=$(printf './%s/go.mod\n' "${published[@]}" "${unpublished[@]}" "${outside[@]}")
	same "the modules" "$(sed 's#^\./\./#./#' <<<"$listed")" \
		"$(git ls-files -co --exclude-standard -- go.mod '*/go.mod' | sed 's#^#./#')"
	same "go.work's use" "$(printf './%s\n' "${published[@]}" "${unpublished[@]}" | sed 's#^\./\.$#.#')" \
		"$(awk '/^use \(/ { f = 1; next } /^\)/ { f = 0 } f { print $1 }' go.work)"
	same "go.work's replace" \
		"$(for module in "${published[@]}"; do echo "$(path_of "$module") $(version)"; done)" \
		"$(awk '/^replace \(/ { f = 1; next } /^\)/ { f = 0 } f { print $1, $2 }' go.work)"
	same "required versions" "$(version)" "$(grep -hoE "$path[^ ]* v[^ ]+" \
		$(git ls-files -co --exclude-standard -- '*/go.mod') | awk '{ print $2 }')"
}

# same WHAT WANT GOT compares two lists as sets.
same() {
	if ! diff <(sort -u <<<"$2") <(sort -u <<<"$3"); then
		fail "$1: > is there, < should be"
	fi
}

# check_rename gives the module another path, as the README says.
check_rename() {
	snapshot "$scratch/renamed"
	cd "$scratch/renamed"
	bash -c "$(grep -F 'git ls-files -z | xargs' README.md)"
	go build ./...
	go vet ./cmd/... ./examples/...
}
