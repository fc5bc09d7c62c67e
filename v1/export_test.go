package v1

// Bare returns a value as if it had been made by hand: without what it remembers of
// how it was sent. Tests compare whole values with it.
func Bare[T any, P shaped[T]](v P) P {
	strip(v.layout())
	return v
}

func strip(l layout) {
	*l.forms = nil
	for _, f := range l.fields {
		switch at := f.at.(type) {
		case oneSlot[User, *User]:
			stripOne(*at.p)
		case oneSlot[Repository, *Repository]:
			stripOne(*at.p)
		case manySlot[User, *User]:
			stripAll(*at.p)
		case manySlot[Repository, *Repository]:
			stripAll(*at.p)
		case manySlot[Event, *Event]:
			stripAll(*at.p)
		case manySlot[Commit, *Commit]:
			stripAll(*at.p)
		case descriptionSlot:
			strip(at.p.layout())
		}
	}
}

func stripOne[T any, P shaped[T]](v P) {
	if v != nil {
		strip(v.layout())
	}
}

func stripAll[T any, P shaped[T]](list []T) {
	for i := range list {
		strip(P(&list[i]).layout())
	}
}
