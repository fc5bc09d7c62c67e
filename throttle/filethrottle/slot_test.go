package filethrottle

func newSlot(n int) slot { return slot{id: uint64(n)} }
