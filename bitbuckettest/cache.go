package bitbuckettest

// mostCached is how many items the cached lists have together.
const mostCached = 2_000_000

// listCache keeps lists as they were found, filtered and sorted, until a write touches anything:
// what a page costs is then what the page holds, and not what the workspace holds.
type listCache struct {
	version uint64
	lists   map[listKey]any
	items   int
}

// listKey says which list it is: that of a path, for a caller, with the parameters that choose.
type listKey struct {
	who    *credential
	path   string
	chosen string
}

// get returns a list that is still good.
func (l *listCache) get(key listKey, version uint64) any {
	if l.version != version {
		return nil
	}
	return l.lists[key]
}

// put keeps a list of n items.
func (l *listCache) put(key listKey, version uint64, list any, n int) {
	if l.version != version || l.items+n > mostCached || l.lists == nil {
		l.version, l.lists, l.items = version, map[listKey]any{}, 0
	}
	l.lists[key] = list
	l.items += n + 1
}
