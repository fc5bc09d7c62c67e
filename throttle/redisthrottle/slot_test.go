package redisthrottle

import "strconv"

func newSlot(n int) slot { return slot(strconv.Itoa(n)) }
