# ./do release and its rehearsal in ./do ci. ./do reads this file.

# release VERSION changes the files of the checkout and builds the programs, and nothing else: it
# neither commits nor tags.
release() {
	local version=$1 file module
	if [[ ! $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
		fail "$version: a version is like v1.2.3"
	fi
	if [ -n "$(git status --porcelain)" ]; then
		fail "there are changes that are not committed"
	fi
	if ! grep -qE "^## ${version//./\\.}( |$)" CHANGELOG.md; then
		fail "CHANGELOG.md has no section \"## $version\""
	fi
	if [ -n "$(git tag -l "$version")" ]; then
		fail "$version is tagged already"
	fi
	make_scratch
	(
		as_stranger
		prepare "$version"
	)
	for file in go.work $(git ls-files -- 'go.mod' 'go.sum' '*/go.mod' '*/go.sum'); do
		cp "$scratch/release/$file" "$file"
	done
	echo "The modules are ready. Commit this and nothing else, since the checksums cover it:"
	git --no-pager diff --stat
	echo "The programs are in dist/, built twice with the same result:"
	build_twice dist "${systems[@]}"
	cat dist/SHA256SUMS
	echo "Then set these tags on that commit:"
	for module in "${published[@]}"; do
		echo "	git tag $(tag_of "$module" "$version")"
	done
}

# rehearse does what release does, and then uses the result as a stranger would.
rehearse() {
	local version module
	version=$(version)
	as_stranger
	prepare "$version"
	go clean -modcache # so that what follows sees the tags where they are in the end
	for module in "${published[@]}"; do
		echo "-- $(tag_of "$module" "$version") from its checkout"
		(cd "$scratch/release/$module" && go mod tidy -diff && go build -o /dev/null ./...)
	done

	echo "-- go install $path/cmd/bbaudit@$version"
	go install "$path/cmd/bbaudit@$version"
	"$GOBIN/bbaudit" run -demo -fail-on none -format json -out /dev/null

	echo "-- a program that requires the modules"
	mkdir "$scratch/consumer"
	cp .ci/consumer/*.go "$scratch/consumer"
	cd "$scratch/consumer"
	go mod init example.com/consumer
	for module in . throttle/filethrottle throttle/redisthrottle; do
		go get "$(path_of "$module")@$version"
	done
	go mod tidy
	go run .
}

# as_stranger makes go get our modules from the scratch repository and nowhere else, into a module
# cache of its own: in the normal one these versions would stay. The others come from that one.
as_stranger() {
	cat >"$scratch/gitconfig" <<-END
		[user]
			name = release
			email = release@example.com
		[url "file://$scratch/release"]
			insteadOf = https://$path
		[protocol "file"]
			allow = always
	END
	GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
	GOFLAGS="$(go env GOFLAGS) -modcacherw"
	export GOPROXY GOFLAGS GOWORK=off GONOPROXY=$path GONOSUMDB=$path
	export GOMODCACHE=$scratch/modcache GOBIN=$scratch/bin
	export GIT_CONFIG_GLOBAL=$scratch/gitconfig GIT_CONFIG_NOSYSTEM=1
}

# prepare VERSION makes the release in the scratch repository. The checksum of a module is known
# once it is tagged, so they go one after the other; what comes later changes no folder of a module
# before it, so in the end all tags are right on the last commit.
prepare() {
	local version=$1 file module
	snapshot "$scratch/release"
	cd "$scratch/release"
	for file in go.work $(git ls-files -- '*/go.mod'); do
		replace_in "$file" "s#($path[^ ]*) v[^ ]+#\1 $version#"
	done
	for module in "${published[@]}"; do
		if [ "$module" != . ]; then
			replace_in "$module/go.sum" "\\#^$path[ /]#d"
			(cd "$module" && go mod tidy)
		fi
		git commit -q -a --allow-empty -m "$module"
		git tag "$(tag_of "$module" "$version")"
	done
	for module in "${published[@]}"; do
		git tag -f "$(tag_of "$module" "$version")" >/dev/null
	done
	cd "$root"
}

# snapshot FOLDER makes a repository, without a commit, of what is in the checkout now.
snapshot() {
	mkdir "$1"
	git ls-files -z -co --exclude-standard | while IFS= read -r -d '' file; do
		if [ -e "$file" ]; then printf '%s\0' "$file"; fi
	done | tar --null -T - -cf - | tar -xf - -C "$1"
	git -C "$1" init -q
	git -C "$1" add -A -f
}

replace_in() { sed -i.old -E "$2" "$1" && rm "$1.old"; }
