package filethrottle

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A witness is what the lock file knows of the books: which they were, and how many changes they
// had. It outlives a file that is removed, cut, or replaced by an older copy, so that whoever comes
// next notices.
type witness struct {
	book, count uint64
}

const (
	witnessMark = 0x7765_746e_6573_7331
	// witnessAt leaves out the bytes on which some systems keep the lock.
	witnessAt   = 512
	witnessSize = 28
)

// readWitness reads what a lock file says. It is the zero witness when it says nothing, and is made
// long enough then, so that writing it later needs no space.
func readWitness(f *os.File) (witness, error) {
	var b [witnessSize]byte
	_, err := f.ReadAt(b[:], witnessAt)
	if err == io.EOF {
		_, err = f.WriteAt(b[:], witnessAt)
	}
	if err != nil {
		return witness{}, fmt.Errorf("%s: %w", f.Name(), plain(err))
	}
	if order.Uint64(b[0:]) != witnessMark || order.Uint32(b[24:]) != crc32.ChecksumIEEE(b[:24]) {
		return witness{}, nil
	}
	return witness{order.Uint64(b[8:]), order.Uint64(b[16:])}, nil
}

// write writes the witness into the lock file.
func (w witness) write(f *os.File) error {
	var b [witnessSize]byte
	order.PutUint64(b[0:], witnessMark)
	order.PutUint64(b[8:], w.book)
	order.PutUint64(b[16:], w.count)
	order.PutUint32(b[24:], crc32.ChecksumIEEE(b[:24]))
	_, err := f.WriteAt(b[:], witnessAt)
	return err
}
